// Tags as chips, with known tags suggested while one is written. The field below stays what is sent: names in one
// line, separated by commas; without this script one writes that line.
import { answerTo, suggest } from "admin-desk/suggestions";

// A name in double quotes, which may hold commas, or a name up to the next comma: as the server reads them.
const NAME = /\s*(?:"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))(?:,|$)/g;

const namesIn = (line) =>
  [...line.matchAll(NAME)].map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') || plain || "").trim()).filter(Boolean);

const asTyped = (name) => (/^"|,/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

for (const field of document.querySelectorAll("[data-tag-suggestions]")) {
  const entry = document.createElement("input");
  entry.type = "text";
  entry.id = field.id;
  entry.autocomplete = "off";
  entry.placeholder = "Add a tag";
  const help = field.getAttribute("aria-describedby");
  if (help) entry.setAttribute("aria-describedby", help);
  const chips = document.createElement("ul");
  chips.className = "tag-chips";
  field.removeAttribute("id");
  field.hidden = true;
  field.after(chips, entry);

  let names = [];

  const isThere = (name) => names.some((each) => each.toLowerCase() === name.toLowerCase());

  const store = () => {
    const pending = entry.value.trim();
    field.value = [...names, ...(pending ? [pending] : [])].map((name, at) => (at < names.length ? asTyped(name) : name)).join(", ");
  };

  const tell = () => {
    store();
    field.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "chips" }));
  };

  const draw = () => {
    chips.hidden = !names.length;
    chips.replaceChildren(
      ...names.map((name) => {
        const chip = document.createElement("li");
        const remove = document.createElement("button");
        remove.type = "button";
        remove.textContent = "×";
        remove.setAttribute("aria-label", `Remove ${name}`);
        remove.addEventListener("click", () => {
          names = names.filter((each) => each !== name);
          draw();
          tell();
          entry.focus();
        });
        chip.append(name, remove);
        return chip;
      }),
    );
  };

  const add = (line) => {
    for (const name of namesIn(line)) if (!isThere(name)) names.push(name);
    entry.value = "";
    draw();
    tell();
  };

  const read = () => {
    names = [];
    for (const name of namesIn(field.value)) if (!isThere(name)) names.push(name);
    draw();
  };

  // What a draft brings back comes in by the field itself.
  field.addEventListener("input", (event) => {
    if (event.detail === "chips") return;
    entry.value = "";
    read();
  });
  suggest(entry, {
    label: "Known tags",
    ask: async () => {
      const name = entry.value.trim();
      if (!name) return [];
      const answer = await answerTo(field.dataset.tagSuggestions, name);
      return answer.names.filter((known) => !isThere(known));
    },
    words: (name) => [name],
    take: (name) => add(asTyped(name)),
  });
  entry.addEventListener("input", (event) => {
    event.stopPropagation();
    const isOpen = (entry.value.match(/"/g) || []).length % 2 === 1;
    if (entry.value.includes(",") && !isOpen) add(entry.value);
    else tell();
  });
  entry.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && entry.value.trim() && !event.isComposing) {
      event.preventDefault();
      add(entry.value);
    } else if (event.key === "Backspace" && !entry.value && names.length) {
      names.pop();
      draw();
      tell();
    }
  });
  entry.addEventListener("blur", () => {
    if (entry.value.trim()) add(entry.value);
  });
  read();
}
