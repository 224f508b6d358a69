/** Signing out warns of label changes that only this browser has. */

import { counted } from "./shared/core/words.js";
import { countUnsent } from "./shared/net/unsent_changes.js";
import { confirm } from "./shared/view/ask.js";

const PATIENCE_MS = 2000; // what was drawn a moment ago is saved by then
const AGAIN_MS = 100;

/** @param {HTMLFormElement} form  that signs out @param {number} user */
export function warnBefore(form, user) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void mayGo(user).then((may) => may && form.submit());
  });
}

/** @param {number} user */
async function mayGo(user) {
  const until = performance.now() + PATIENCE_MS;
  let left = await countUnsent(user);
  while (left > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    left = await countUnsent(user);
  }
  if (left === 0) return true;
  return confirm({
    title: `${counted(left, "label change")} ${left === 1 ? "is" : "are"} not saved`,
    lines: [
      `${left === 1 ? "It stays" : "They stay"} in this browser, and ${left === 1 ? "goes" : "go"} to the server once you sign in here again.`,
      "If you will not come back to this browser, stay until all is saved.",
    ],
    button: "Sign out anyway",
    danger: true,
  });
}
