// Says at once and every half minute that this tip is open, and shows who else has it open or saved it since.
// Without it the line stands as it was when the page was opened.
const line = document.querySelector("[data-still-open]");

async function say() {
  const form = line.closest("form");
  const body = new URLSearchParams({ seen_version: form.elements.seen_version.value });
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  try {
    const answer = await fetch(line.dataset.stillOpen, { method: "POST", body, headers });
    if (!answer.ok || answer.redirected) return;
    const said = (await answer.json()).line;
    // A line that is written anew is read aloud anew.
    if (line.textContent !== said) line.textContent = said;
  } catch {
    // Offline for a moment; the next time tells.
  }
}

if (line) {
  say();
  setInterval(say, 30000);
}
