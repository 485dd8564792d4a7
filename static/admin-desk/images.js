// Pictures in the rich text editor, and their captions. Only our own pictures are let into the text. Whatever is
// typed while a picture is selected comes behind it and never takes its place.
import { Image, Node, Plugin, pm } from "django-prose-editor/editor";
import { ask } from "admin-desk/picture-dialog";

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

// The end of the picture, or of the figure, that begins at a position.
const endOf = (doc, position) => {
  const $at = doc.resolve(position);
  return $at.parent.type.name === "captioned" ? $at.after() : position + $at.nodeAfter.nodeSize;
};

// Sets the cursor behind a block: to the words there or, for a text of its own, into an empty paragraph, which is
// made where there is none.
const goBehind = (tr, schema, position, text) => {
  const end = endOf(tr.doc, position);
  const next = tr.doc.resolve(end).nodeAfter;
  const isThere = next?.isTextblock && (text === undefined || !next.content.size);
  if (!isThere) tr.insert(end, schema.nodes.paragraph.create());
  tr.setSelection(TextSelection.create(tr.doc, end + 1));
  if (text) tr.insertText(text);
  return tr.scrollIntoView();
};

const selectedBlock = ({ selection }) => selection instanceof NodeSelection && selection.node.isBlock;

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
      button: buttons.material("closed_caption", "caption"),
      active: (editor) => editor.isActive("caption"),
      hidden: (editor) => !editor.isActive("image") && !editor.isActive("captioned"),
      command: (editor) => editor.chain().focus().toggleCaption().run(),
    });
  },

  addCommands() {
    return {
      // Gives the selected picture a caption and goes into it, or takes it away with its words.
      toggleCaption:
        () =>
        ({ tr, state }) => {
          const { $from, from } = state.selection;
          const { captioned, image, caption } = state.schema.nodes;
          const depth = [...Array($from.depth + 1).keys()].find((each) => $from.node(each).type === captioned);
          if (depth === undefined) {
            const picture = state.doc.nodeAt(from);
            if (picture?.type !== image) return false;
            tr.replaceWith(from, from + 1, captioned.create(null, [picture, caption.create()]));
            tr.setSelection(TextSelection.create(tr.doc, from + 3));
            return true;
          }
          const [before, after, node] = [$from.before(depth), $from.after(depth), $from.node(depth)];
          if (node.childCount > 1) {
            tr.replaceWith(before, after, node.firstChild).setSelection(NodeSelection.create(tr.doc, before));
          } else {
            tr.insert(after - 1, caption.create()).setSelection(TextSelection.create(tr.doc, after));
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
