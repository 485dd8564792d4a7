// Our manners for the rich text editor: no style of its own in the page (the policy refuses it; desk.css
// has what is needed), a name and a description for a screen reader, buttons that say whether they are on.
import { Extension } from "django-prose-editor/editor";

// What a word processor puts on its elements is dropped before the page parses it: the policy would refuse
// each style by a complaint of its own.
const STYLES = /<style[\s\S]*?<\/style>|\s(?:style|on[a-z]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*)/gi;

export const Desk = Extension.create({
  name: "desk",

  onBeforeCreate() {
    const { options } = this.editor;
    options.injectCSS = false;
    options.editorProps = {
      ...options.editorProps,
      transformPastedHTML: (html) => html.replace(STYLES, ""),
    };
    const textarea = options.element.querySelector("textarea");
    const label = textarea?.id && document.querySelector(`label[for="${textarea.id}"]`);
    if (!label) return;
    const attributes = { role: "textbox", "aria-multiline": "true" };
    attributes["aria-label"] = label.textContent.replace(/:\s*$/, "");
    const description = textarea.getAttribute("aria-describedby");
    if (description) attributes["aria-describedby"] = description;
    options.editorProps = { ...options.editorProps, attributes };
    label.addEventListener("click", () => this.editor.commands.focus());
  },

  onCreate() {
    const menu = this.editor.view.dom.parentElement.querySelector(".prose-menubar");
    if (!menu) return;
    menu.setAttribute("role", "toolbar");
    menu.setAttribute("aria-label", "Formatting");
    const say = () => {
      for (const button of menu.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button.classList.contains("active")));
        button.setAttribute("aria-disabled", String(button.classList.contains("disabled")));
      }
    };
    this.editor.on("transaction", say);
    say();
  },
});
