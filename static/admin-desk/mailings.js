// Shows how far a mailing is while it goes on. Without it, the page loads itself anew now and then.
const told = document.querySelector("[data-progress]");
const PAUSE = 4000;
// So often a screen reader is told how far it is.
const TENTHS = 10;
let tenth = null;

function put(name, text) {
  const place = told.querySelector(`[data-${name}]`);
  if (place && place.textContent !== String(text)) place.textContent = text;
}

function show(news) {
  put("word", news.word);
  put("sentence", news.sentence);
  const bar = told.querySelector("progress");
  if (!bar) return;
  bar.value = news.percent;
  put("percent", news.percent);
  put("left", news.left);
  for (const [name, number] of Object.entries(news.counts)) {
    const place = told.querySelector(`[data-count="${name}"]`);
    place.textContent = number;
    place.parentElement.classList.toggle("none", number === 0);
  }
  const now = Math.floor(news.percent / TENTHS);
  if (tenth !== null && now !== tenth) put("live", `${news.percent}% done`);
  tenth = now;
}

async function ask() {
  if (document.hidden) return;
  try {
    const answer = await fetch(told.dataset.progress);
    if (!answer.ok || answer.redirected) return;
    const news = await answer.json();
    // What can be done is another thing then. What somebody types is not taken from them.
    const typing = document.activeElement instanceof HTMLInputElement;
    if (news.state !== told.dataset.state && !typing) location.reload();
    else show(news);
  } catch {
    // Offline for a moment; the next time tells.
  }
}

if (told) setInterval(ask, PAUSE);
