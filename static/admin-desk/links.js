// Links: a dialog that takes what a person types for where they mean, and URLs that become links as one types.
import { Link as BaseLink, Plugin } from "django-prose-editor/editor";
import { buttons, dialog, field, make, refusal, refuse, shown } from "admin-desk/dialogs";
import { completed, linkIn } from "admin-desk/link-targets";
import { answerTo, suggest } from "admin-desk/suggestions";

const NONE =
  "No reader could follow this link. Choose a tip from the list, or write a page (example.org/page), an e-mail address" +
  " or a number.";

// Puts a link on the selection; where none is selected, words with a link.
const insert = (editor, href, words) => {
  const { from, empty, $from } = editor.state.selection;
  const mark = editor.schema.marks.link.create({ href });
  const chain = editor.chain().focus().setMeta("preventAutolink", true);
  if (!empty) {
    chain.setMark("link", { href }).run();
    return;
  }
  const marks = mark.addToSet(editor.state.storedMarks || $from.marks());
  chain
    .command(({ tr }) => {
      tr.insert(from, editor.schema.text(words, marks)).removeStoredMark(mark.type);
      return true;
    })
    .run();
};

const change = (editor, href) =>
  editor.chain().focus().extendMarkRange("link").updateAttributes("link", { href }).setMeta("preventAutolink", true).run();

// Finds our own tips by the words of their titles.
const suggestTips = (target, words) => {
  const url = document.getElementById("writing")?.dataset.links;
  if (!url) return;
  suggest(target, {
    label: "Our own tips",
    ask: async () => {
      const typed = target.value.trim();
      return typed.length < 2 || completed(typed) ? [] : (await answerTo(url, typed)).tips;
    },
    words: (tip) => [tip.title, tip.when],
    take: (tip) => {
      target.value = tip.url;
      if (!words.value) words.value = tip.title;
    },
  });
};

// Asks where a link leads and, where nothing is selected, for its words.
const ask = (editor) => {
  const { from, to, empty } = editor.state.selection;
  const before = editor.isActive("link") ? editor.getAttributes("link").href : null;
  const selected = editor.state.doc.textBetween(from, to, " ", " ");
  const target = make("input", { type: "text", name: "href", autocomplete: "off", spellcheck: false });
  target.value = before ?? linkIn(selected)?.href ?? "";
  const words = make("input", { type: "text", name: "words", autocomplete: "off" });
  const error = refusal();
  const cancel = make("button", { type: "button", textContent: "Cancel" });
  const { dialog: element, form } = dialog(
    before === null ? "Insert a link" : "Change the link",
    error,
    field("Link to", "Words of a tip’s title, a page (example.org/page), an e-mail address or a telephone number.", target),
    ...(empty && before === null ? [field("Words", "What readers see. Left empty, it is what you wrote above.", words)] : []),
    buttons(make("button", { type: "submit", textContent: before === null ? "Insert" : "Update" }), cancel),
  );
  cancel.addEventListener("click", () => element.close());
  suggestTips(target, words);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const href = completed(target.value);
    if (!href) {
      refuse(error, NONE);
      target.focus();
      return;
    }
    element.close();
    if (before === null) insert(editor, href, words.value.trim() || target.value.trim());
    else change(editor, href);
  });
  return shown(editor, element);
};

const textBefore = ($at) => $at.parent.textBetween(0, $at.parentOffset, undefined, "\ufffc");

// The position of the word that a space or a new line was just typed behind, and the word; or null.
const finished = (before, state) => {
  const { empty, $from, from } = before.selection;
  const isTyped = empty && state.selection.from > from && from <= state.doc.content.size;
  if (!isTyped || !$from.parent.isTextblock) return null;
  const $at = state.doc.resolve(from);
  if (!$at.parent.isTextblock || $at.parent.type.spec.code || textBefore($at) !== textBefore($from)) return null;
  const { parent, parentOffset } = $at;
  const isAtEnd = parentOffset === parent.content.size;
  const next = isAtEnd ? "\n" : parent.textBetween(parentOffset, parentOffset + 1, undefined, "\n");
  const word = /[^\s\ufffc]+$/.exec(textBefore($at))?.[0];
  return word && /\s/.test(next) ? { word, position: from - word.length } : null;
};

export const Link = BaseLink.extend({
  addMenuItems({ menu, buttons: tools }) {
    menu.defineItem({
      name: "link",
      groups: "link",
      button: tools.material("insert_link", "link"),
      active: (editor) => editor.isActive("link"),
      enabled: (editor) => !editor.isActive("codeBlock") && !editor.isActive("image"),
      command: ask,
    });
    menu.defineItem({
      name: "unlink",
      groups: "link",
      button: tools.material("link_off", "remove link"),
      hidden: (editor) => !editor.isActive("link"),
      command: (editor) => editor.chain().focus().unsetLink().run(),
    });
  },

  addKeyboardShortcuts() {
    return {
      "Mod-k": ({ editor }) => {
        if (!editor.isActive("codeBlock") && !editor.isActive("image")) ask(editor);
        return true;
      },
    };
  },

  addProseMirrorPlugins() {
    const { type } = this;
    const byTyping = new Plugin({
      appendTransaction(transactions, before, state) {
        const isLeft = transactions.some((each) => each.getMeta("preventAutolink") || each.getMeta("paste"));
        if (isLeft || !transactions.some((each) => each.docChanged)) return null;
        const found = finished(before, state);
        const link = found && linkIn(found.word);
        if (!link) return null;
        const [from, to] = [found.position + link.from, found.position + link.to];
        const isTaken = ["link", "code"].some((name) => state.doc.rangeHasMark(from, to, state.schema.marks[name]));
        return isTaken ? null : state.tr.addMark(from, to, type.create({ href: link.href })).removeStoredMark(type);
      },
    });
    return [...this.parent(), byTyping];
  },
});
