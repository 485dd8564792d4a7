// While a tip is written: counts its words, and asks after pauses whether its story was told before. Both
// work without this: the count is there when the page loads, and a button asks.
"use strict";

{
  const writing = document.getElementById("writing");
  const form = writing?.closest("form");
  const body = form?.elements.body;
  const count = document.querySelector("[data-word-count]");

  const words = () => {
    const page = new DOMParser().parseFromString(body.value, "text/html");
    for (const block of page.querySelectorAll("p, h2, h3, h4, li, blockquote, td, th, pre, figcaption")) block.append(" ");
    for (const br of page.querySelectorAll("br")) br.replaceWith(" ");
    return page.body.textContent.split(/\s+/).filter(Boolean).length;
  };

  if (body && count) {
    body.addEventListener("input", () => {
      count.textContent = words();
    });
  }

  if (writing && body) {
    const answer = writing.querySelector("[data-answer]");
    const PAUSE = 1500;
    let timer;
    let asked = 0;
    let last = "";

    const ask = async () => {
      const data = new FormData();
      for (const name of ["csrfmiddlewaretoken", "title", "body", "takeaway"]) {
        data.append(name, form.elements[name].value);
      }
      data.append("part", "");
      const now = ["title", "body", "takeaway"].map((name) => data.get(name)).join("\n");
      if (now === last) return;
      last = now;
      const mine = ++asked;
      try {
        const response = await fetch(writing.dataset.earlier, { method: "POST", body: data });
        if (!response.ok || response.redirected || mine !== asked) return;
        const found = await response.text();
        if (mine !== asked) return;
        // Said only when it says something new: this is read aloud.
        const part = new DOMParser().parseFromString(found, "text/html").body;
        if (!part.querySelector("a")) part.replaceChildren();
        if (part.innerHTML.trim() !== answer.innerHTML.trim()) answer.replaceChildren(...part.childNodes);
      } catch {
        // Offline: the button is still there.
      }
    };

    form.addEventListener("input", (event) => {
      if (!["title", "body", "takeaway"].includes(event.target.name)) return;
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    });
  }
}
