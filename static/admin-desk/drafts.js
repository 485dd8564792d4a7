// Keeps what is typed into a tip's form until it is saved, so that a closed tab, a dead battery or an ended session
// loses nothing: on the server every two seconds, for its writer alone and on whichever device; and in this browser,
// for when the server cannot be reached. Each opened form keeps one text under the form's key, and the next form for
// the same tip and person offers what is found.
"use strict";

{
  const PREFIX = "tip-draft:";
  const MOST = 5;
  const DAYS = 30;
  const HERE_AFTER = 400;
  const SENT_AFTER = 2000;
  const RESTS = 30000;
  // More is refused by browsers once the page is left.
  const MOST_ON_LEAVING = 60000;
  const LEFT_OUT = new Set(["csrfmiddlewaretoken", "_draft", "seen_version", "seen_state"]);
  const OF_THE_PAGE = ["shown", "seen_version"];

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
      return true;
    } catch {
      // Full or forbidden: then nothing can be kept.
      return false;
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
  const unsaved = document.getElementById("unsaved");
  const form = writing?.closest("form");
  if (form && unsaved) {
    const key = PREFIX + writing.dataset.key;
    const id = form.elements._draft.value;
    const keeping = unsaved.querySelector("[data-keeping]");

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
    const say = (sentence) => {
      if (keeping.textContent !== sentence) keeping.textContent = sentence;
    };

    // --- In this browser --------------------------------------------------------------------------------

    const keep = () => {
      const now = fields();
      const others = read(key).filter((draft) => draft.id !== id);
      const page = Object.fromEntries(OF_THE_PAGE.map((name) => [name, form.elements[name]?.value]));
      const mine = { id, at: Date.now(), version: writing.dataset.version, page, fields: now };
      const isNew = "typed" in writing.dataset || !same(now, asLoaded);
      return write(key, isNew ? [mine, ...others] : others);
    };

    // --- On the server ----------------------------------------------------------------------------------

    let isLeft = false;
    let isTyped = false;
    let isKeptThere = false;
    let isRefused = false;
    let sending = null;
    let pause = SENT_AFTER;
    let sendTimer;

    // Numbered in their order, the saving too: what comes in late replaces nothing newer.
    const count = () => {
      const { _sequence: sequence } = form.elements;
      sequence.value = Math.max(Number(sequence.value) + 1, Date.now());
    };

    const body = () => {
      count();
      const data = new FormData(form);
      for (const name of [...data.keys()]) if (name.startsWith("mine-") || name.startsWith("take-")) data.delete(name);
      return data;
    };

    const refused = (status) => {
      // The next try would be answered alike.
      isRefused = true;
      const why = status === 404 ? "This tip is gone, or no longer yours" : "The server does not take this text";
      const here = keep() ? "What you typed stays in this browser" : "What you type now is not kept: copy it";
      say(`${why}. ${here}${isKeptThere ? "; what was kept before is under “Unsaved texts”" : ""}.`);
    };

    const otherwise = (status) => {
      if ([400, 404, 413].includes(status)) {
        refused(status);
        return;
      }
      // A server that is away, or a session that has ended, is not asked again and again.
      pause = Math.min(2 * pause, RESTS);
      const here = keep() ? "What you type is kept in this browser alone" : "What you type is not kept";
      if (status === 403) say(`You are signed out. ${here}. Go on, and save: you are asked for your password then.`);
      else say(`${here}: the server cannot be reached just now.`);
    };

    const send = async () => {
      sendTimer = undefined;
      if (isLeft || !isTyped || isRefused) return;
      if (sending) {
        soonSent();
        return;
      }
      isTyped = false;
      sending = new AbortController();
      const patience = setTimeout(() => sending?.abort(), RESTS / 2);
      try {
        const answer = await fetch(unsaved.dataset.url, { method: "POST", body: body(), signal: sending.signal });
        // Read to its end: until then the browser holds the connection.
        await answer.text();
        if (answer.ok && !answer.redirected) {
          pause = SENT_AFTER;
          isKeptThere = true;
          say("Not saved yet. What you typed is kept.");
        } else {
          isTyped = true;
          otherwise(answer.redirected ? 403 : answer.status);
        }
      } catch {
        isTyped = true;
        if (!isLeft) otherwise(0);
      }
      clearTimeout(patience);
      sending = null;
      if (isTyped) soonSent();
    };

    // From the first key on, and not after the last: who types without a pause is kept too.
    const soonSent = () => {
      if (!isRefused) sendTimer ??= setTimeout(send, pause);
    };

    // --- While one types --------------------------------------------------------------------------------

    let timer;
    const soon = () => {
      isTyped = true;
      soonSent();
      timer ??= setTimeout(() => {
        timer = undefined;
        keep();
      }, HERE_AFTER);
    };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);

    form.addEventListener("submit", (event) => {
      keep();
      // A preview opens beside the form, which stays.
      if (event.submitter?.formTarget === "_blank" || event.defaultPrevented) return;
      isLeft = true;
      count();
      clearTimeout(sendTimer);
      sending?.abort();
    });
    addEventListener("pageshow", () => {
      isLeft = false;
    });
    addEventListener("pagehide", () => {
      if (isLeft || !(isTyped || timer)) return;
      keep();
      const data = new URLSearchParams(body());
      if (!isRefused && data.toString().length < MOST_ON_LEAVING) navigator.sendBeacon(unsaved.dataset.url, data);
    });

    // --- Coming back ------------------------------------------------------------------------------------

    const bringBack = (draft) => {
      const values = draft.fields;
      // What it was typed over: by that it is merged with what others saved since.
      for (const name of OF_THE_PAGE) {
        if (form.elements[name] && draft.page?.[name]) form.elements[name].value = draft.page[name];
      }
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
      made.className = "btn";
      made.textContent = text;
      made.addEventListener("click", then);
      return made;
    };

    const thrownAwayThere = async (thrown) => {
      const data = new FormData();
      data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      data.append("key", thrown);
      data.append("sequence", Date.now());
      data.append("part", "");
      try {
        const answer = await fetch(unsaved.dataset.throwUrl, { method: "POST", body: data });
        return answer.ok && !answer.redirected;
      } catch {
        return false;
      }
    };

    const throwAway = async (box) => {
      if (!(await thrownAwayThere(box.dataset.offered))) return;
      forget(key, box.dataset.offered);
      box.remove();
    };

    const offered = new Map();
    for (const box of unsaved.querySelectorAll("[data-offered]")) {
      offered.set(box.dataset.offered, Number(box.dataset.at) * 1000);
      box.querySelector(".btn").after(" ", button("Throw it away", () => throwAway(box)));
    }

    const offer = () => {
      const draft = read(key).find((each) => each.id !== id && !offered.has(each.id));
      if (!draft) return;
      const box = document.createElement("div");
      box.className = "kept-draft";
      box.setAttribute("role", "status");
      const sentence = document.createElement("p");
      const when = new Date(draft.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
      sentence.textContent = `What you wrote here on ${when} was not saved. It is kept in this browser.`;
      const done = () => {
        forget(key, draft.id);
        box.remove();
        offer();
      };
      box.append(
        sentence,
        button("Bring it back", () => {
          bringBack(draft);
          keep();
          done();
        }),
        " ",
        button("Throw it away", async () => {
          // What a page sent as it was left may reach the server after this page was made.
          await thrownAwayThere(draft.id);
          done();
        }),
      );
      form.before(box);
    };

    // What the server has as well, and as new, it offers itself.
    const LAG = 2 * SENT_AFTER;
    for (const draft of read(key)) {
      if (offered.has(draft.id) && draft.at > offered.get(draft.id) + LAG) offered.delete(draft.id);
      else if (offered.has(draft.id)) forget(key, draft.id);
    }
    write(key, read(key).filter((draft) => !same(draft.fields, asLoaded)));
    if ("typed" in writing.dataset) {
      // What was sent and not saved stands in the form; it is kept under this form's key from now on.
      keep();
      isTyped = true;
      soonSent();
    }
    offer();
  }
}
