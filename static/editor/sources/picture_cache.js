/**
 * Decoded pictures as copies in memory of our own, up to a budget in bytes. Decoders stall when their own frames are
 * kept, so those are copied and closed.
 */

/**
 * @typedef {object} Copy The visible rectangle of a decoded picture, rows packed, in the decoder's pixel format.
 * @property {number} number unlike that of any other copy
 * @property {number} frame
 * @property {number} packet
 * @property {VideoPixelFormat} format
 * @property {number} width
 * @property {number} height
 * @property {PlaneLayout[]} layout
 * @property {ArrayBuffer} buffer
 * @property {number} pins how many unclosed pictures show it
 */

const SPARE = 6; // buffers kept for the next pictures: allocating megabytes for each costs more than filling them

export class PictureCache {
  /** @param {number} budget in bytes */
  constructor(budget) {
    this.budget = budget;
    this.bytes = 0;
    this.target = 0;
    /** 1 forwards, -1 backwards: pictures against the direction of travel go first. */
    this.travel = 1;
    /** @type {(frame: number) => boolean} pictures that nobody wants go before those that are only far away */
    this.wants = () => true;
  }

  /** @type {Map<number, Copy>} by frame */
  #copies = new Map();
  /** @type {ArrayBuffer[]} */
  #spare = [];

  /** @param {number} frame */
  has(frame) {
    return this.#copies.has(frame);
  }

  /** @param {number} frame */
  get(frame) {
    return this.#copies.get(frame) ?? null;
  }

  frames() {
    return this.#copies.keys();
  }

  /** How many pictures of `bytes` fit. @param {number} bytes */
  capacity(bytes) {
    return Math.max(4, Math.floor(this.budget / bytes));
  }

  /** A buffer for a copy of `bytes`. @param {number} bytes */
  buffer(bytes) {
    const at = this.#spare.findIndex((each) => each.byteLength === bytes);
    return at < 0 ? new ArrayBuffer(bytes) : this.#spare.splice(at, 1)[0];
  }

  /**
   * Keep a copy, in place of the farthest ones. One that is farther away than all others is not kept itself.
   * @param {Copy} copy
   */
  add(copy) {
    const old = this.#copies.get(copy.frame);
    if (old) {
      if (old.pins) return this.#recycle(copy); // it is on the screen; equal anyway
      this.#remove(old);
    }
    this.#copies.set(copy.frame, copy);
    this.bytes += copy.buffer.byteLength;
    while (this.bytes > this.budget) {
      const farthest = this.#farthest();
      if (!farthest) break;
      this.#remove(farthest);
    }
  }

  clear() {
    for (const copy of [...this.#copies.values()]) if (!copy.pins) this.#remove(copy);
    this.#spare = [];
  }

  #farthest() {
    let farthest = null;
    let most = -1;
    for (const copy of this.#copies.values()) {
      if (copy.pins || copy.frame === this.target) continue;
      const ahead = (copy.frame - this.target) * this.travel;
      const distance = (ahead < 0 ? -2 * ahead : ahead) + (this.wants(copy.frame) ? 0 : Number.MAX_SAFE_INTEGER / 2);
      if (distance > most) [farthest, most] = [copy, distance];
    }
    return farthest;
  }

  /** @param {Copy} copy */
  #remove(copy) {
    this.#copies.delete(copy.frame);
    this.bytes -= copy.buffer.byteLength;
    this.#recycle(copy);
  }

  /** @param {Copy} copy */
  #recycle(copy) {
    if (this.#spare.length < SPARE) this.#spare.push(copy.buffer);
  }
}
