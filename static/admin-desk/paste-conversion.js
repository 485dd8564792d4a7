// Pasted HTML as what a body may hold: weight, slant, headings, lists and tables are read from the markup and the
// styles of word processors; then everything else goes.
import { mendLists } from "admin-desk/paste-lists";
import { notesOf } from "admin-desk/paste-notes";
import { loosened, NO_BREAK } from "admin-desk/paste-spaces";
import { isHidden, linkOf, marksIn, parse, styleOf } from "admin-desk/paste-source";

const BLOCKS =
  "address article aside blockquote body caption center details dd dialog div dl dt fieldset figcaption figure" +
  " footer form h1 h2 h3 h4 h5 h6 header hr legend li main nav ol p pre section summary table ul";
const IS_BLOCK = new Set(BLOCKS.split(" "));
const MARKS = ["a", "strong", "em", "code", "sup", "sub", "del", "cite", "abbr"];
const LETTERS = { "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A" };
const NUMERALS = { ...LETTERS, "lower-roman": "i", "upper-roman": "I" };
// Stands in for a picture until its place in the text is known. No keyboard has it.
export const PLACE = "\uE0F1";

const marked = (text, marks) => {
  let node = document.createTextNode(text);
  const all = { ...marks, [marks.level || ""]: true };
  for (const name of [...MARKS].reverse()) {
    if (!all[name]) continue;
    const mark = document.createElement(name);
    if (name === "a") mark.setAttribute("href", all.a);
    if (name === "abbr") mark.title = all.abbr;
    mark.append(node);
    node = mark;
  }
  return node;
};

// --- Blocks -----------------------------------------------------------------------------------------------

// Collects blocks in a container: what stands in a line is put into paragraphs, or into ``kind`` of blocks.
class Flow {
  constructor(container) {
    this.container = container;
    this.kind = "p";
    this.line = null;
  }

  end() {
    if (this.line) {
      const texts = document.createTreeWalker(this.line, NodeFilter.SHOW_TEXT);
      const nodes = [];
      while (texts.nextNode()) nodes.push(texts.currentNode);
      let rest = loosened(nodes.map((node) => node.data).join(""));
      for (const node of nodes) {
        const { length } = node.data;
        node.data = rest.slice(0, length);
        rest = rest.slice(length);
      }
      if (this.line.lastChild.localName === "br") this.line.lastChild.remove();
    }
    this.line = null;
  }

  add(node) {
    if (!this.line && !node.textContent.trim()) return;
    this.line ||= this.block(this.kind);
    // Two breaks in a row part paragraphs.
    if (node.localName === "br" && this.line.lastChild.localName === "br") this.end();
    else this.line.append(node);
  }

  // Begins another block and returns it.
  block(name) {
    return this.container.appendChild(document.createElement(name));
  }

  within(kind, fill) {
    this.end();
    const before = this.kind;
    this.kind = kind;
    fill();
    this.end();
    this.kind = before;
  }
}

const levelOf = (element) => {
  const named = /\bMso(?:Heading|Title|Subtitle)(\d?)/.exec(element.className);
  const title = /\bMso(Title|Subtitle)\b/.exec(element.className)?.[1];
  if (title) return title === "Title" ? 1 : 2;
  if (named?.[1]) return Number(named[1]);
  if (/^h[1-6]$/.test(element.localName)) return Number(element.localName[1]);
  if (element.getAttribute("role") === "heading") return Number(element.getAttribute("aria-level")) || 2;
  return Number(/^[1-6]$/.exec(styleOf(element, "mso-outline-level"))?.[0]) || 0;
};

const isQuote = (element) => element.localName === "blockquote" || /\bMso(?:Intense)?Quote/.test(element.className);

