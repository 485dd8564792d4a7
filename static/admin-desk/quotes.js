// Typographic quotation marks and apostrophes: what a typed sign becomes, in the editor and in plain fields alike.
// Straight ones stay behind a digit (5'11"), as primes, and between backticks, as code. A person may switch this off.

const KEY = "typographic-quotes";
const OPENING = "[\\s([{<“‘«„–—/\\u2028\\ufffc-]";
const OPENS = new RegExp(`(?:^|${OPENING})$`);
// Words that begin with an apostrophe, not with a quotation: ’tis, get ’em, rock ’n’ roll.
const ELIDED = new Set(["tis", "tisn", "twas", "twasn", "twere", "twould", "em", "n", "til", "till"]);
const QUOTED_WORD = new RegExp(`(?:^|${OPENING})‘(\\p{L}+)$`, "u");
const ELIDED_WORD = new RegExp(`(?:^|${OPENING})’(\\p{L}+)$`, "u");
const IN_CODE = new RegExp(`(?:^|${OPENING}|["'])\`[^\`]*$`);

const isElided = (word) => ELIDED.has(word?.toLowerCase());

export const isOn = () => {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
};

export const remember = (on) => {
  try {
    if (on) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "off");
  } catch {
    // Forbidden: then it holds for this page.
  }
};

const double = (before) => {
  if (!/\d$/.test(before)) return OPENS.test(before) ? "“" : "”";
  // The end of a quotation that stands open, else a prime.
  return before.lastIndexOf("“") > before.lastIndexOf("”") ? "”" : null;
};

const letter = (typed, before) => {
  // "the 1990's"
  if (/\d'$/.test(before)) return [["’", 1]];
  const word = QUOTED_WORD.exec(before + typed)?.[1];
  if (isElided(word)) return [["’", word.length]];
  // A word that goes on was none of these: "‘em" and "phasis".
  const begun = ELIDED_WORD.exec(before)?.[1];
  return isElided(begun) && !isElided(begun + typed) ? [["‘", begun.length + 1]] : [];
};

// Whether a quotation in single marks stands open.
const isOpen = (before) => {
  const at = before.lastIndexOf("‘");
  return at >= 0 && !/’(?!\p{L})/u.test(before.slice(at));
};

const single = (before) => {
  if (/\d$/.test(before)) return [];
  const word = ELIDED_WORD.exec(before)?.[1];
  // Such a word alone in marks is quoted; rock ’n’ roll has two apostrophes.
  const isQuoted = isElided(word) && !/^(?:n|tisn|twasn)$/i.test(word) && !isOpen(before);
  return [...(isQuoted ? [["‘", word.length + 1]] : []), [OPENS.test(before) ? "‘" : "’", 0]];
};

// Which signs change when one is typed behind some text: a list of [sign, how far before the typed one it stands].
export const changed = (typed, before) => {
  if (IN_CODE.test(before)) return [];
  if (typed === '"') {
    const sign = double(before);
    return sign ? [[sign, 0]] : [];
  }
  if (typed === "'") return single(before);
  if (/^\p{L}$/u.test(typed)) return letter(typed, before);
  // A digit behind an opening sign: "the ’90s".
  return /^\d$/.test(typed) && /(?:^|\s)‘$/.test(before) ? [["’", 1]] : [];
};
