/* Comfort only: the desk with the keyboard. Each key does what a link or a field of the page does as well. */
"use strict";

(() => {
  const help = document.querySelector("[data-keys]");
  const find = document.querySelector("[data-find]");
  const fresh = document.querySelector("[data-new]");
  const rows = [...document.querySelectorAll("[data-row]")];
  const KEPT = "approvals.keys";
  let on = true;

  // Who steers by voice or hits keys by mistake turns them off; this computer remembers.
  const show = () => {
    for (const each of help.querySelectorAll("[data-keys-on]")) each.hidden = !on;
    for (const each of help.querySelectorAll("[data-keys-off]")) each.hidden = on;
  };
  try {
    on = localStorage.getItem(KEPT) !== "off";
  } catch {
    // A browser that keeps nothing has the keys on.
  }
  help.hidden = false;
  show();
  help.querySelector("[data-keys-switch]").addEventListener("click", () => {
    on = !on;
    show();
    try {
      localStorage.setItem(KEPT, on ? "on" : "off");
    } catch {
      // It holds until the page is left.
    }
  });

  const go = (step) => {
    const here = rows.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step;
    if (rows[next]) rows[next].focus();
  };

  document.addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const at = event.target;
    if (at.closest("input, textarea, select, [contenteditable]")) {
      // From the field of the number straight to the first row.
      if (at !== find || event.key !== "ArrowDown" || !rows.length) return;
      event.preventDefault();
      rows[0].focus();
      return;
    }
    // The arrows scroll the page, except from row to row.
    const inRows = rows.includes(document.activeElement);
    const does = {
      "/": () => find && find.focus(),
      n: () => fresh && fresh.click(),
      j: () => go(1),
      k: () => go(-1),
      ArrowDown: inRows && (() => go(1)),
      ArrowUp: inRows && (() => go(-1)),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
})();
