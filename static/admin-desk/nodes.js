// What a body may hold besides paragraphs, as the editor keeps it: each in the form in which the site stores it,
// so that opening and saving a tip changes nothing. What has no button here survives all the same.
import {
  Code as BaseCode,
  CodeBlock as BaseCodeBlock,
  OrderedList as BaseOrderedList,
  Strike as BaseStrike,
  Table as BaseTable,
  TableCell as BaseTableCell,
  TableHeader as BaseTableHeader,
  Mark,
} from "django-prose-editor/editor";

const NUMERALS = ["a", "A", "i", "I"];
const WHOLE_NUMBER = /^\s*[+-]?\d{1,4}\s*$/;

// --- Marks ------------------------------------------------------------------------------------------------

export const Strike = BaseStrike.extend({
  renderHTML() {
    return ["del", 0];
  },
});

// A word in code may be bold as well, or a link.
export const Code = BaseCode.extend({ excludes: "" });

export const Cite = Mark.create({
  name: "cite",
  parseHTML() {
    return [{ tag: "cite" }];
  },
  renderHTML() {
    return ["cite", 0];
  },
});

export const Abbr = Mark.create({
  name: "abbr",
  addAttributes() {
    return { title: { default: null } };
  },
  parseHTML() {
    return [{ tag: "abbr[title]" }];
  },
  renderHTML({ HTMLAttributes }) {
    return ["abbr", HTMLAttributes, 0];
  },
});

// --- Blocks -----------------------------------------------------------------------------------------------

export const OrderedList = BaseOrderedList.extend({
  addAttributes() {
    return {
      start: {
        default: 1,
        parseHTML: (element) => {
          const start = element.getAttribute("start") || "";
          return WHOLE_NUMBER.test(start) ? Number.parseInt(start, 10) : 1;
        },
      },
      type: {
        default: null,
        parseHTML: (element) => {
          const type = element.getAttribute("type");
          return NUMERALS.includes(type) ? type : null;
        },
      },
    };
  },

  addNodeView() {
    return ({ node }) => {
      const dom = document.createElement("ol");
      const show = ({ attrs }) => {
        dom.start = attrs.start;
        if (attrs.type) dom.setAttribute("type", attrs.type);
        else dom.removeAttribute("type");
      };
      show(node);
      const update = (other) => {
        if (other.type !== node.type) return false;
        show(other);
        return true;
      };
      return { dom, contentDOM: dom, update };
    };
  },
});

// Without a class for the language.
export const CodeBlock = BaseCodeBlock.extend({
  addAttributes() {
    return {};
  },
  renderHTML() {
    return ["pre", ["code", 0]];
  },
});

const spans = () => {
  const span = (name) => ({
    default: 1,
    parseHTML: (element) => Math.max(1, Number.parseInt(element.getAttribute(name) || "1", 10) || 1),
    renderHTML: (attributes) => (attributes[name] > 1 ? { [name]: attributes[name] } : {}),
  });
  // The width of a column is the reader's browser's business; the editor's commands ask for its name.
  const colwidth = { default: null, parseHTML: () => null, renderHTML: () => ({}) };
  return { colspan: span("colspan"), rowspan: span("rowspan"), colwidth };
};

export const TableCell = BaseTableCell.extend({ addAttributes: spans });

export const TableHeader = BaseTableHeader.extend({
  addAttributes() {
    return { ...spans(), scope: { default: null } };
  },
});

// The frame of a table, and in it what the tool does.
const icon = (paths) =>
  '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="0 0 24 24" fill="none"' +
  ` stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="${paths}"/></svg>`;

export const Table = BaseTable.extend({
  addKeyboardShortcuts() {
    const inherited = this.parent?.() || {};
    return {
      ...inherited,
      // From the last cell, Tab leads out of the editor and adds no row: a keyboard must not be caught here.
      Tab: ({ editor }) => editor.isActive("table") && editor.commands.goToNextCell(),
    };
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "table",
      groups: "table",
      priority: 200,
      button: buttons.material("grid_on", "table"),
      active: (editor) => editor.isActive("table"),
      command: (editor) => editor.chain().focus().insertTable({ rows: 3, cols: 2, withHeaderRow: true }).run(),
      enabled: (editor) => !editor.isActive("table"),
    });
    const tool = (name, paths, title, command) =>
      menu.defineItem({
        name: `table:${name}`,
        groups: "table",
        button: buttons.svg(icon(paths), title),
        hidden: (editor) => !editor.isActive("table"),
        command: (editor) => command(editor.chain().focus()).run(),
      });
    tool("row", "M3 4h18v7H3zM12 14v7M8.5 17.5h7", "add a row below", (chain) => chain.addRowAfter());
    tool("column", "M4 3h7v18H4zM14 12h7M17.5 8.5v7", "add a column to the right", (chain) => chain.addColumnAfter());
    tool("less-row", "M3 4h18v7H3zM8.5 17.5h7", "remove the row", (chain) => chain.deleteRow());
    tool("less-column", "M4 3h7v18H4zM14 12h7", "remove the column", (chain) => chain.deleteColumn());
    tool("header", "M3 4h18v16H3zM3 9h18M3 6.5h18", "header row on or off", (chain) => chain.toggleHeaderRow());
    tool("delete", "M3 4h18v16H3zM8 8l8 8M16 8l-8 8", "remove the table", (chain) => chain.deleteTable());
  },
});
