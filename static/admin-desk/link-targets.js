// Where a link leads, from what a person types: a URL with or without its scheme, an e-mail address, a telephone
// number.

const NAME = "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]*[\\p{L}\\p{N}])?";
const HOST = `(?:${NAME}\\.)+\\p{L}{2,}`;
const REST = "(?::\\d+)?(?:[/?#]\\S*)?";
const EMAIL = new RegExp(`^[^\\s@:/?#()<>,;]+@${HOST}$`, "u");
const DOMAIN = new RegExp(`^${HOST}${REST}$`, "u");
const WITH_SCHEME = new RegExp(`^https?://(?:${HOST}|[\\w.-]+|\\[[\\da-f:]+\\])${REST}$`, "iu");
const NUMBER = /^\+?[\d\s()./-]{5,}$/;
// Of words that only look like a domain ("end.So"), a writer wants no link.
const KNOWN_DOMAIN = new RegExp(`^(?:[a-z0-9-]+\\.)+(?:com|edu|gov|net|org|info)${REST}$`);

const LONGEST = 2000;

const isUrl = (text) => WITH_SCHEME.test(text) && URL.canParse(text);

// The URL that a person means, or null where it is none that a reader could follow.
export const completed = (typed) => {
  const text = typed.trim().replace(/^<(.*)>$/, "$1").trim();
  const encoded = text.replace(/\s+/g, "%20");
  if (/^https?:/i.test(text)) return isUrl(encoded) ? encoded : null;
  if (/^mailto:/i.test(text)) return EMAIL.test(text.slice(7).split("?")[0]) ? encoded : null;
  if (/^tel:/i.test(text)) return NUMBER.test(text.slice(4)) ? text.replace(/\s/g, "") : null;
  if (/^\/(?![/\\])/.test(text)) return encoded;
  if (text.startsWith("//")) return isUrl(`https:${encoded}`) ? `https:${encoded}` : null;
  if (EMAIL.test(text)) return `mailto:${text}`;
  if (NUMBER.test(text) && text.replace(/\D/g, "").length >= 5) {
    return `tel:${text.startsWith("+") ? "+" : ""}${text.replace(/\D/g, "")}`;
  }
  return DOMAIN.test(encoded) && isUrl(`https://${encoded}`) ? `https://${encoded}` : null;
};

// A bracket at the end belongs to a URL that opens it.
const isLoose = (text) => {
  if (!text.endsWith(")")) return /[.,;:!?…"'”’»›>\]}]$/.test(text);
  return text.split(")").length > text.split("(").length;
};

// The link in a word as it stands in running text, without the signs around it: {from, to, href}, or null.
export const linkIn = (word) => {
  if (word.length > LONGEST) return null;
  const from = /^[([{<"'“‘«„‚‹]*/.exec(word)[0].length;
  let text = word.slice(from);
  while (isLoose(text)) text = text.slice(0, -1);
  const isLink = isUrl(text) || EMAIL.test(text) || KNOWN_DOMAIN.test(text) || (/^www\./i.test(text) && DOMAIN.test(text));
  return isLink ? { from, to: from + text.length, href: completed(text) } : null;
};
