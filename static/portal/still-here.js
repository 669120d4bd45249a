/* Typing is no idleness: the portal hears of it every five minutes at most, and signs nobody out over a long text. */
"use strict";

const FIVE_MINUTES = 5 * 60 * 1000;
let heardAt = Date.now();

document.addEventListener("input", (event) => {
  const form = event.target.closest("form");
  if (!form || form.method !== "post" || Date.now() - heardAt < FIVE_MINUTES) return;
  heardAt = Date.now();
  fetch(document.body.dataset.stillHere, { credentials: "same-origin" }).catch(() => {});
});
