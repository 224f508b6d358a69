/** The steps to the video before and after this one, and where this one stands in the list. */

import { html, nothing } from "lit-html";
import { grouped } from "../../shared/core/words.js";
import { icon } from "../../shared/view/icon.js";
import { hint } from "../core/keys.js";

/** @import {Place} from "../net/neighbours.js" */

/**
 * @param {Place | null} place
 * @param {(action: string) => void} act
 */
export function itemStepsView(place, act) {
  if (place === null || place.count < 2) return nothing;
  const step = (/** @type {string} */ action, /** @type {string} */ picture, /** @type {any} */ unit) => {
    const title = unit ? hint(action, `${action === "nextItem" ? "Next" : "Previous"} video: ${unit.title}`) : hint(action);
    return html`<button type="button" class="button button-quiet button-icon" aria-label=${action === "nextItem" ? "Next video" : "Previous video"} title=${title} ?disabled=${!unit} @click=${() => act(action)}>${icon(picture)}</button>`;
  };
  return html`${step("previousItem", "chevron-up", place.previous)}<span class="item-place" title="Place in the list that the dataset’s page showed">${grouped(place.position)} / ${grouped(place.count)}</span>${step("nextItem", "chevron-down", place.next)}`;
}
