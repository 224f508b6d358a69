/** A command line to be run elsewhere: why, the line itself, and a button that copies it. */

import { html } from "lit-html";
import { copyAndSay } from "./copy.js";
import { icon } from "./icon.js";

/**
 * @param {string} why
 * @param {string} text
 * @param {(sentence: string) => void} say
 */
export function commandView(why, text, say) {
  return html`<section class="command" aria-label="Command">
    <p>${why}</p>
    <pre tabindex="0" aria-label="Command">${text}</pre>
    <button type="button" class="button button-small" @click=${() => copyAndSay(text, say)}>${icon("copy")}Copy the command</button>
  </section>`;
}
