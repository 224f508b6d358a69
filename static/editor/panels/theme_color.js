/** Colours of tokens.css for what is drawn on a canvas. */

/** @type {Map<string, string>} */
const colors = new Map();
let scheme = "";
const probe = document.createElement("i");

/**
 * A colour of tokens.css as a canvas understands it: `light-dark()` resolved for the theme of now.
 * @param {HTMLElement} element
 * @param {string} name
 */
export function resolved(element, name) {
  const now = `${document.documentElement.dataset.theme ?? ""} ${matchMedia("(prefers-color-scheme: dark)").matches}`;
  if (now !== scheme) {
    scheme = now;
    colors.clear();
  }
  let color = colors.get(name);
  if (color === undefined) {
    probe.style.color = `var(${name})`;
    element.append(probe);
    color = getComputedStyle(probe).color;
    probe.remove();
    colors.set(name, color);
  }
  return color;
}
