// Typographic quotation marks as one types a tip's title, takeaway and excerpt, by the rule and the switch of the
// editor. Ctrl+Z right after takes back the mark alone. What is pasted stays as it is.
import { changed, isOn } from "admin-desk/quotes";

for (const name of ["title", "takeaway", "excerpt"]) {
  const field = document.querySelector(`#tip_form [name="${name}"]`);
  field?.addEventListener("input", (event) => {
    const typed = event.data || "";
    const isTyped = event.inputType === "insertText" && !event.isComposing && [...typed].length === 1;
    if (!isTyped || !isOn()) return;
    const end = field.selectionEnd;
    const start = end - typed.length;
    const line = field.value.slice(0, start).split("\n").at(-1);
    for (const [sign, back] of changed(typed, line)) {
      field.setSelectionRange(start - back, start - back + 1);
      // The only way in that undoing knows of.
      document.execCommand("insertText", false, sign);
      field.setSelectionRange(end, end);
    }
  });
}
