/** Small pieces of the page: badges and swatches. */
import { html, svg } from "lit-html";
import { icon } from "../shared/view/icon.js";

/** A square of a class's colour; as a picture, since the content security policy refuses style attributes. @param {string} color */
export function swatch(color) {
  return html`<svg class="swatch" aria-hidden="true">${svg`<rect width="100%" height="100%" fill=${color}></rect>`}</svg>`;
}

/**
 * Without the sentence, which only the tooltip has: for beside others.
 * @param {{icon: string, tone: string, words: string, sentence: string}} state
 */
export function shortBadge({ icon: name, tone, words, sentence }) {
  return html`<span class="badge ${tone === "" ? "" : `badge-${tone}`}" title=${sentence === "" ? words : `${words}. ${sentence}`}>${icon(name)}<span>${words}</span></span>`;
}

/**
 * Only an icon, where there is no room: its words are for screen readers and in the tooltip.
 * @param {{icon: string, tone: string, words: string, sentence: string}} state
 */
export function mark({ icon: name, tone, words, sentence }) {
  return html`<span class="badge badge-${tone}" title="${words}. ${sentence}">${icon(name)}<span class="visually-hidden">${words}. ${sentence}</span></span>`;
}

/**
 * @param {{icon: string, tone: string, words: string, sentence: string}} state
 */
export function badge({ icon: name, tone, words, sentence }) {
  const title = sentence === "" ? words : `${words}. ${sentence}`;
  const more = tone === "danger" || tone === "warning" ? html`<span class="badge-sentence">: ${sentence}</span>` : null;
  return html`<span class="badge ${tone === "" ? "" : `badge-${tone}`}" title=${title}>${icon(name)}<span>${words}${more}</span></span>`;
}
