// The dialog that asks for a picture and what it shows. Several pictures are asked for one after another.

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

let fields = 0;

const field = (label, help, control) => {
  const id = `picture-${++fields}`;
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

// Where a new picture comes: behind the block of the body that a position is in, which is not torn apart; in
// place of an empty paragraph.
const placeOf = (doc, position) => {
  const $at = doc.resolve(Math.min(position, doc.content.size));
  if (!$at.depth) return { from: $at.pos, to: $at.pos };
  const isEmpty = $at.depth === 1 && $at.parent.isTextblock && !$at.parent.content.size;
  return { from: isEmpty ? $at.before(1) : $at.after(1), to: $at.after(1) };
};

// The cursor goes behind the picture, where the next key writes.
const insert = (editor, attrs, position) => {
  const { from, to } = placeOf(editor.state.doc, position ?? editor.state.selection.to);
  editor
    .chain()
    .command(({ tr, state }) => {
      tr.replaceWith(from, to, state.schema.nodes.image.create(attrs));
      return true;
    })
    .goBehind(from)
    .focus()
    .run();
};

const element = (selected, given, count) => {
  const title = make("h2", {
    id: "picture-title",
    className: "prose-editor-dialog-title",
    textContent: selected ? "Change the picture" : `Insert a picture${count || ""}`,
  });
  const file = make("input", {
    type: "file",
    accept: "image/jpeg,image/png,image/webp,image/gif",
    required: !selected && !given,
  });
  const alt = make("textarea", { rows: 2, maxLength: 300, required: true, value: selected?.alt || given?.alt || "" });
  const error = make("p", { className: "errornote", hidden: true });
  error.setAttribute("role", "alert");
  const submit = make("button", { type: "submit", textContent: selected ? "Change" : "Insert" });
  const cancel = make("button", { type: "button", textContent: given ? "Leave it out" : "Cancel" });
  const remove = make("button", { type: "button", textContent: "Take it out" });
  const chosen = [
    field(
      selected ? "Another picture" : "Picture",
      selected ? "Leave this empty to keep the one that is there." : "JPEG, PNG, WebP or GIF, up to 20 MB.",
      file,
    ),
  ];
  if (given) {
    const shown = make("img", { className: "picture-preview", alt: "" });
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      shown.src = reader.result;
    });
    reader.readAsDataURL(given.file);
    chosen.splice(0, 1, make("p", { textContent: `Picture: ${given.file.name || "from the clipboard"}` }), shown);
  }
  const form = make(
    "form",
    {},
    title,
    error,
    ...chosen,
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
  return { dialog, form, file, alt, error, submit, cancel, remove };
};

// Asks for a picture and what it shows or, where one is selected and none given, for another text or picture.
// ``given`` has the ``file``, its ``alt`` if that is known, and the ``position`` where it belongs. The promise
// is kept when the dialog closes.
export const ask = (editor, given, count) => {
  const selected = !given && editor.isActive("image") ? editor.getAttributes("image") : null;
  const { dialog, form, file, alt, error, submit, cancel, remove } = element(selected, given, count);
  const label = submit.textContent;
  document.body.append(dialog);
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
    const chosen = given?.file || file.files[0];
    try {
      const picture = chosen ? await upload(chosen) : {};
      if (!dialog.isConnected) return;
      if (selected) editor.commands.updateAttributes("image", { ...picture, alt: text });
      else insert(editor, { ...picture, alt: text }, given?.position);
      dialog.close();
    } catch (refusal) {
      error.textContent = refusal.message;
      error.hidden = false;
      submit.disabled = false;
      submit.textContent = label;
    }
  });
  return new Promise((closed) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      editor.commands.focus();
      closed();
    });
    dialog.showModal();
  });
};

// Asks for each of several pictures, in order. What is inserted before the place of another moves that on.
export const askForAll = async (editor, pictures) => {
  for (const [number, picture] of pictures.entries()) {
    const before = editor.state.doc.content.size;
    const count = pictures.length > 1 ? ` (${number + 1} of ${pictures.length})` : "";
    await ask(editor, picture, count);
    const grown = editor.state.doc.content.size - before;
    for (const later of pictures.slice(number + 1)) if (later.position !== undefined) later.position += grown;
  }
};
