// Tables in the rich text editor: cells with spans, and the tools for rows and columns.
import {
  Table as BaseTable,
  TableCell as BaseTableCell,
  TableHeader as BaseTableHeader,
} from "django-prose-editor/editor";
import { icon } from "admin-desk/icons";
import { goBehind, tableAround } from "admin-desk/places";

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

export const Table = BaseTable.extend({
  addKeyboardShortcuts() {
    const inherited = this.parent?.() || {};
    return {
      ...inherited,
      // Tab goes from cell to cell and adds a row behind the last one; so this is how a keyboard gets out.
      Escape: ({ editor }) => {
        const { state, view } = editor;
        const table = tableAround(state.selection.$from);
        if (table === null) return false;
        view.dispatch(goBehind(state.tr, state.schema, table));
        return true;
      },
    };
  },

  addMenuItems({ menu, buttons }) {
    const button = buttons.material("grid_on", "table");
    button.title = "table: Tab goes from cell to cell and then adds a row, Escape leaves the table";
    menu.defineItem({
      name: "table",
      groups: "table",
      priority: 200,
      button,
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
