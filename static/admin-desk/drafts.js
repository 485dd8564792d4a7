// Keeps what is typed into a tip's form in this browser until it is saved, so that a closed tab loses
// nothing. Nothing of it is sent anywhere. Each opened form keeps one draft of its own; the next form for
// the same tip and person offers what it finds.
"use strict";

{
  const PREFIX = "tip-draft:";
  const MOST = 5;
  const DAYS = 30;
  const LEFT_OUT = new Set(["csrfmiddlewaretoken", "_draft", "seen_version", "seen_state"]);

  const read = (key) => {
    try {
      const drafts = JSON.parse(localStorage.getItem(key) || "[]");
      const oldest = Date.now() - DAYS * 24 * 60 * 60 * 1000;
      return Array.isArray(drafts) ? drafts.filter((draft) => draft?.fields && draft.at > oldest) : [];
    } catch {
      return [];
    }
  };

  const write = (key, drafts) => {
    try {
      if (drafts.length) localStorage.setItem(key, JSON.stringify(drafts.slice(0, MOST)));
      else localStorage.removeItem(key);
    } catch {
      // Full or forbidden: then nothing can be kept.
    }
  };

  const forget = (key, id) => write(key, read(key).filter((draft) => draft.id !== id));

  // The server names the draft that a form was saved from, in a cookie, once.
  const saved = document.cookie.match(/(?:^|; )saved_draft=([a-z0-9]+)/)?.[1];
  if (saved) {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) forget(key, saved);
    const { pathname } = new URL(document.querySelector("#site-name a")?.href || "/admin/", location.href);
    // biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
    document.cookie = `saved_draft=; path=${pathname}; max-age=0; samesite=strict`;
  }

  const writing = document.getElementById("writing");
  const form = writing?.closest("form");
  if (form) {
    const key = PREFIX + writing.dataset.key;
    const id = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(36)).join("");
    form.elements._draft.value = id;

    const fields = () => {
      const values = {};
      for (const element of form.elements) {
        const { name, type } = element;
        if (!name || LEFT_OUT.has(name) || ["submit", "button", "hidden", "file"].includes(type)) continue;
        if (type === "checkbox" || type === "radio") {
          values[name] ||= [];
          if (element.checked) values[name].push(element.value);
        } else {
          values[name] = element.value.replaceAll("\r\n", "\n");
        }
      }
      return values;
    };
    const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
    const asLoaded = fields();

    const keep = () => {
      const now = fields();
      const others = read(key).filter((draft) => draft.id !== id);
      const version = writing.dataset.version;
      const mine = { id, at: Date.now(), version, fields: now };
      const isNew = "typed" in writing.dataset || !same(now, asLoaded);
      write(key, isNew ? [mine, ...others] : others);
    };

    let timer;
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(keep, 400);
    };
    const touched = () => {
      if (timer === undefined) return;
      clearTimeout(timer);
      keep();
    };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    addEventListener("pagehide", touched);

    const bringBack = (values) => {
      for (const element of form.elements) {
        const { name, type } = element;
        if (!(name in values)) continue;
        if (type === "checkbox" || type === "radio") element.checked = values[name].includes(element.value);
        else element.value = values[name];
        const editor = element.closest(".prose-editor")?.querySelector(".ProseMirror")?.editor;
        // As it was: what looks like a URL in it becomes no link now.
        if (editor) editor.chain().setMeta("preventAutolink", true).setContent(values[name], { emitUpdate: true }).run();
        else element.dispatchEvent(new Event(type === "checkbox" ? "change" : "input", { bubbles: true }));
      }
      soon();
    };

    const button = (text, then) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "button";
      made.textContent = text;
      made.addEventListener("click", then);
      return made;
    };

    const offer = () => {
      const draft = read(key).find((each) => each.id !== id);
      if (!draft) return;
      const box = document.createElement("div");
      box.className = "kept-draft";
      box.setAttribute("role", "status");
      const sentence = document.createElement("p");
      const when = new Date(draft.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
      const since =
        draft.version && draft.version !== writing.dataset.version
          ? " The tip was saved since then; bringing it back replaces what you see here."
          : "";
      sentence.textContent = `What you wrote here on ${when} was not saved. It is kept in this browser.${since}`;
      const done = () => {
        forget(key, draft.id);
        box.remove();
        offer();
      };
      box.append(
        sentence,
        button("Bring it back", () => {
          bringBack(draft.fields);
          keep();
          done();
        }),
        " ",
        button("Throw it away", done),
      );
      form.before(box);
    };

    if ("typed" in writing.dataset) {
      // What was sent and not saved stands in the form; it is kept under this form's name from now on.
      write(key, read(key).filter((draft) => !same(draft.fields, asLoaded)));
      keep();
    } else {
      write(key, read(key).filter((draft) => !same(draft.fields, asLoaded)));
    }
    offer();
  }
}
