/** Small pieces of the page: badges and swatches. */
import { html, svg } from "lit-html";
import { icon } from "../shared/view/icon.js";

/** A square of a class's colour; as a picture, since the content security policy refuses style attributes. @param {string} color */
export function swatch(color) {
  return html`<svg class="swatch" aria-hidden="true">${svg`<rect width="100%" height="100%" fill=${color}></rect>`}</svg>`;
}

/**
 * @param {{icon: string, tone: string, words: string, sentence: string}} state
 */
export function badge({ icon: name, tone, words, sentence }) {
  const title = sentence === "" ? words : `${words}. ${sentence}`;
  const more = tone === "danger" || tone === "warning" ? html`<span class="badge-sentence">: ${sentence}</span>` : null;
  return html`<span class="badge ${tone === "" ? "" : `badge-${tone}`}" title=${title}>${icon(name)}<span>${words}${more}</span></span>`;
}
