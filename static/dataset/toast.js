/** Short messages at the lower left; one with an action, or of something that went wrong, stays until it is closed. */

/**
 * @param {string} sentence
 * @param {{tone?: "" | "good" | "danger"}} [options]
 */
export function toast(sentence, { tone = "" } = {}) {
  const list = document.getElementById("toasts");
  if (list === null) return;
  const item = document.createElement("div");
  item.className = `toast ${tone === "" ? "" : `toast-${tone}`}`;
  item.append(Object.assign(document.createElement("span"), { textContent: sentence }));
  const close = Object.assign(document.createElement("button"), { type: "button", className: "button button-quiet button-small" });
  close.textContent = "Close";
  close.addEventListener("click", () => item.remove());
  item.append(close);
  list.append(item);
  while (list.children.length > 4) list.firstElementChild?.remove();
  if (tone !== "danger") setTimeout(() => item.remove(), 6000);
}

/** @param {unknown} error */
export function toastError(error) {
  toast(error instanceof Error ? error.message : String(error), { tone: "danger" });
}
