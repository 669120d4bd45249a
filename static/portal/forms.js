/* Comfort only: Ctrl+Enter saves the form one is in, and a second click sends nothing a second time. */
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("form[data-ctrl-enter]");
  const button = form && form.querySelector("button[data-saves]");
  if (button) {
    event.preventDefault();
    form.requestSubmit(button);
  }
});

// Alt and a figure lead to the field that bears it in every browser; a browser's own way may want Shift as well.
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || !/^Digit\d$/.test(event.code)) return;
  const figure = event.code.slice(-1);
  const field = document.querySelector(`:is(input, select, textarea)[accesskey="${figure}"]`);
  if (field && field.offsetParent) {
    event.preventDefault();
    field.focus();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-sends-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // What takes longer than two seconds says so; how long it takes nobody knows.
  setTimeout(() => {
    if (!form.dataset.sent || form.querySelector("progress")) return;
    const said = document.createElement("p");
    said.setAttribute("role", "status");
    said.className = "waiting";
    const bar = document.createElement("progress");
    bar.setAttribute("aria-hidden", "true");
    said.append(bar, " ", document.body.dataset.waiting || "");
    form.append(said);
  }, 2000);
});

// Who comes back to the page with the browser's own button may send it again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector(".waiting")?.remove();
  }
});
