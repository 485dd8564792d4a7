// The lists of word processors. Word and Outlook write each item as a paragraph that names its list and level
// and carries its mark ("1.", "a)", "·"); Word on the web writes each item as a list of its own.
import { styleOf } from "admin-desk/paste-source";

const ITEM = /\bl(\d+)\s+level(\d+)(?:\s+lfo(\d+))?/;
const NUMERALS = { x: 10, ix: 9, v: 5, iv: 4, i: 1 };

// The number that small Roman numerals mean, up to the few tens that a list has; else null.
const roman = (text) => {
  let [rest, number] = [text.toLowerCase(), 0];
  for (const [letters, value] of Object.entries(NUMERALS)) {
    while (rest.startsWith(letters)) {
      rest = rest.slice(letters.length);
      number += value;
    }
  }
  return rest ? null : number;
};

// What an item's mark says: a bullet, or a numbered list, its letters, and the number.
const readMark = (mark) => {
  const found = /^\(?(?:\d+\.)*(\d+|[a-z]{1,4})[.):]?\)?$/i.exec(mark);
  const isBullet = !found || (/^[a-z]/i.test(found[1]) && !/[.):]$/.test(mark));
  if (isBullet) return { ordered: false };
  const [, text] = found;
  if (/^\d/.test(text)) return { ordered: true, type: null, number: Number.parseInt(text, 10) };
  const isCapital = text === text.toUpperCase();
  // "i." begins a list in Roman numerals; "c." goes on in letters.
  const asRoman = roman(text);
  const asLetter = text.length === 1 ? text.toLowerCase().charCodeAt(0) - 96 : null;
  if (asRoman && (text.length > 1 || /i/i.test(text))) {
    return { ordered: true, type: isCapital ? "I" : "i", number: asRoman, asLetter };
  }
  return { ordered: true, type: isCapital ? "A" : "a", number: asLetter || 1, asRoman };
};

const markElement = (paragraph) =>
  [...paragraph.querySelectorAll("span")].find((span) => styleOf(span, "mso-list") === "ignore");

// What a paragraph says of the list it is an item of, or null. Its mark is taken out.
const itemOf = (element) => {
  // A numbered heading is a heading; its number is one of its words.
  if (element?.nodeType !== 1 || !/^(?:p|div)$/.test(element.localName)) return null;
  const named = /\bMsoList(Bullet|Number)([2-5])?\b/.exec(element.className);
  const styled = ITEM.exec(styleOf(element, "mso-list"));
  if (!styled && !named) return null;
  const mark = markElement(element);
  const text = (mark?.textContent || "").replace(/[\s\u00a0]+/g, "");
  mark?.remove();
  const shape = !text && named?.[1] === "Number" ? { ordered: true, type: null, number: 1 } : readMark(text);
  return {
    element,
    level: Number.parseInt(styled?.[2] || named?.[2] || "1", 10),
    list: styled ? `l${styled[1]} ${styled[3] || ""}` : named[0],
    // Paragraphs that belong to the item and have no mark.
    more: [],
    ...shape,
  };
};

// The number of an item as its list counts: "v." is a fifth item among numerals, and one of 22 among letters.
const numberIn = (list, item) => {
  const kind = list.type?.toLowerCase() || null;
  if ((item.type?.toLowerCase() || null) === kind) return item.number;
  return (kind === "i" && item.asRoman) || (kind === "a" && item.asLetter) || null;
};

const goesOn = (list, item) =>
  list.list === item.list &&
  list.ordered === item.ordered &&
  (!item.ordered || list.type === item.type || numberIn(list, item) === list.last + 1);

const makeList = (document, item) => {
  const list = document.createElement(item.ordered ? "ol" : "ul");
  if (item.ordered && item.number > 1) list.setAttribute("start", item.number);
  if (item.ordered && item.type) list.setAttribute("type", item.type);
  return list;
};

const build = (items) => {
  const { ownerDocument: document } = items[0].element;
  const top = document.createElement("div");
  const open = [];
  for (const item of items) {
    const depth = Math.min(item.level, open.length + 1);
    open.length = Math.min(open.length, depth);
    let list = open[depth - 1];
    if (!list || !goesOn(list, item)) {
      list = { ...item, dom: makeList(document, item) };
      open[depth - 1] = list;
      (open[depth - 2]?.dom.lastElementChild || top).append(list.dom);
    }
    list.last = numberIn(list, item);
    const li = document.createElement("li");
    li.append(item.element, ...item.more);
    list.dom.append(li);
  }
  return [...top.childNodes];
};

const isBlank = (node) => node.nodeType !== 1 && !node.textContent.trim();

// Makes lists of each run of paragraphs that are items.
const fromWord = (body) => {
  const isItem = (element) =>
    /\bMsoList(?:Bullet|Number)/.test(element.className) || ITEM.test(styleOf(element, "mso-list"));
  const parents = new Set([...body.querySelectorAll("p, div")].filter(isItem).map((each) => each.parentNode));
  for (const parent of parents) {
    let items = [];
    const end = (before) => {
      if (items.length) before.before(...build(items));
      items = [];
    };
    const stop = parent.appendChild(parent.ownerDocument.createElement("span"));
    for (const node of [...parent.childNodes]) {
      const item = node === stop ? null : itemOf(node);
      if (item) items.push(item);
      else if (items.length && /\bMsoListParagraph/.test(node.className || "")) items.at(-1).more.push(node);
      else if (!isBlank(node)) end(node);
    }
    stop.remove();
  }
};

// Joins lists of one item each into one that is nested as the items say.
const fromWordOnTheWeb = (body) => {
  for (const wrapper of body.querySelectorAll(".ListContainerWrapper")) {
    const before = wrapper.previousElementSibling;
    const item = wrapper.querySelector("li");
    const level = Number.parseInt(item?.getAttribute("data-aria-level") || "1", 10);
    if (!before?.classList.contains("joined-lists") || !item) {
      wrapper.classList.replace("ListContainerWrapper", "joined-lists");
      wrapper.classList.add("joined-lists");
      continue;
    }
    let list = before.lastElementChild;
    for (let depth = 1; depth < level; depth += 1) {
      const last = list.lastElementChild;
      const inner = [...(last?.children || [])].findLast((each) => /^[ou]l$/.test(each.localName));
      if (!inner) {
        const made = item.parentElement.cloneNode();
        (last || list).append(made);
        list = made;
        break;
      }
      list = inner;
    }
    list.append(item);
    wrapper.remove();
  }
};

// Makes proper lists of those of word processors, in place.
export const mendLists = (body) => {
  fromWord(body);
  fromWordOnTheWeb(body);
};
