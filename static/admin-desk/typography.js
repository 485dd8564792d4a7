// Typographic quotation marks and apostrophes as one types in the editor. Straight ones stay in code. Ctrl+Z right
// after takes back the mark alone. A button switches this, for this browser.
import { Extension, Plugin, pm } from "django-prose-editor/editor";
import { changed, isOn, remember } from "admin-desk/quotes";

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
            const marks = view.state.storedMarks || $from.marks();
            const isCode = $from.parent.type.spec.code || marks.some((mark) => mark.type.name === "code");
            if (!storage.on || view.composing || isCode || !$from.parent.isTextblock) return false;
            const before = $from.parent.textBetween(0, $from.parentOffset, undefined, "\ufffc");
            const changes = changed(text, before);
            if (!changes.length) return false;
            // First what was typed, then the change of it, so that undoing gives back what was typed.
            view.dispatch(view.state.tr.insertText(text, from, to));
            const { tr } = view.state;
            for (const [sign, back] of changes) tr.insertText(sign, from - back, from - back + 1);
            view.dispatch(pm.history.closeHistory(tr).scrollIntoView());
            return true;
          },
        },
      }),
    ];
  },
});
