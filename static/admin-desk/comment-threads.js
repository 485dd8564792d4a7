// The threads beside the text of a tip: sends comments without leaving the page, so that nothing typed is lost, marks
// the passage of the thread that is looked at, and lines threads up with their passages. Without it the forms work as
// pages. Where the text is an editor, comments.js marks it.
const talk = document.getElementById("comments");
const page = talk?.closest(".tip");

if (talk && page) {
  const { find, lettersOf, nearest, threadsOnPage } = await import(talk.dataset.passages);
  const composer = talk.querySelector("[data-new]");
  const { form } = composer.querySelector("textarea");
  const status = talk.querySelector("[data-said]");
  const list = talk.querySelector("[data-threads]");
  const isEditor = Boolean(document.getElementById("writing"));
  const GAP = 20;

  const threads = () => [...list.querySelectorAll(".threads > [data-thread]")];
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  // --- The passages ---------------------------------------------------------------------------------------

  const boxes = () => [...page.querySelectorAll(".name textarea, .takeaway textarea")];
  const marksOf = (id) => [...page.querySelectorAll(`[data-commented="${id}"]`)];
  // Of words of the title and the takeaway the whole field is marked.
  const boxOf = (passage, look = find) => boxes().find((box) => look(passage, lettersOf([[box.value, 0]]).letters));
  const exactPlaceOf = (passage) => marksOf(passage.id).find((mark) => !("changed" in mark.dataset)) || boxOf(passage);
  const placeOf = (passage) => exactPlaceOf(passage) || marksOf(passage.id)[0] || boxOf(passage, nearest);

  // A text that is only read is marked here; it is sent nowhere.
  const markText = () => {
    const text = page.querySelector(".as-read");
    if (!text) return;
    for (const mark of text.querySelectorAll("[data-commented]")) mark.replaceWith(...mark.childNodes);
    text.normalize();
    for (const passage of threadsOnPage()) {
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      const nodes = [];
      while (walker.nextNode()) nodes.push(walker.currentNode);
      const { letters, at } = lettersOf(nodes.map((node) => [node.data, node]));
      const exact = find(passage, letters);
      const ends = exact || nearest(passage, letters);
      if (!ends) continue;
      const [[first, start], [last, end]] = ends.map((index) => at[index]);
      for (const node of nodes.slice(nodes.indexOf(first), nodes.indexOf(last) + 1)) {
        if (!node.data.trim()) continue;
        const range = document.createRange();
        range.setStart(node, node === first ? start : 0);
        range.setEnd(node, node === last ? end + 1 : node.length);
        const mark = document.createElement("span");
        mark.className = "commented";
        mark.dataset.commented = passage.id;
        if (!exact) mark.dataset.changed = "";
        range.surroundContents(mark);
      }
    }
  };

  const standsBeside = () => getComputedStyle(talk).position === "relative";
  // By how much each thread is moved down from where it would stand by itself.
  const moved = new WeakMap();

  const lineUp = () => {
    const isBeside = standsBeside();
    const rows = threads().map((thread) => {
      const mark = isBeside && thread.dataset.quote ? placeOf({ id: thread.dataset.thread, ...thread.dataset }) : null;
      return { thread, top: thread.getBoundingClientRect().top, wanted: mark?.getBoundingClientRect().top ?? Number.NEGATIVE_INFINITY };
    });
    let before = 0;
    let now = 0;
    for (const [index, { thread, top, wanted }] of rows.entries()) {
      before += moved.get(thread) || 0;
      const extra = isBeside ? Math.max(0, wanted - (top - before + now)) : 0;
      now += extra;
      moved.set(thread, extra);
      thread.style.marginTop = extra ? `${extra + (index ? GAP : 0)}px` : "";
    }
    const mark = isBeside && composer.open && form.dataset.quote ? placeOf({ id: "new", ...form.dataset }) : null;
    const top = mark ? mark.getBoundingClientRect().top - talk.getBoundingClientRect().top : 0;
    composer.style.top = isBeside && composer.open ? `${Math.max(0, top)}px` : "";
  };

  let isDue = false;
  const placed = () => {
    isDue = false;
    for (const passage of threadsOnPage()) {
      const thread = document.getElementById(`comment-${passage.id}`);
      thread?.classList.toggle("gone", !placeOf(passage));
      thread?.classList.toggle("changed", Boolean(placeOf(passage)) && !exactPlaceOf(passage));
    }
    lineUp();
  };
  // Once for all that changes before the page is drawn anew.
  const soon = () => {
    if (!isDue) requestAnimationFrame(placed);
    isDue = true;
  };
  document.addEventListener("comments-marked", soon);
  for (const box of boxes()) box.addEventListener("input", soon);
  new ResizeObserver(lineUp).observe(page.querySelector(".write"));

  let looked = null;
  const look = (id, isForced) => {
    if (looked === id && !isForced) return;
    looked = id;
    for (const thread of threads()) thread.classList.toggle("now", thread.dataset.thread === id);
    for (const box of boxes()) box.classList.remove("now");
    const passage = threadsOnPage().find((each) => each.id === id);
    if (passage && !marksOf(id).length) boxOf(passage)?.classList.add("now");
    if (isEditor) tell("comment-looked-at", id);
    else for (const mark of page.querySelectorAll("[data-commented]")) mark.classList.toggle("now", mark.dataset.commented === id);
  };
  const threadAt = (target) => target.closest?.("[data-thread]")?.dataset.thread ?? null;
  talk.addEventListener("pointerover", (event) => look(threadAt(event.target)));
  talk.addEventListener("pointerleave", () => look(threadAt(document.activeElement)));
  talk.addEventListener("focusin", (event) => look(threadAt(event.target)));
  talk.addEventListener("focusout", (event) => {
    if (!talk.contains(event.relatedTarget)) look(null);
  });
  const point = (id) => {
    look(id);
    document.getElementById(`comment-${id}`)?.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("comment-pointed-at", ({ detail }) => point(detail));
  page.querySelector(".as-read")?.addEventListener("click", ({ target }) => {
    const mark = target.closest("[data-commented]");
    if (mark) point(mark.dataset.commented);
  });

  // --- Beginning one --------------------------------------------------------------------------------------

  const { text, quote, before, after } = form.elements;
  const markPassage = () => {
    markText();
    look("new", true);
    lineUp();
  };
  const setPassage = (passage) => {
    for (const field of [quote, before, after]) form.dataset[field.name] = field.value = (passage?.[field.name] || "").replace(/\s+/g, " ");
    form.elements.chosen.disabled = !passage;
    markPassage();
  };
  quote.addEventListener("input", () => {
    // What is typed by hand is looked for by its words alone.
    form.dataset.quote = quote.value;
    form.elements.chosen.disabled = true;
    before.value = after.value = form.dataset.before = form.dataset.after = "";
    markPassage();
  });

  let chosen = "";
  let cameFrom = null;
  const begin = (passage) => {
    cameFrom = document.activeElement;
    composer.open = true;
    setPassage(passage.quote.trim() ? passage : null);
    text.focus({ preventScroll: true });
    // On a phone the buttons of the tip lie over the foot of the page.
    text.scrollIntoView({ block: standsBeside() ? "nearest" : "center" });
  };
  const end = () => {
    composer.open = false;
    setPassage(null);
    look(null);
    cameFrom?.focus({ preventScroll: true });
  };
  document.addEventListener("comment-begun", ({ detail }) => begin(detail));
  talk.addEventListener("toggle", lineUp, true);
  composer.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && composer.open) {
      event.preventDefault();
      end();
    }
  });
  page.addEventListener("keydown", (event) => {
    const isKey = event.code === "KeyM" && event.altKey && (event.ctrlKey || event.metaKey);
    if (!isKey || event.defaultPrevented) return;
    event.preventDefault();
    const box = boxes().find((each) => each === event.target);
    if (box) {
      const { value, selectionStart: from, selectionEnd: to } = box;
      begin({ quote: value.slice(from, to), before: value.slice(Math.max(0, from - 80), from), after: value.slice(to, to + 80) });
      return;
    }
    begin({ quote: chosen });
  });
  // Of a text that is only read, the words that were chosen before the form was opened.
  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    const isOfText = page.querySelector(".as-read")?.contains(selection.anchorNode);
    if (isOfText && !selection.isCollapsed) chosen = selection.toString();
    else if (isOfText) chosen = "";
  });
  composer.querySelector("summary").addEventListener("pointerdown", () => {
    if (chosen && !composer.open) setPassage({ quote: chosen });
  });

  talk.addEventListener("click", ({ target }) => {
    const details = target.closest(".acts summary")?.parentElement;
    if (details && !details.open) requestAnimationFrame(() => details.querySelector("textarea").focus());
  });

  // --- What is typed and not sent ---------------------------------------------------------------------------

  const KEY = `comments:${talk.dataset.key}`;
  const typed = () => {
    const found = {};
    for (const each of talk.querySelectorAll("textarea")) if (each.value) found[each.form.getAttribute("action")] = each.value;
    return found;
  };
  const keep = () => {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(typed()));
    } catch {
      // Full or forbidden: then it stays on this page alone.
    }
  };
  const bringBack = (values) => {
    for (const each of talk.querySelectorAll("textarea")) {
      const value = values[each.form.getAttribute("action")];
      if (!value || each.value) continue;
      each.value = value;
      each.closest("details").open = true;
    }
  };
  talk.addEventListener("input", keep);

  // --- Sending ----------------------------------------------------------------------------------------------

  const refuse = (sent, sentence) => {
    let line = sent.querySelector("[role=alert]");
    if (!line) {
      line = document.createElement("p");
      line.className = "refused";
      line.setAttribute("role", "alert");
      sent.prepend(line);
    }
    line.textContent = sentence;
    lineUp();
  };

  const show = (html, sent) => {
    const part = new DOMParser().parseFromString(html, "text/html").querySelector("[data-answer]");
    if (sent.elements.text) sent.elements.text.value = "";
    sent.querySelector("[role=alert]")?.remove();
    if (sent === form) {
      composer.open = false;
      setPassage(null);
    }
    const unsent = typed();
    list.replaceChildren(...part.childNodes);
    bringBack(unsent);
    keep();
    status.textContent = part.dataset.answer;
    markText();
    look(null, true);
    placed();
    (document.getElementById(`comment-${part.dataset.made}`) || list.querySelector("h2")).focus();
  };

  let isSending = false;
  talk.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSending) return;
    isSending = true;
    const sent = event.target;
    const data = new FormData(sent);
    data.append("part", "");
    try {
      const answer = await fetch(sent.action, { method: "POST", body: data });
      if (answer.ok && !answer.redirected) show(await answer.text(), sent);
      else if (answer.status === 409) refuse(sent, (await answer.json()).line);
      else if (answer.status === 403 || answer.redirected) refuse(sent, "It was not sent: you are signed out, or may not comment on this tip any more. What you wrote stays here. Save the tip, sign in, and send it again.");
      else if (answer.status === 404) refuse(sent, "It was not sent: the tip or the comment is gone. What you wrote stays here; copy it.");
      else refuse(sent, "It was not sent: nothing can be saved just now. What you wrote stays here. Send it again in a few seconds.");
    } catch {
      refuse(sent, "It was not sent: the server cannot be reached just now. What you wrote stays here. Send it again.");
    }
    isSending = false;
  });
  talk.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) event.target.form.requestSubmit();
  });

  try {
    bringBack(JSON.parse(sessionStorage.getItem(KEY) || "{}"));
  } catch {
    // Nothing was kept that can be read.
  }
  markText();
  placed();
}
