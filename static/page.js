/** What every page does: the theme switch, menus under their buttons, and the warnings of an insecure page and before signing out. */

import { warnBefore } from "./sign_out.js";

const signOut = document.querySelector('form[action="/signout/"]');
if (signOut instanceof HTMLFormElement) warnBefore(signOut, Number(document.body.dataset.user));

const insecure = document.getElementById("insecure-page");
if (insecure !== null && !window.isSecureContext) insecure.hidden = false;

for (const input of document.querySelectorAll("#theme-choice input")) {
  if (!(input instanceof HTMLInputElement)) continue;
  input.checked = input.value === (document.documentElement.dataset.theme ?? "system");
  input.addEventListener("change", () => setTheme(input.value));
}

/** @param {string} theme  `system`, `dark` or `light` */
function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Not remembered, then; the page itself has changed.
  }
}

// A popover stands in the top layer, where CSS cannot yet put it beside its button in every browser.
document.addEventListener(
  "beforetoggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || menu.dataset.anchor === undefined) return;
    if (/** @type {ToggleEvent} */ (event).newState === "open") requestAnimationFrame(() => place(menu));
  },
  true,
);

/** @param {HTMLElement} menu */
function place(menu) {
  const anchor = document.getElementById(menu.dataset.anchor ?? "");
  if (anchor === null) return;
  const at = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(at.left, innerWidth - width - 8))}px`;
  menu.style.top = `${at.bottom + 4 + height <= innerHeight ? at.bottom + 4 : Math.max(4, at.top - 4 - height)}px`;
}

// Arrows go through a menu, as in every other program.
document.addEventListener("keydown", (event) => {
  if (!(event.target instanceof Element) || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const menu = event.target.closest(".menu");
  if (menu === null || event.target instanceof HTMLInputElement) return;
  const items = [...menu.querySelectorAll(".menu-item")].filter((item) => item instanceof HTMLElement && !item.hidden);
  const at = items.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
  const next = items[(at + items.length) % items.length];
  if (next instanceof HTMLElement) next.focus();
  event.preventDefault();
});
