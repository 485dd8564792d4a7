// The dialog that asks for a picture and what it shows. Several pictures are asked for one after another.

import { buttons, dialog as dialogOf, field, make, refusal, refuse, shown } from "admin-desk/dialogs";
import { answerTo } from "admin-desk/suggestions";

const LONGEST_ALT = 300;

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
const insert = (editor, attrs, words, position) => {
  const { from, to } = placeOf(editor.state.doc, position ?? editor.state.selection.to);
  editor
    .chain()
    .command(({ tr, state }) => {
      const { image, captioned, caption } = state.schema.nodes;
      const picture = image.create(attrs);
      const figure = () => captioned.create(null, [picture, caption.create(null, state.schema.text(words))]);
      tr.replaceWith(from, to, words ? figure() : picture);
      return true;
    })
    .goBehind(from)
    .focus()
    .run();
};

// The pictures that are there already, to use again: a search and what it finds. ``choose`` is called with the picture.
const library = (url, choose) => {
  const query = make("input", { type: "search", autocomplete: "off", maxLength: 100 });
  const list = make("ul", { className: "picture-library" });
  const show = async () => {
    let found = [];
    try {
      found = (await answerTo(url, query.value)).pictures;
    } catch {
      // Offline: a picture of one's own can still be chosen.
    }
    const options = found.map((picture) => {
      const button = make("button", { type: "button", title: picture.caption || picture.alt });
      button.append(make("img", { src: picture.src, alt: picture.alt || "without words yet", loading: "lazy" }));
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        for (const each of list.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button));
        choose(picture);
      });
      return make("li", {}, button);
    });
    list.replaceChildren(...(options.length ? options : [make("li", { className: "help", textContent: "None has these words." })]));
  };
  let timer;
  query.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 250);
  });
  show();
  const place = field("Or use one again", "Words of what it shows, of its caption, or of the tip that it is in.", query);
  place.append(list);
  return place;
};

const element = (selected, given, count) => {
  const file = make("input", {
    type: "file",
    accept: "image/jpeg,image/png,image/webp,image/gif",
  });
  const alt = make("textarea", { rows: 2, value: selected?.alt || given?.alt || "" });
  const caption = make("input", { type: "text", autocomplete: "off" });
  const again = { picture: null };
  const error = refusal();
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
  const url = document.getElementById("writing")?.dataset.pictures;
  if (!selected && !given && url) {
    const use = (picture) => {
      again.picture = picture;
      file.value = "";
      alt.value = picture.alt;
      caption.value = picture.caption;
    };
    chosen.push(library(url, use));
    file.addEventListener("input", () => {
      again.picture = null;
    });
  }
  if (given) {
    const preview = make("img", { className: "picture-preview", alt: "" });
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      preview.src = reader.result;
    });
    reader.readAsDataURL(given.file);
    chosen.splice(0, 1, make("p", { textContent: `Picture: ${given.file.name || "from the clipboard"}` }), preview);
  }
  const { dialog, form } = dialogOf(
    selected ? "Change the picture" : `Insert a picture${count || ""}`,
    error,
    ...chosen,
    field("Alternative text", "What it shows, in a sentence, for those who cannot see it.", alt),
    ...(selected ? [] : [field("Caption", "What stands below it for everybody. Left empty, nothing does.", caption)]),
    buttons(submit, cancel, ...(selected ? [remove] : [])),
  );
  // It is one line, though a long one is shown in two.
  alt.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit(submit);
  });
  return { dialog, form, file, alt, caption, again, error, submit, cancel, remove };
};

// What is missing for a picture, in a sentence, and the field that lacks it; or null.
const missing = ({ file, alt }, isChosen) => {
  const { length } = alt.value.trim();
  if (!isChosen) return ["Choose a picture first.", file];
  if (!length) return ["Say what the picture shows.", alt];
  if (length > LONGEST_ALT) return [`The text has ${length} letters; ${LONGEST_ALT} is the most. Shorten it.`, alt];
  return null;
};

// Asks for a picture and what it shows or, where one is selected and none given, for another text or picture.
// ``given`` has the ``file``, its ``alt`` if that is known, and the ``position`` where it belongs. The promise
// is kept when the dialog closes.
export const ask = (editor, given, count) => {
  const selected = !given && editor.isActive("image") ? editor.getAttributes("image") : null;
  const parts = element(selected, given, count);
  const { dialog, form, file, alt, caption, again, error, submit, cancel, remove } = parts;
  const label = submit.textContent;
  cancel.addEventListener("click", () => dialog.close());
  remove.addEventListener("click", () => {
    editor.commands.deleteSelection();
    dialog.close();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = alt.value.trim();
    const chosen = given?.file || file.files[0];
    const lack = missing(parts, selected || chosen || again.picture);
    if (lack) {
      refuse(error, lack[0]);
      lack[1].focus();
      return;
    }
    submit.disabled = true;
    submit.textContent = "Uploading …";
    error.hidden = true;
    try {
      const { src, width, height } = again.picture || {};
      const picture = chosen ? await upload(chosen) : again.picture ? { src, width, height } : {};
      if (!dialog.isConnected) return;
      if (selected) editor.commands.updateAttributes("image", { ...picture, alt: text });
      else insert(editor, { ...picture, alt: text }, caption.value.trim(), given?.position);
      dialog.close();
    } catch (reason) {
      refuse(error, reason.message);
      submit.disabled = false;
      submit.textContent = label;
    }
  });
  return shown(editor, dialog);
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
