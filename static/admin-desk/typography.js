// Typographic quotation marks and apostrophes as one types. Straight ones stay in code and, as primes, behind a
// digit (5'11"). Ctrl+Z right after takes back the mark alone. A button switches this, for this browser.
import { Extension, Plugin, pm } from "django-prose-editor/editor";

const KEY = "typographic-quotes";
const OPENS = /(?:^|[\s([{<“‘«„–—/\u2028\ufffc-])$/;

const isOn = () => {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
};

const remember = (on) => {
  try {
    if (on) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "off");
  } catch {
    // Forbidden: then it holds for this page.
  }
};

// What a typed sign becomes behind some text, and how many signs before it change too; or null.
const changed = (typed, before) => {
  if (typed === '"') {
    if (/\d$/.test(before)) {
      // The end of a quotation that stands open, else a prime.
      return before.lastIndexOf("“") > before.lastIndexOf("”") ? ["”", 0] : null;
    }
    return [OPENS.test(before) ? "“" : "”", 0];
  }
  if (typed === "'") return /\d$/.test(before) ? null : [OPENS.test(before) ? "‘" : "’", 0];
  // A letter behind a digit and a straight sign: "the 1990's".
  if (/^\p{L}$/u.test(typed) && /\d'$/.test(before)) return [`’${typed}`, 1];
  // A digit behind an opening sign: "the ’90s".
  if (/^\d$/.test(typed) && /(?:^|\s)‘$/.test(before)) return [`’${typed}`, 1];
  return null;
};

export const Typography = Extension.create({
  name: "typography",
  priority: 900,

  addStorage() {
    return { on: isOn() };
  },

  addMenuItems({ menu, buttons }) {
    const { editor } = this;
    menu.defineItem({
      name: "typography",
      groups: "typing",
      button: buttons.text("“ ”", "typographic quotation marks"),
      active: () => editor.storage.typography.on,
      command: () => {
        editor.storage.typography.on = !editor.storage.typography.on;
        remember(editor.storage.typography.on);
        editor.view.dispatch(editor.state.tr);
        const now = editor.storage.typography.on ? "Typographic" : "Straight";
        editor.storage.desk?.say([`${now} quotation marks from now on.`]);
      },
    });
  },

  addProseMirrorPlugins() {
    const { storage } = this;
    return [
      new Plugin({
        props: {
          handleTextInput(view, from, to, text) {
            const $from = view.state.doc.resolve(from);
            const isCode = $from.parent.type.spec.code || $from.marks().some((mark) => mark.type.name === "code");
            if (!storage.on || view.composing || isCode || !$from.parent.isTextblock) return false;
            const before = $from.parent.textBetween(0, $from.parentOffset, undefined, "\ufffc");
            const change = changed(text, before);
            if (!change) return false;
            const [sign, back] = change;
            // First what was typed, then the change of it, so that undoing gives back what was typed.
            view.dispatch(view.state.tr.insertText(text, from, to));
            const { tr } = view.state;
            tr.insertText(sign, from - back, from + text.length);
            view.dispatch(pm.history.closeHistory(tr).scrollIntoView());
            return true;
          },
        },
      }),
    ];
  },
});
