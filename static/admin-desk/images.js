// Pictures in the rich text editor: uploaded in a dialog that asks what they show. A pasted or dropped
// picture opens the dialog too. Only our own pictures are let into the text.
import { Image, Plugin } from "django-prose-editor/editor";

// The path of a picture of ours, whatever stands around it in a copied address; else null.
const ours = (src) => {
  try {
    const address = new URL(src, document.baseURI);
    const own = address.origin === location.origin && /^\/media\/[0-9a-f]{64}\.(jpg|png)$/.test(address.pathname);
    return own ? address.pathname : null;
  } catch {
    return null;
  }
};

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

let dialogs = 0;

const field = (label, help, control) => {
  const id = `picture-${++dialogs}`;
  control.id = id;
  control.setAttribute("aria-describedby", `${id}-help`);
  return make(
    "div",
    { className: "prose-editor-dialog-field" },
    make("label", { htmlFor: id, textContent: label }),
    control,
    make("p", { id: `${id}-help`, className: "help", textContent: help }),
  );
};

const upload = async (file) => {
  const body = new FormData();
  body.append("file", file);
  body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  const { dataset } = document.getElementById("writing");
  let answer;
  try {
    const response = await fetch(dataset.upload, { method: "POST", body, headers: { Accept: "application/json" } });
    answer = await response.json();
  } catch {
    answer = { error: "The picture did not arrive. Try again; your text is still here." };
  }
  if (answer.error) throw new Error(answer.error);
  return answer;
};

// Behind the paragraph or list that the cursor is in, which is not torn apart; in place of an empty one.
const insert = (editor, attrs) => {
  const { $to } = editor.state.selection;
  const empty = $to.depth === 1 && !$to.parent.content.size;
  const after = $to.depth ? $to.after(1) : $to.pos;
  const place = empty ? { from: $to.before(1), to: after } : after;
  editor.chain().focus().insertContentAt(place, { type: "image", attrs }).run();
};

// Asks for a picture and what it shows, or, where one is selected, for another text or picture.
const ask = (editor, given) => {
  const selected = editor.isActive("image") ? editor.getAttributes("image") : null;
  const title = make("h2", {
    id: "picture-title",
    className: "prose-editor-dialog-title",
    textContent: selected ? "Change the picture" : "Insert a picture",
  });
  const file = make("input", {
    type: "file",
    accept: "image/jpeg,image/png,image/webp,image/gif",
    required: !selected && !given,
  });
  const alt = make("textarea", { rows: 2, maxLength: 300, required: true, value: selected?.alt || "" });
  const error = make("p", { className: "errornote", hidden: true });
  error.setAttribute("role", "alert");
  const submit = make("button", { type: "submit", textContent: selected ? "Change" : "Insert" });
  const cancel = make("button", { type: "button", textContent: "Cancel" });
  const remove = make("button", { type: "button", textContent: "Take it out" });
  const form = make(
    "form",
    {},
    title,
    error,
    given
      ? make("p", { textContent: `Picture: ${given.name || "from the clipboard"}` })
      : field(
          selected ? "Another picture" : "Picture",
          selected ? "Leave this empty to keep the one that is there." : "JPEG, PNG, WebP or GIF, up to 20 MB.",
          file,
        ),
    field("Alternative text", "What it shows, in a sentence, for those who cannot see it.", alt),
    make(
      "div",
      { className: "prose-editor-dialog-buttons" },
      submit,
      cancel,
      ...(selected ? [remove] : []),
    ),
  );
  const dialog = make("dialog", { className: "prose-editor-dialog picture-dialog" }, form);
  dialog.setAttribute("aria-labelledby", title.id);
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    editor.commands.focus();
  });
  cancel.addEventListener("click", () => dialog.close());
  remove.addEventListener("click", () => {
    editor.commands.deleteSelection();
    dialog.close();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = alt.value.trim();
    if (!text) {
      alt.value = "";
      alt.reportValidity();
      return;
    }
    submit.disabled = true;
    submit.textContent = "Uploading …";
    error.hidden = true;
    const chosen = given || file.files[0];
    try {
      const picture = chosen ? await upload(chosen) : {};
      if (!dialog.isConnected) return;
      if (selected) editor.commands.updateAttributes("image", { ...picture, alt: text });
      else insert(editor, { ...picture, alt: text });
      dialog.close();
    } catch (refusal) {
      error.textContent = refusal.message;
      error.hidden = false;
      submit.disabled = false;
      submit.textContent = selected ? "Change" : "Insert";
    }
  });
  dialog.showModal();
};

const pictureIn = (data) => [...(data?.files || [])].find((file) => file.type.startsWith("image/"));

export const Picture = Image.extend({
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

  addProseMirrorPlugins() {
    const take = (event, data) => {
      const file = pictureIn(data);
      if (!file) return false;
      event.preventDefault();
      ask(this.editor, file);
      return true;
    };
    return [
      new Plugin({
        props: {
          handlePaste: (_view, event) => take(event, event.clipboardData),
          handleDrop: (_view, event) => take(event, event.dataTransfer),
        },
      }),
    ];
  },
});
