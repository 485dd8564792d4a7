// What a body may hold besides paragraphs, as the editor keeps it: each in the form in which the site stores it,
// so that opening and saving a tip changes nothing. What has no button here survives all the same.
import {
  Code as BaseCode,
  CodeBlock as BaseCodeBlock,
  OrderedList as BaseOrderedList,
  Strike as BaseStrike,
  Mark,
} from "django-prose-editor/editor";
import { icon } from "admin-desk/icons";

export * from "admin-desk/links";
export * from "admin-desk/tables";

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
  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "codeBlock",
      groups: "blockType nodes",
      button: buttons.svg(icon("M3 4h18v16H3zM9.5 9l-3 3 3 3M14.5 9l3 3-3 3"), "Code block"),
      active: (editor) => editor.isActive("codeBlock"),
      enabled: (editor) => editor.can().toggleCodeBlock(),
      command: (editor) => editor.chain().toggleCodeBlock().focus().run(),
    });
  },
});
