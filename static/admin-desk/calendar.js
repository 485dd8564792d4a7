// Lets tips be dragged from week to week. All that a drag can do, the page's buttons and forms do as well.
const page = document.querySelector("[data-calendar]");
const move = document.getElementById("move");

// What a page says when it opens is not read aloud, unless it is said once more.
const live = document.querySelector("[data-live]");
if (live?.textContent.trim()) {
  const said = [...live.childNodes];
  live.replaceChildren();
  setTimeout(() => live.replaceChildren(...said), 150);
}

function send(tip, day) {
  for (const [name, value] of Object.entries({ verb: "place", tip, day })) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    move.append(input);
  }
  move.submit();
}

function week(event) {
  return event.target.closest?.("[data-day]");
}

if (page && move) {
  let dragged = null;
  let over = null;
  const mark = (row) => {
    over?.classList.remove("drop-here");
    over = row;
    over?.classList.add("drop-here");
  };
  document.querySelector("[data-drag-hint]").hidden = false;
  for (const handle of page.querySelectorAll("[data-tip]")) {
    handle.draggable = true;
    for (const link of handle.querySelectorAll("a")) link.draggable = false;
    handle.addEventListener("dragstart", (event) => {
      dragged = handle;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", handle.textContent.trim());
      handle.classList.add("dragged");
    });
    handle.addEventListener("dragend", () => {
      handle.classList.remove("dragged");
      dragged = null;
      mark(null);
    });
  }
  page.addEventListener("dragover", (event) => {
    const row = dragged && week(event);
    if (row && !row.contains(dragged)) {
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      mark(row);
    } else {
      mark(null);
    }
  });
  page.addEventListener("drop", (event) => {
    const row = dragged && week(event);
    if (!row) return;
    event.preventDefault();
    send(dragged.dataset.tip, row.dataset.day);
  });
}
