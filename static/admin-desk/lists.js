// Lists: one box ticks all of the page, and a click with Shift ticks all rows between.
"use strict";

{
  const boxes = [...document.querySelectorAll("#changelist-form tbody input[name=_selected_action]")];
  const all = document.querySelector("#action-toggle");
  let last = null;
  // It is of use by this script alone; Django calls it by what a programmer would say.
  all?.setAttribute("aria-label", "Choose all on this page");

  const showWhetherAll = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  };

  all?.addEventListener("change", () => {
    for (const box of boxes) {
      box.checked = all.checked;
    }
    showWhetherAll();
  });

  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
        for (const between of boxes.slice(from, to + 1)) {
          between.checked = box.checked;
        }
      }
      last = box;
      showWhetherAll();
    });
  }

  showWhetherAll();
}
