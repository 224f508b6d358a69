/** The data units before and after this one in the list that one came from. */

import { editorUrl } from "../../shared/core/addresses.js";
import { get } from "../../shared/net/api.js";

/** @import {List} from "../../shared/core/addresses.js" */

/** `previous` and `next` are data units as the API describes them, null at the ends. @typedef {{position: number, count: number, previous: any, next: any}} Place */

export class Neighbours {
  /** Null until it is known, and if it cannot be. @type {Place | null} */
  place = null;
  #list;
  #asked;

  /**
   * Asks at once: what is done here later may change where this one stands in the list, and where the others do.
   * @param {number} dataUnit
   * @param {List} list
   * @param {typeof globalThis.fetch} [fetch]
   */
  constructor(dataUnit, list, fetch = globalThis.fetch.bind(globalThis)) {
    this.#list = list;
    const query = new URLSearchParams({ q: list.query, sort: list.sort });
    this.#asked = get(`/api/data-units/${dataUnit}/neighbours/?${query}`, { fetch }).then(
      (place) => (this.place = place),
      () => null, // the list may be of a filter that there is no more
    );
  }

  /** Resolves when `place` is what it will be. */
  async ready() {
    await this.#asked;
  }

  /**
   * Where to go, or a sentence why not.
   * @param {"previous" | "next"} way
   * @returns {Promise<{url: string} | {problem: string}>}
   */
  async to(way) {
    await this.#asked;
    if (this.place === null) return { problem: "The list of videos could not be had: go back to the dataset, and open this one from there." };
    const unit = this.place[way];
    if (unit) return { url: editorUrl(unit, this.#list) };
    const { position, count } = this.place;
    const end = way === "next" ? position === count : position === 1;
    if (end) return { problem: way === "next" ? `This is the last of ${count} ${count === 1 ? "video" : "videos"}.` : "This is the first video." };
    return { problem: `None of the videos ${way === "next" ? "after" : "before"} this one can be opened yet.` };
  }
}
