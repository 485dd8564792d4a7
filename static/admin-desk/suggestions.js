// Suggestions below a field while somebody writes in it. Keys: down and up choose, Enter or Tab takes, Escape closes.

let lists = 0;

// Offers suggestions for what is written in a field that stands in the page. ``label`` names the list; ``ask`` returns
// a promise of items; ``words`` returns an item's text and, if there is more to say, a second, smaller one; ``take``
// is called with the item that was chosen.
export const suggest = (input, { label, ask, words, take }) => {
  const list = document.createElement("ul");
  list.id = `suggestions-${++lists}`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  const frame = document.createElement("div");
  frame.className = "tag-field";
  input.before(frame);
  frame.append(input, list);
  const states = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
  for (const [name, value] of Object.entries(states)) input.setAttribute(name, value);

  let asked = 0;
  let timer;
  let items = [];

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

  const takeOption = (option) => {
    const item = items[[...list.children].indexOf(option)];
    close();
    take(item);
    input.focus();
  };

  const show = (found) => {
    items = found;
    const options = items.map((item, number) => {
      const [text, more] = words(item);
      const option = document.createElement("li");
      option.id = `${list.id}-${number}`;
      option.textContent = text;
      if (more) option.append(" ", Object.assign(document.createElement("small"), { textContent: more }));
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        takeOption(option);
      });
      return option;
    });
    list.replaceChildren(...options);
    list.hidden = !options.length;
    input.setAttribute("aria-expanded", String(options.length > 0));
    input.removeAttribute("aria-activedescendant");
  };

  const look = async () => {
    const mine = ++asked;
    try {
      const found = await ask();
      if (mine === asked) show(found);
    } catch {
      // Offline: the field is still a plain text field.
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 120);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const options = [...list.children];
    const at = options.indexOf(chosen());
    if (event.key === "ArrowDown") choose(options[(at + 1) % options.length]);
    else if (event.key === "ArrowUp") choose(options[(at - 1 + options.length) % options.length]);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) takeOption(options[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  return close;
};

// Asks a view of ours by what was written; the promise is of its answer in JSON.
export const answerTo = async (url, query) => {
  const response = await fetch(`${url}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } });
  if (!response.ok || response.redirected) throw new Error(`${url} answered ${response.status}`);
  return response.json();
};