export class Conversion {
  constructor(html) {
    this.pictures = [];
    this.foreign = 0;
    this.captions = 0;
    this.titles = 0;
    this.layouts = 0;
    this.links = 0;
    const source = parse(html);
    mendLists(source);
    for (const element of [...source.querySelectorAll("*")]) if (isHidden(element)) element.remove();
    const levels = [...source.querySelectorAll("*")].map(levelOf).filter(Boolean);
    // A tip's title is the page's first heading: where a text begins with its own, all move one down.
    this.shift = levels.includes(1) ? 1 : 0;
    this.body = document.createElement("div");
    this.fill(this.body, source, {});
    this.words = this.body.textContent.replaceAll(PLACE, "").trim();
  }

  fill(container, source, marks) {
    const flow = new Flow(container);
    this.walk(source, flow, marks);
    flow.end();
  }

  walk(source, flow, marks) {
    for (const node of source.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (node.data) flow.add(marked(node.data, marks));
      } else if (node.nodeType === Node.ELEMENT_NODE) {
        this.take(node, flow, marks);
      }
    }
  }

  take(element, flow, around) {
    const name = element.localName;
    if (name === "br") {
      if (!/page-break|column-break/.test(element.getAttribute("data-clip-style") || "")) {
        flow.add(document.createElement("br"));
      }
      return;
    }
    if (name === "img") {
      this.picture(element, flow);
      return;
    }
    if (/^(?:head|meta|link|iframe|object|svg|math|template|noscript|select|textarea|button|input)$/.test(name)) return;
    if (name === "a" && element.hasAttribute("href") && !linkOf(element) && !/^#|^$/.test(element.getAttribute("href"))) {
      this.links += 1;
    }
    const marks = marksIn(element, around);
    // What a heading looks like is the site's business.
    if (around.plain) marks.strong = false;
    const level = levelOf(element);
    if (level) {
      const heading = `h${Math.min(Math.max(level + this.shift, 2), 4)}`;
      flow.within(heading, () => this.walk(element, flow, { ...marks, strong: false, plain: true }));
    } else if (isQuote(element)) {
      flow.end();
      this.fill(flow.block("blockquote"), element, marks);
    } else if (name === "ul" || name === "ol") {
      flow.end();
      this.list(element, flow, marks);
    } else if (name === "table") {
      flow.end();
      this.table(element, flow, marks);
    } else if (name === "pre") {
      flow.end();
      const code = document.createElement("code");
      code.textContent = element.textContent.replace(NO_BREAK, " ").replace(/^\n|\n$/g, "");
      flow.block("pre").append(code);
    } else if (name === "hr") {
      flow.end();
      flow.block("hr");
    } else if (name === "figure") {
      flow.end();
      this.figure(element, flow, marks);
    } else if (IS_BLOCK.has(name)) {
      flow.within(flow.kind, () => this.walk(element, flow, marks));
    } else {
      this.walk(element, flow, marks);
    }
  }

  picture(element, flow) {
    const src = element.getAttribute("src") || "";
    if (element.closest("[role=checkbox]") || /^1$/.test(element.getAttribute("width"))) return;
    const file = fileOf(src);
    if (file) {
      flow.end();
      this.pictures.push({ file, alt: element.getAttribute("alt") || "" });
      flow.block("p").append(PLACE);
    } else if (isOurs(src)) {
      flow.end();
      const image = flow.block("img");
      for (const each of ["src", "alt", "width", "height"]) {
        if (element.hasAttribute(each)) image.setAttribute(each, element.getAttribute(each));
      }
    } else {
      this.foreign += 1;
    }
  }

  // A picture of ours with its caption stays a figure. The caption of a picture that is left out goes with it.
  figure(element, flow, marks) {
    const caption = element.querySelector("figcaption");
    const inner = document.createElement("div");
    const rest = element.cloneNode(true);
    for (const each of rest.querySelectorAll("figcaption")) each.remove();
    this.fill(inner, rest, marks);
    const words = document.createElement("figcaption");
    if (caption) this.fill(words, caption, marks);
    const hasWords = Boolean(words.textContent.trim());
    if (!inner.childNodes.length && rest.querySelector("img")) {
      this.captions += hasWords ? 1 : 0;
    } else if (inner.childNodes.length === 1 && inner.firstChild.localName === "img" && hasWords) {
      const lines = [...words.childNodes].flatMap((line, at) => [...(at ? [" "] : []), ...line.childNodes]);
      words.replaceChildren(...lines);
      flow.block("figure").append(inner.firstChild, words);
    } else {
      flow.container.append(...inner.childNodes, ...words.childNodes);
    }
  }

  list(element, flow, marks) {
    const list = flow.block(element.localName);
    if (element.localName === "ol") {
      const start = Number.parseInt(element.getAttribute("start"), 10);
      if (start > 1) list.setAttribute("start", start);
      const styled = styleOf(element, "list-style-type") || styleOf(element.querySelector("li") || element, "list-style-type");
      const type = NUMERALS[styled] || (/^[aAiI]$/.exec(element.getAttribute("type")) || [])[0];
      if (type) list.setAttribute("type", type);
    }
    for (const child of element.childNodes) {
      const isList = /^[ou]l$/.test(child.localName || "");
      if (child.localName === "li") {
        const item = list.appendChild(document.createElement("li"));
        this.fill(item, child, marksIn(child, marks));
        if (!item.childNodes.length) item.remove();
      } else if (isList || child.textContent.trim()) {
        const item = (isList && list.lastElementChild) || list.appendChild(document.createElement("li"));
        const inner = document.createElement("div");
        inner.append(child.cloneNode(true));
        this.fill(item, inner, marks);
      }
    }
    if (!list.childElementCount) list.remove();
  }

  table(element, flow, marks) {
    const rows = [...element.rows];
    const isNested = rows.length < 2 && Boolean(element.querySelector("table"));
    const isLayout = isNested || rows.every((row) => row.cells.length < 2);
    if (element.caption?.textContent.trim()) {
      this.titles += 1;
      flow.within("p", () => this.walk(element.caption, flow, marks));
    }
    if (isLayout) {
      this.layouts += rows.length ? 1 : 0;
      for (const row of rows) {
        for (const cell of row.cells) flow.within(flow.kind, () => this.walk(cell, flow, marksIn(cell, marks)));
      }
      return;
    }
    const table = flow.block("table").appendChild(document.createElement("tbody"));
    for (const row of rows) {
      const made = table.appendChild(document.createElement("tr"));
      for (const cell of row.cells) {
        const isHead = cell.localName === "th" || row.parentElement.localName === "thead";
        const into = made.appendChild(document.createElement(isHead ? "th" : "td"));
        for (const name of ["colspan", "rowspan", "scope"]) {
          if (cell.hasAttribute(name)) into.setAttribute(name, cell.getAttribute(name));
        }
        const inside = marksIn(cell, marks);
        this.layouts += withoutTables(cell);
        this.fill(into, cell, isHead ? { ...inside, strong: false, plain: true } : inside);
        if (!into.childNodes.length) into.append(document.createElement("p"));
      }
    }
  }

  // What was left out or changed, in sentences.
  get notes() {
    return notesOf(this);
  }
}

// Makes each table in a cell a plain block, whose own cells are blocks; returns how many there were.
const withoutTables = (cell) => {
  const tables = [...cell.querySelectorAll("table")];
  for (const part of cell.querySelectorAll("table, caption, thead, tbody, tfoot, tr, td, th")) {
    const block = part.ownerDocument.createElement("div");
    block.append(...part.childNodes);
    part.replaceWith(block);
  }
  return tables.length;
};

const isOurs = (src) => {
  try {
    const url = new URL(src, document.baseURI);
    return url.origin === location.origin && url.pathname.startsWith("/media/");
  } catch {
    return false;
  }
};

// The picture in a "data:" URL as a file, or null.
const fileOf = (src) => {
  const found = /^\s*data:(image\/[\w.+-]+);base64,([\s\S]*)$/i.exec(src);
  if (!found) return null;
  try {
    const bytes = Uint8Array.from(atob(found[2].replace(/\s/g, "")), (sign) => sign.charCodeAt(0));
    const type = found[1].toLowerCase();
    return new File([bytes], `picture.${type.slice(6)}`, { type });
  } catch {
    return null;
  }
};
