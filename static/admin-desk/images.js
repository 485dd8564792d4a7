// Pictures in the rich text editor, and their captions. Only our own pictures are let into the text. Whatever is
// typed while a picture is selected comes behind it and never takes its place.
import { Image, Node, Plugin, pm } from "django-prose-editor/editor";
import { icon } from "admin-desk/icons";
import { ask } from "admin-desk/picture-dialog";
import { goBehind } from "admin-desk/places";

const { NodeSelection, TextSelection } = pm.state;

// The path of a picture of ours, whatever stands around it in a copied address; else null.
const ours = (src) => {
  try {
    const url = new URL(src, document.baseURI);
    const own = url.origin === location.origin && /^\/media\/[0-9a-f]{64}\.(jpg|png)$/.test(url.pathname);
    return own ? url.pathname : null;
  } catch {
    return null;
  }
};

const selectedBlock = ({ selection }) => selection instanceof NodeSelection && selection.node.isBlock;

// Where the picture or the figure begins that the cursor is at: in it, or in the empty paragraph right behind it,
// where the cursor stands when a picture was just inserted. Else null.
const pictureAt = ({ doc, selection, schema }) => {
  const { image, captioned } = schema.nodes;
  const { $from, from } = selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if ($from.node(depth).type === captioned) return $from.before(depth);
  }
  if (doc.nodeAt(from)?.type === image && selection instanceof NodeSelection) return from;
  if (!$from.parent.isTextblock || $from.parent.content.size) return null;
  const before = doc.resolve($from.before()).nodeBefore;
  return before && [image, captioned].includes(before.type) ? $from.before() - before.nodeSize : null;
};

// What a deletion leaves of a figure: a picture that shows nothing. It goes, and its caption stays.
const withoutEmpty = (state) => {
  const { tr } = state;
  const empty = [];
  state.doc.descendants((node, position) => {
    if (node.type.name === "image" && !node.attrs.src) empty.push(position);
  });
  for (const position of empty.reverse()) {
    const $at = tr.doc.resolve(position);
    const caption = $at.parent.type.name === "captioned" && $at.parent.childCount > 1 ? $at.parent.lastChild : null;
    const words = caption?.content.size ? [state.schema.nodes.paragraph.create(null, caption.content)] : [];
    if ($at.parent.type.name === "captioned") tr.replaceWith($at.before(), $at.after(), words);
    else tr.delete(position, position + 1);
  }
  return empty.length ? tr : null;
};

// A picture with a caption. What else a figure holds on other sites stands for itself here.
const Figure = Node.create({
  name: "captioned",
  group: "block",
  content: "image caption?",
  draggable: true,
  isolating: true,

  parseHTML() {
    const isPicture = (figure) => (ours(figure.querySelector("img")?.getAttribute("src")) ? null : false);
    return [{ tag: "figure", getAttrs: isPicture }];
  },

  renderHTML() {
    return ["figure", 0];
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "caption",
      groups: "nodes",
      priority: 89,
      button: buttons.svg(icon("M4 3h16v11H4zM4 18h16M7 22h10"), "caption"),
      active: (editor) => editor.isActive("caption"),
      hidden: (editor) => pictureAt(editor.state) === null,
      command: (editor) => editor.chain().focus().toggleCaption().run(),
    });
  },

  addCommands() {
    return {
      // Gives a picture a caption and goes into it, or takes it away with its words.
      toggleCaption:
        () =>
        ({ tr, state }) => {
          const at = pictureAt(state);
          if (at === null) return false;
          const { captioned, caption } = state.schema.nodes;
          const node = state.doc.nodeAt(at);
          const end = at + node.nodeSize;
          if (node.type !== captioned) {
            tr.replaceWith(at, end, captioned.create(null, [node, caption.create()]));
            tr.setSelection(TextSelection.create(tr.doc, at + 3));
          } else if (node.childCount > 1) {
            tr.replaceWith(at, end, node.firstChild).setSelection(NodeSelection.create(tr.doc, at));
          } else {
            tr.insert(end - 1, caption.create()).setSelection(TextSelection.create(tr.doc, end));
          }
          return true;
        },
    };
  },
});

const Caption = Node.create({
  name: "caption",
  content: "inline*",
  defining: true,

  parseHTML() {
    return [{ tag: "figcaption", context: "captioned/" }];
  },

  renderHTML() {
    return ["figcaption", 0];
  },

  addKeyboardShortcuts() {
    const inCaption = (state) => state.selection.$from.parent.type.name === "caption";
    return {
      Enter: ({ editor }) => {
        const { state, view } = editor;
        if (!inCaption(state)) return false;
        view.dispatch(goBehind(state.tr, state.schema, state.selection.$from.before(-1) + 1, ""));
        return true;
      },
      Backspace: ({ editor }) =>
        inCaption(editor.state) && !editor.state.selection.$from.parent.content.size && editor.commands.toggleCaption(),
    };
  },
});

export const Picture = Image.extend({
  addExtensions() {
    return [Figure, Caption];
  },

  addAttributes() {
    const plain = (name) => ({ default: null, parseHTML: (element) => element.getAttribute(name) });
    return {
      src: { default: null, parseHTML: (element) => ours(element.getAttribute("src")) },
      alt: { ...plain("alt"), renderHTML: ({ alt }) => ({ alt: alt || "" }) },
      width: plain("width"),
      height: plain("height"),
    };
  },

  parseHTML() {
    return [{ tag: "img[src]", getAttrs: (element) => (ours(element.getAttribute("src")) ? null : false) }];
  },

  addInputRules() {
    return [];
  },

  addCommands() {
    return {
      goBehind:
        (position) =>
        ({ tr, state }) => {
          goBehind(tr, state.schema, position);
          return true;
        },
    };
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "picture",
      groups: "nodes",
      priority: 90,
      button: buttons.material("image", "picture"),
      active: (editor) => editor.isActive("image"),
      command: (editor) => ask(editor),
    });
  },

  addKeyboardShortcuts() {
    return {
      Enter: ({ editor }) => {
        const { state, view } = editor;
        if (!selectedBlock(state)) return false;
        view.dispatch(goBehind(state.tr, state.schema, state.selection.from, ""));
        return true;
      },
    };
  },

  addProseMirrorPlugins() {
    const stepBehind = (view, text = "") => {
      const { state } = view;
      if (!selectedBlock(state)) return false;
      view.dispatch(goBehind(state.tr, state.schema, state.selection.from, text));
      return true;
    };
    // A click selects a picture in a figure as any other, and so does the second of two quick ones.
    const select = (view, _position, { target }) => {
      if (target.localName !== "img") return false;
      const position = view.posAtDOM(target, 0);
      if (view.state.doc.nodeAt(position)?.type.name !== "image") return false;
      view.dispatch(view.state.tr.setSelection(NodeSelection.create(view.state.doc, position)));
      return true;
    };
    return [
      new Plugin({
        appendTransaction: (transactions, _before, state) =>
          transactions.some((each) => each.docChanged) ? withoutEmpty(state) : null,
        props: {
          handleTextInput: (view, _from, _to, text) => stepBehind(view, text),
          handleClick: select,
          handleDoubleClick: select,
          handleDOMEvents: {
            // Phones, and whoever writes in many parts of the world, compose.
            compositionstart: (view) => {
              stepBehind(view);
              return false;
            },
          },
        },
      }),
    ];
  },
});
