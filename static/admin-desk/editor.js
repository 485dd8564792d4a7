// Our manners for the rich text editor: no style of its own in the page (the policy refuses it; tip.css has
// what is needed), a name and a description for a screen reader, a toolbar for the keyboard, and a line that says
// what happened to what was pasted.
import { Extension, Plugin } from "django-prose-editor/editor";
import { withEnd } from "admin-desk/places";

// Needed now and then: shown by a button.
const RARE = ["paragraph", "heading4", "strike", "subscript", "superscript", "code", "codeBlock", "horizontalRule", "typography"];

const line = () => {
  const made = document.createElement("p");
  made.className = "editor-note";
  made.setAttribute("role", "status");
  return made;
};

// One stop for Tab; arrows go from button to button.
const byArrows = (menu, editor) => {
  const shown = () => [...menu.querySelectorAll("button")].filter((button) => button.offsetParent);
  const stopAt = (button) => {
    for (const each of menu.querySelectorAll("button")) each.tabIndex = each === button ? 0 : -1;
  };
  const keep = () => {
    const buttons = shown();
    if (!buttons.some((button) => button.tabIndex === 0)) stopAt(buttons[0]);
  };
  menu.addEventListener("focusin", (event) => stopAt(event.target));
  menu.addEventListener("keydown", (event) => {
    const buttons = shown();
    const at = buttons.indexOf(document.activeElement);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 };
    // At once: the editor's own command waits a moment, in which the next key would press the button.
    if (event.key === "Escape") editor.view.focus();
    else if (event.key in steps) buttons[(steps[event.key] + buttons.length) % buttons.length].focus();
    else return;
    event.preventDefault();
  });
  stopAt(shown()[0]);
  return keep;
};

const more = (menu) => {
  const rare = RARE.map((name) => menu.querySelector(`[data-name="${name}"]`)).filter(Boolean);
  if (!rare.length) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "prose-menubar__button material-icons";
  button.textContent = "more_horiz";
  button.title = "more";
  button.setAttribute("aria-label", "more");
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    for (const each of rare) each.hidden = !open;
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  const group = document.createElement("div");
  group.className = "prose-menubar__group";
  group.append(button);
  menu.append(group);
  show(false);
};

export const Desk = Extension.create({
  name: "desk",

  addStorage() {
    return { toolbar: null, note: line(), say: () => {} };
  },

  onBeforeCreate() {
    const { options } = this.editor;
    options.injectCSS = false;
    const textarea = options.element.querySelector("textarea");
    const label = textarea?.id && document.querySelector(`label[for="${textarea.id}"]`);
    if (!label) return;
    const attributes = { role: "textbox", "aria-multiline": "true", "aria-keyshortcuts": "Alt+F10" };
    attributes["aria-label"] = label.textContent.replace(/:\s*$/, "");
    const description = textarea.getAttribute("aria-describedby");
    if (description) attributes["aria-describedby"] = description;
    options.editorProps = { ...options.editorProps, attributes };
    label.addEventListener("click", () => this.editor.commands.focus());
  },

  addProseMirrorPlugins() {
    const appendTransaction = (transactions, _before, state) =>
      transactions.some((each) => each.docChanged) ? withEnd(state) : null;
    return [new Plugin({ appendTransaction })];
  },

  addKeyboardShortcuts() {
    return {
      "Alt-F10": () => {
        const button = this.storage.toolbar?.querySelector('button[tabindex="0"]');
        button?.focus();
        return Boolean(button);
      },
    };
  },

  onCreate() {
    const { storage } = this;
    const end = this.editor.isEditable && withEnd(this.editor.state);
    // Nobody changed anything yet: nothing is to be kept or undone.
    if (end) this.editor.view.dispatch(end.setMeta("preventUpdate", true).setMeta("addToHistory", false));
    const frame = this.editor.view.dom.parentElement;
    frame.append(storage.note);
    storage.say = (sentences) => {
      storage.note.textContent = sentences.join(" ");
    };
    // Saved while it was written: one goes on there (writing.js).
    const place = JSON.parse(sessionStorage.getItem("writing-place") ?? "{}");
    if (place.name === "body") {
      sessionStorage.removeItem("writing-place");
      this.editor.commands.focus(place.at);
    }
    const menu = frame.querySelector(".prose-menubar");
    if (!menu) return;
    // Above the title, where it stays in view while one scrolls.
    frame.closest("form")?.querySelector("[data-toolbar]")?.append(menu);
    storage.toolbar = menu;
    menu.setAttribute("role", "toolbar");
    menu.setAttribute("aria-label", "Formatting");
    more(menu);
    const keep = byArrows(menu, this.editor);
    const say = () => {
      for (const button of menu.querySelectorAll("button[data-name]")) {
        button.setAttribute("aria-pressed", String(button.classList.contains("active")));
        button.setAttribute("aria-disabled", String(button.classList.contains("disabled")));
      }
      keep();
    };
    this.editor.on("transaction", say);
    say();
  },
});
