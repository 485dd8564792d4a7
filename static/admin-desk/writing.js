// While a tip is written: counts its words, says what pre-flight and the archive say of it, saves by Ctrl+S, and
// leads to what is to be mended. All of it works without this: by the buttons, and as of the last saving.
"use strict";

{
  const writing = document.getElementById("writing");
  const form = writing?.closest("form");
  if (form) {
    const PAUSE = 1500;
    const TEXTS = ["title", "body", "takeaway", "excerpt", "mail_subject", "preheader", "tags", "in_categories"];
    const DAY = ["publish_at_week", "publish_at_0", "publish_at_1", "undated"];
    const CHECKED = [...TEXTS, ...DAY];
    const { body, title } = form.elements;
    const count = writing.querySelector("[data-word-count]");
    const state = writing.querySelector("[data-saved-state]");
    const checks = form.querySelector("[data-checks]");
    const toLookAt = form.querySelector("[data-check-count]");
    const main = form.querySelector("[data-main]");
    const keeping = form.querySelector("[data-keeping]");

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
      state.textContent = "";
      if (keeping && !keeping.textContent) keeping.textContent = "Not saved yet.";
      // Now there is something to save.
      main.classList.remove("calm");
    });

    // --- What pre-flight says --------------------------------------------------------------------------

    const sayHowMany = () => {
      const many = checks.querySelectorAll(".sign:not(.safe)").length;
      toLookAt.textContent = many ? `${many} to look at` : "Ready";
      // Of a new tip nothing is known at first.
      toLookAt.hidden = !checks.querySelector(".checks");
    };

    // Whether all is in order is known once the archive was asked too.
    const inOrder = checks.querySelector("[data-in-order]");
    if (inOrder) {
      const checking = document.createElement("li");
      checking.className = "ok";
      checking.textContent = "Checking …";
      inOrder.replaceWith(checking);
    }
    const sayWhatIsKnown = () => {
      checks.querySelector(".checks > .ok:not([data-in-order])")?.replaceWith(inOrder);
      sayHowMany();
    };

    // The week that is chosen decides what the button does, and says.
    const sayPress = (press) => {
      const { label, sentence, press: foreseen } = press.dataset;
      main.textContent = label;
      document.getElementById("follows").textContent = sentence;
      form.elements[`foreseen-${main.value}`].value = foreseen;
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
        if (!response.ok || response.redirected) throw new Error(response.statusText);
        const part = new DOMParser().parseFromString(await response.text(), "text/html").body;
        if (mine !== asked) return;
        const press = part.querySelector("[data-press]");
        if (press) sayPress(press);
        press?.remove();
        // Said only when it says something new: this is read aloud.
        if (part.innerHTML.trim() !== checks.innerHTML.trim()) checks.replaceChildren(...part.childNodes);
        sayHowMany();
      } catch {
        // Offline: what was said last still stands.
        if (mine === asked) sayWhatIsKnown();
      }
    };
    form.addEventListener("input", (event) => {
      if (!CHECKED.includes(event.target.name)) return;
      clearTimeout(timer);
      // A tick or a choice is made at once; who types is left to finish the word.
      const isMade = event.target.type === "checkbox" || DAY.includes(event.target.name);
      timer = setTimeout(ask, isMade ? 0 : PAUSE);
    });
    toLookAt.hidden = !checks.querySelector(".checks");
    if (!toLookAt.hidden) ask();

    const week = form.elements.publish_at_week;
    week?.addEventListener("input", () => {
      const day = /\d/.test(week.value) ? week.selectedOptions[0].textContent : "";
      form.querySelector("[data-goes-live]").textContent = day;
    });

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
      if (event.repeat) return;
      keepPlace();
      form.requestSubmit(form.querySelector("[data-save]"));
    });

    // Who saves while writing goes on where they were; the editor looks for its own place.
    const PLACE = "writing-place";
    const keepPlace = () => {
      const field = document.activeElement;
      const at = field.editor ? field.editor.state.selection.head : field.selectionStart;
      if (!writing.contains(field) || at === undefined) return;
      sessionStorage.setItem(PLACE, JSON.stringify({ name: field.editor ? "body" : field.name, at }));
    };
    const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
    if (place.name !== "body") sessionStorage.removeItem(PLACE);
    if (place.name && place.name !== "body") {
      form.elements[place.name].focus();
      form.elements[place.name].setSelectionRange(place.at, place.at);
    }
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
