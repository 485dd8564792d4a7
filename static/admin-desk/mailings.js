// Shows how far a mailing is while it goes on. Without it, the page loads itself anew now and then.
const status = document.querySelector("[data-progress]");
const PAUSE = 4000;
// So often a screen reader is told how far it is.
const TENTHS = 10;
let tenth = null;

function put(name, text) {
  const place = status.querySelector(`[data-${name}]`);
  if (place && place.textContent !== String(text)) place.textContent = text;
}

function show(news) {
  put("word", news.word);
  put("sentence", news.sentence);
  const bar = status.querySelector("progress");
  if (!bar) return;
  bar.value = news.percent;
  put("percent", news.percent);
  put("left", news.left);
  for (const [name, number] of Object.entries(news.counts)) {
    const place = status.querySelector(`[data-count="${name}"]`);
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
    const answer = await fetch(status.dataset.progress);
    if (!answer.ok || answer.redirected) return;
    const news = await answer.json();
    // What can be done is another thing then. What somebody types is not taken from them.
    const typing = document.activeElement instanceof HTMLInputElement;
    if (news.state !== status.dataset.state && !typing) location.reload();
    else show(news);
  } catch {
    // Offline for a moment; the next time tells.
  }
}

if (status) setInterval(ask, PAUSE);
