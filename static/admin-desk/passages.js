// Where a passage that somebody quoted stands in a text, by the same rules as on the server: tips/text/passages.py.
// White space, what shows nothing, and the forms of quotation marks, apostrophes and dashes make no difference.

const LONG = 20;
const AROUND = 8;
const END = 8;
// White space, and signs that show nothing: by Unicode's own property, as in tips/text/folding.py.
const LEFT_OUT = /\s|\p{Default_Ignorable_Code_Point}/u;
const SAME = [
  [/[‘’‚‛ʹʻʼ′`´\u1ffd]/g, "'"],
  [/[“”„‟«»″]/g, '"'],
  [/[‐‑‒–—―⁃−﹘﹣－]/g, "-"],
];

// What of a text is compared, and where each of its letters stands: at[n] is [place, how far in]. The text comes in
// pieces, each with its place.
export const lettersOf = (pieces) => {
  let letters = "";
  const at = [];
  for (const [piece, place] of pieces) {
    const folded = SAME.reduce((text, [forms, sign]) => text.replace(forms, sign), piece);
    for (let index = 0; index < folded.length; index += 1) {
      if (LEFT_OUT.test(folded[index])) continue;
      letters += folded[index];
      at.push([place, index]);
    }
  }
  return { letters, at };
};

const plain = (text) => lettersOf([[text || "", 0]]).letters;

const alike = (one, other) => {
  let number = 0;
  while (number < one.length && one[number] === other[number]) number += 1;
  return number;
};

const backwards = (text) => text.split("").reverse();

const placesOf = (part, letters) => {
  const places = [];
  for (let at = part ? letters.indexOf(part) : -1; at >= 0; at = letters.indexOf(part, at + 1)) places.push(at);
  return places;
};

// [first, last] letter of a passage whose inner words were changed, between what is left of its two ends, or null.
export const nearest = (passage, letters) => {
  const [quote, before, after] = [passage.quote, passage.before, passage.after].map(plain);
  const isLong = quote.length >= 2 * END;
  const starts = isLong ? placesOf(quote.slice(0, END), letters) : [];
  const ends = isLong ? placesOf(quote.slice(-END), letters).map((at) => at + END) : [];
  if (before.length >= END) starts.push(...placesOf(before.slice(-END), letters).map((at) => at + END));
  if (after.length >= END) ends.push(...placesOf(after.slice(0, END), letters));
  let best = null;
  for (const start of starts) {
    for (const end of ends) {
      const length = end - start;
      if (length <= 0 || length > 2 * quote.length + END) continue;
      const off = Math.abs(length - quote.length);
      if (!best || off < best.off || (off === best.off && start < best.start)) best = { off, start, end };
    }
  }
  return best && [best.start, best.end - 1];
};

// [first, last] letter of a passage {quote, before, after} in the letters of a text, or null where the words are gone.
export const find = (passage, letters) => {
  const [quote, before, after] = [passage.quote, passage.before, passage.after].map(plain);
  let best = null;
  let most = -1;
  for (let at = quote ? letters.indexOf(quote) : -1; at >= 0; at = letters.indexOf(quote, at + 1)) {
    const end = at + quote.length;
    const ahead = alike(backwards(letters.slice(Math.max(0, at - before.length), at)), backwards(before));
    const number = ahead + alike(letters.slice(end), after);
    if (number > most) [best, most] = [at, number];
  }
  const enough = quote.length >= LONG ? 0 : Math.min(AROUND, before.length + after.length);
  return best !== null && most >= enough ? [best, best + quote.length - 1] : null;
};

// The passage of each unresolved thread on the page, and of the comment that is being written.
export const threadsOnPage = () =>
  [...document.querySelectorAll("#comments [data-quote]")]
    .filter(({ dataset }) => dataset.quote && !("resolved" in dataset))
    .map(({ dataset }) => ({ id: dataset.thread, quote: dataset.quote, before: dataset.before, after: dataset.after }));
