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

// The arrow that was pressed has the focus again. Where it is gone, since nothing is earlier, its tip has it.
const pressed = location.hash.match(/^#(?:earlier|later)-(\d+)$/);
if (pressed) {
  const there = document.getElementById(location.hash.slice(1)) ?? document.getElementById(`tip-${pressed[1]}`);
  there?.focus({ preventScroll: true });
  there?.scrollIntoView({ block: "center" });
}

// What can be planned is folded on a small screen, above the weeks. Beside them it stands open.
const drawer = document.querySelector("[data-drawer]");
const isSmall = matchMedia("(max-width: 1023px)");
if (drawer) {
  const fold = () => {
    drawer.open = !isSmall.matches || Boolean(location.hash && drawer.querySelector(location.hash));
  };
  isSmall.addEventListener("change", fold);
  fold();
}

function send(handle, day) {
  const { tip, stamp } = handle.dataset;
  for (const [name, value] of Object.entries({ verb: "place", tip, stamp, day })) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    move.append(input);
  }
  move.submit();
}

function week(event) {
  return event.target.closest?.("[data-day]");
}

// Have we run this before? Asked once the page stands, for all that waits to be planned.
async function showDoubles() {
  const lines = [...page.querySelectorAll("[data-like]")];
  if (!lines.length) return;
  const asked = new URLSearchParams(lines.map((line) => ["tip", line.dataset.like]));
  const answer = await fetch(`${page.dataset.doubles}?${asked}`);
  if (!answer.ok) return;
  const found = (await answer.json()).lines;
  for (const line of lines) {
    line.textContent = found[line.dataset.like] ?? "";
    line.hidden = !line.textContent;
  }
}

if (page && move) {
  showDoubles();
  let dragged = null;
  let over = null;
  const mark = (row) => {
    over?.classList.remove("drop-here");
    over = row;
    over?.classList.add("drop-here");
  };
  const hint = document.querySelector("[data-drag-hint]");
  if (hint) hint.hidden = false;
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
    send(dragged, row.dataset.day);
  });
}
