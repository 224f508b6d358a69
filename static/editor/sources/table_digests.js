/** The server's digests of the frames that it has verified so far, fetched in blocks and again as that prefix grows. */

import { DIGEST_SIZE, digestRange, digestText } from "../core/digest.js";

const BLOCK = 4096; // frames, 64 KB

export class TableDigests {
  /**
   * @param {string} url
   * @param {number} proved frames verified when the page was opened
   * @param {typeof fetch} [fetch]
   */
  constructor(url, proved, fetch = globalThis.fetch.bind(globalThis)) {
    this.url = url;
    this.proved = proved;
    this.#fetch = fetch;
  }

  #fetch;
  /** @type {Map<number, Promise<Uint8Array>>} blocks, or their beginnings, by number */
  #blocks = new Map();

  /**
   * The table's digest of a frame; null where the server has none: not verified yet, or no picture to digest.
   * @param {number} frame
   * @returns {Promise<string | null>}
   */
  async of(frame) {
    if (frame >= this.proved) return null;
    const block = Math.floor(frame / BLOCK);
    const at = (frame - block * BLOCK) * DIGEST_SIZE;
    let bytes = await this.#block(block);
    if (at + DIGEST_SIZE > bytes.length) {
      this.#blocks.delete(block); // fetched while the prefix was shorter
      bytes = await this.#block(block);
    }
    if (at + DIGEST_SIZE > bytes.length) return null;
    return digestText(bytes.subarray(at, at + DIGEST_SIZE));
  }

  /** @param {number} number @returns {Promise<Uint8Array>} */
  #block(number) {
    let block = this.#blocks.get(number);
    if (!block) {
      block = this.#load(number);
      this.#blocks.set(number, block);
      block.catch(() => this.#blocks.delete(number));
    }
    return block;
  }

  /** @param {number} number */
  async #load(number) {
    const first = number * BLOCK;
    const last = Math.min(first + BLOCK, this.proved) - 1;
    const response = await this.#fetch(this.url, {
      headers: { Range: digestRange(first, last) },
      credentials: "same-origin",
      cache: "no-store", // the section grows
    });
    if (response.status !== 206 || !response.headers.get("Content-Range")?.startsWith(`bytes ${first * DIGEST_SIZE}-`)) {
      void response.body?.cancel();
      throw new Error(`The digests could not be fetched: the server answered ${response.status}.`);
    }
    return new Uint8Array(await response.arrayBuffer());
  }
}
