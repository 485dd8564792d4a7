// Comments on passages of the text: a button and a key that begin one, and the passages marked in the editor. The marks
// are decorations; nothing of them is in the text that is saved. The threads themselves are comment-threads.js'.
import { Extension, Plugin, pm } from "django-prose-editor/editor";
import { icon } from "admin-desk/icons";
import { find, lettersOf, nearest, threadsOnPage } from "admin-desk/passages";

const { Decoration, DecorationSet } = pm.view;
const KEY = new pm.state.PluginKey("comments");
// In signs: of what stands around a passage.
const AROUND = 80;

const read = (doc) => {
  const pieces = [];
  doc.descendants((node, at) => {
    if (node.isText) pieces.push([node.text, at]);
  });
  return lettersOf(pieces);
};

const marks = (doc, looked) => {
  const { letters, at } = read(doc);
  const found = [];
  for (const passage of threadsOnPage()) {
    const exact = find(passage, letters);
    const ends = (exact || nearest(passage, letters))?.map((index) => at[index][0] + at[index][1]);
    if (!ends) continue;
    const name = passage.id === looked ? "commented now" : "commented";
    found.push(Decoration.inline(ends[0], ends[1] + 1, { class: name, "data-commented": passage.id, ...(exact ? {} : { "data-changed": "" }) }));
  }
  return { looked, set: DecorationSet.create(doc, found) };
};

const begin = (editor) => {
  if (!document.querySelector("#comments")) return false;
  const { doc, selection } = editor.state;
  const { from, to } = selection;
  const between = (first, last) => doc.textBetween(Math.max(0, first), Math.min(doc.content.size, last), " ", " ");
  const passage = { quote: between(from, to), before: between(from - AROUND, from), after: between(to, to + AROUND) };
  document.dispatchEvent(new CustomEvent("comment-begun", { detail: passage }));
  return true;
};

export const Comments = Extension.create({
  name: "comments",

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "comment",
      groups: "history",
      priority: 10,
      button: buttons.svg(icon("M4 4h16v12h-9l-5 4v-4H4zM8 8.5h8M8 11.5h5"), "comment (Ctrl+Alt+M)"),
      hidden: () => !document.querySelector("#comments"),
      command: begin,
    });
  },

  addKeyboardShortcuts() {
    return { "Mod-Alt-m": () => begin(this.editor) };
  },

  addProseMirrorPlugins() {
    return [
      new Plugin({
        key: KEY,
        state: {
          init: (_, { doc }) => marks(doc, null),
          apply: (tr, before) => {
            const looked = tr.getMeta(KEY);
            return tr.docChanged || looked ? marks(tr.doc, looked ? looked.id : before.looked) : before;
          },
        },
        props: {
          decorations: (state) => KEY.getState(state).set,
          handleClick: (view, position) => {
            const [mark] = KEY.getState(view.state).set.find(position, position);
            const id = mark?.type.attrs["data-commented"];
            if (id) document.dispatchEvent(new CustomEvent("comment-pointed-at", { detail: id }));
            return false;
          },
        },
        view: (view) => {
          // The threads changed, or one of them is looked at.
          const look = ({ detail }) => view.dispatch(view.state.tr.setMeta(KEY, { id: detail }).setMeta("addToHistory", false));
          const tell = () => document.dispatchEvent(new CustomEvent("comments-marked"));
          document.addEventListener("comment-looked-at", look);
          queueMicrotask(tell);
          return {
            update: (now, before) => {
              if (KEY.getState(now.state) !== KEY.getState(before)) tell();
            },
            destroy: () => document.removeEventListener("comment-looked-at", look),
          };
        },
      }),
    ];
  },
});
