// What the editor's dialogs are made of.

export const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

let fields = 0;

// A control with its label and its help.
export const field = (label, help, control) => {
  const id = `dialog-field-${++fields}`;
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

// A place for what is refused, read aloud when it is.
export const refusal = () => {
  const error = make("p", { className: "errornote", hidden: true });
  error.setAttribute("role", "alert");
  return error;
};

export const refuse = (error, message) => {
  error.textContent = message;
  error.hidden = false;
};

export const buttons = (...children) => make("div", { className: "prose-editor-dialog-buttons" }, ...children);

// A dialog around a form, named by its title.
export const dialog = (title, ...children) => {
  const heading = make("h2", { className: "prose-editor-dialog-title", textContent: title });
  heading.id = `dialog-title-${++fields}`;
  const form = make("form", { noValidate: true }, heading, ...children);
  const element = make("dialog", { className: "prose-editor-dialog desk-dialog" }, form);
  element.setAttribute("aria-labelledby", heading.id);
  return { dialog: element, form };
};

// Shows a dialog; the promise is kept when it has closed, and the editor has the focus again.
export const shown = (editor, element) => {
  document.body.append(element);
  return new Promise((closed) => {
    element.addEventListener("close", () => {
      element.remove();
      editor.view.focus();
      closed();
    });
    element.showModal();
  });
};
