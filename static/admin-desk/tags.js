// Suggests known tags while one is written. The field is plain text, names separated by commas, and works
// without this. Keys: down and up choose, Enter or Tab takes, Escape closes.
"use strict";

for (const input of document.querySelectorAll("[data-tag-suggestions]")) {
  const list = document.createElement("ul");
  list.id = `${input.id}_suggestions`;
  list.className = "tag-suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Known tags");
  const frame = document.createElement("div");
  frame.className = "tag-field";
  input.before(frame);
  frame.append(input, list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) {
    input.setAttribute(name, value);
  }

  let asked = 0;
  let timer;

  // The name at the cursor: where it begins and ends, between commas.
  const current = () => {
    const at = input.selectionStart;
    const start = input.value.lastIndexOf(",", at - 1) + 1;
    const comma = input.value.indexOf(",", at);
    const end = comma < 0 ? input.value.length : comma;
    return { start, end, name: input.value.slice(start, end).trim() };
  };

  const chosen = () => list.querySelector("[aria-selected=true]");

  const close = () => {
    asked += 1;
    clearTimeout(timer);
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  const take = (option) => {
    const { start, end } = current();
    const known = option.textContent;
    const name = /^"|,/.test(known) ? `"${known.replaceAll('"', '""')}"` : known;
    const before = input.value.slice(0, start) + (start ? " " : "") + name;
    const after = input.value.slice(end);
    input.value = before + (after || ", ");
    const cursor = before.length + (after ? 0 : 2);
    input.setSelectionRange(cursor, cursor);
    close();
    input.focus();
  };

  const show = (names) => {
    const options = names.map((name, number) => {
      const option = document.createElement("li");
      option.id = `${list.id}_${number}`;
      option.textContent = name;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(option);
      });
      return option;
    });
    list.replaceChildren(...options);
    list.hidden = !options.length;
    input.setAttribute("aria-expanded", String(options.length > 0));
    input.removeAttribute("aria-activedescendant");
  };

  const ask = async () => {
    const { name } = current();
    const mine = ++asked;
    if (!name) return close();
    try {
      const address = `${input.dataset.tagSuggestions}?q=${encodeURIComponent(name)}`;
      const response = await fetch(address, { headers: { Accept: "application/json" } });
      if (!response.ok || mine !== asked) return;
      const { names } = await response.json();
      if (mine === asked) show(names.filter((known) => known !== name));
    } catch {
      // Offline: the field is still a plain text field.
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const options = [...list.children];
    const at = options.indexOf(chosen());
    if (event.key === "ArrowDown") choose(options[(at + 1) % options.length]);
    else if (event.key === "ArrowUp") choose(options[(at - 1 + options.length) % options.length]);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(options[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}
