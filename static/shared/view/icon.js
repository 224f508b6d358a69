/** Icons of the sprite that tools/vendor.py makes. */

import { html } from "lit-html";

const SPRITE = new URL("../../vendor/icons.svg", import.meta.url).pathname;

/** @param {string} name  of lucide, listed in tools/icons.txt */
export function icon(name) {
  return html`<svg class="icon" aria-hidden="true" focusable="false"><use href="${SPRITE}#${name}"></use></svg>`;
}
