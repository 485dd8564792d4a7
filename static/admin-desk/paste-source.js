// Reads what stands on the clipboard as a document, and what its elements look like.
//
// The page's policy lets no style and no handler in, and the browser complains of each, even in a document that
// is never shown. So the names of such attributes are changed before the browser parses: by a reader that knows
// tags, values in quotes and comments apart from words, and leaves every word as it is.

const NAME = /[^\s"'>/=][^\s>/=]*/y;
const VALUE = /\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'][^\s>]*)/y;
const TAG = /<[a-z][^\s>/]*/iy;
const WITHOUT_WORDS = /<(style|script|xml|title)\b[^>]*>[\s\S]*?(?:<\/\1\s*>|$)/iy;
const COMMENT = /<!--[\s\S]*?(?:-->|$)|<[!?][^>]*>/y;

// The attributes of the tag that begins at ``place``, and where it ends.
const readTag = (html, place) => {
  let result = "";
  let at = place;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(html)?.[0];
    at += found?.length || 0;
    return found;
  };
  while (at < html.length && html[at] !== ">") {
    const name = take(NAME);
    if (name === undefined) {
      result += html[at];
      at += 1;
    } else {
      result += /^(?:style|on.*)$/i.test(name) ? `data-clip-${name}` : name;
      result += take(VALUE) || "";
    }
  }
  return [result, at];
};

const inert = (html) => {
  let result = "";
  let at = 0;
  while (at < html.length) {
    const next = html.indexOf("<", at);
    if (next < 0) break;
    result += html.slice(at, next);
    at = next;
    const found = [COMMENT, WITHOUT_WORDS, TAG].map((pattern) => {
      pattern.lastIndex = at;
      return pattern.exec(html)?.[0];
    });
    const gone = found[0] || found[1];
    if (gone) {
      at += gone.length;
    } else if (found[2]) {
      const [attributes, end] = readTag(html, at + found[2].length);
      result += found[2] + attributes;
      at = end;
    } else {
      result += "<";
      at += 1;
    }
  }
  return result + html.slice(at);
};

// The body of pasted HTML, as a document of its own that loads nothing.
export const parse = (html) => new DOMParser().parseFromString(inert(html), "text/html").body;

// What an element's style says of one property, in small letters; else the empty string.
export const styleOf = (element, property) => {
  for (const declaration of (element.getAttribute?.("data-clip-style") || "").split(";")) {
    const colon = declaration.indexOf(":");
    if (colon > 0 && declaration.slice(0, colon).trim().toLowerCase() === property) {
      return declaration.slice(colon + 1).trim().toLowerCase();
    }
  }
  return "";
};

// What is on the clipboard and was not shown where it came from.
export const isHidden = (element) =>
  styleOf(element, "display") === "none" || styleOf(element, "mso-hide") === "all" || element.hidden;

const weight = (element) => {
  const value = styleOf(element, "font-weight");
  if (/^(?:bold|bolder|[6-9]00)$/.test(value)) return true;
  if (value) return false;
  return /^(?:b|strong)$/.test(element.localName) || null;
};

const slant = (element) => {
  const value = styleOf(element, "font-style");
  if (/^(?:italic|oblique)/.test(value)) return true;
  if (value) return false;
  return /^(?:i|em|dfn|var)$/.test(element.localName) || null;
};

const struck = (element) => {
  const value = styleOf(element, "text-decoration") + styleOf(element, "text-decoration-line");
  if (value.includes("line-through")) return true;
  return /^(?:s|strike|del)$/.test(element.localName) || null;
};

const raised = (element) => {
  const value = styleOf(element, "vertical-align") || element.localName;
  if (/^(?:super|sup)$/.test(value)) return "sup";
  if (/^sub$/.test(value)) return "sub";
  return value === "baseline" ? false : null;
};

// Links that lead through somebody else's counter lead straight to their page.
const COUNTERS = [
  [/^https?:\/\/(?:www\.)?google\.[a-z.]+\/url\?/i, ["q", "url"]],
  [/^https?:\/\/[a-z0-9.-]+\.safelinks\.protection\.outlook\.com\//i, ["url"]],
];

// Where a link leads, or the empty string where no reader could follow it.
export const linkOf = (element) => {
  const href = (element.getAttribute("href") || "").trim();
  if (!/^(?:https?:\/\/|mailto:|tel:)/i.test(href)) return "";
  const counter = COUNTERS.find(([pattern]) => pattern.test(href));
  const names = counter?.[1] || [];
  const straight = names.map((name) => new URL(href).searchParams.get(name)).find((url) => /^https?:/i.test(url || ""));
  return straight || href;
};

// The marks on what stands in an element, given those around it.
export const marksIn = (element, around) => {
  const marks = { ...around };
  const put = (name, value) => {
    if (value !== null) marks[name] = value;
  };
  put("strong", weight(element));
  put("em", slant(element));
  put("del", struck(element));
  put("level", raised(element));
  if (/^(?:code|tt|kbd|samp)$/.test(element.localName)) marks.code = true;
  if (element.localName === "cite") marks.cite = true;
  if (element.localName === "abbr" && element.title) marks.abbr = element.title;
  if (element.localName === "a") put("a", linkOf(element) || null);
  return marks;
};
