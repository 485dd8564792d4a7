// While a tip is written: counts its words, says what pre-flight and the archive say of it, saves by Ctrl+S, and
// leads to what is to be mended. All of it works without this: by the buttons, and as of the last saving.
"use strict";

{
  const writing = document.getElementById("writing");
  const form = writing?.closest("form");
  if (form) {
    const PAUSE = 1500;
    const CHECKED = ["title", "body", "takeaway", "excerpt", "mail_subject", "preheader", "tags", "in_categories"];
    const { body, title } = form.elements;
    const count = writing.querySelector("[data-word-count]");
    const state = writing.querySelector("[data-saved-state]");
    const checks = form.querySelector("[data-checks]");
    const toLookAt = form.querySelector("[data-check-count]");

    const words = () => {
      const page = new DOMParser().parseFromString(body.value, "text/html");
      for (const block of page.querySelectorAll("p, h2, h3, h4, li, blockquote, td, th, pre, figcaption")) block.append(" ");
      for (const br of page.querySelectorAll("br")) br.replaceWith(" ");
      return page.body.textContent.split(/\s+/).filter(Boolean).length;
    };
    body.addEventListener("input", () => {
      count.textContent = words();
    });
    form.addEventListener("input", () => {
      state.textContent = "not saved yet";
    });

    // --- What pre-flight says --------------------------------------------------------------------------

    const sayHowMany = () => {
      const many = checks.querySelectorAll(".sign:not(.safe)").length;
      toLookAt.textContent = many ? `${many} to look at` : "Ready";
      toLookAt.hidden = false;
    };

    let timer;
    let asked = 0;
    let last = "";
    const ask = async () => {
      const all = new FormData(form);
      const data = new FormData();
      for (const name of ["csrfmiddlewaretoken", ...CHECKED]) for (const value of all.getAll(name)) data.append(name, value);
      const now = new URLSearchParams([...data].slice(1)).toString();
      if (now === last) return;
      last = now;
      const mine = ++asked;
      try {
        const response = await fetch(writing.dataset.check, { method: "POST", body: data });
        if (!response.ok || response.redirected) return;
        const part = new DOMParser().parseFromString(await response.text(), "text/html").body;
        if (mine !== asked) return;
        // Said only when it says something new: this is read aloud.
        if (part.innerHTML.trim() !== checks.innerHTML.trim()) checks.replaceChildren(...part.childNodes);
        sayHowMany();
      } catch {
        // Offline: what was said last still stands.
      }
    };
    form.addEventListener("input", (event) => {
      if (!CHECKED.includes(event.target.name)) return;
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
    if (checks.querySelector(".checks")) {
      sayHowMany();
      timer = setTimeout(ask, PAUSE);
    }

    const goTo = (name) => {
      const place = document.getElementById(`at-${name}`);
      for (let fold = place?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      if (place?.localName === "details") place.open = true;
      const field = place?.querySelector('[contenteditable="true"], input:not([hidden]), textarea');
      field?.focus();
      field?.scrollIntoView({ block: "center" });
      return Boolean(field);
    };
    checks.addEventListener("click", (event) => {
      const link = event.target.closest("[data-go-to]");
      if (link && goTo(link.dataset.goTo)) event.preventDefault();
    });

    // --- Keys ------------------------------------------------------------------------------------------

    addEventListener("keydown", (event) => {
      const isSave = event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if (!isSave || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      if (!event.repeat) form.requestSubmit(form.querySelector("[data-save]"));
    });
    title.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      writing.querySelector('.body [contenteditable="true"]')?.focus();
    });
    title.addEventListener("input", () => {
      if (/[\r\n]/.test(title.value)) title.value = title.value.replace(/\s*[\r\n]+\s*/g, " ");
    });

    // Where the browser does not let a field grow with its text.
    if (!CSS.supports("field-sizing", "content")) {
      for (const field of writing.querySelectorAll(".name textarea, .takeaway textarea, .fold textarea")) {
        const grow = () => {
          field.style.height = "auto";
          field.style.height = `${field.scrollHeight}px`;
        };
        field.addEventListener("input", grow);
        grow();
      }
    }
  }
}
