/** Frames that the decoders gave no picture of, and why. */

const TRIES = 2;

export class FailedFrames {
  /** @type {Map<number, {tries: number, reason: string}>} by frame */
  #failures = new Map();

  /** A try brought nothing. Answers whether it was the last one. @param {number} frame @param {string} reason */
  count(frame, reason) {
    const tries = (this.#failures.get(frame)?.tries ?? 0) + 1;
    this.#failures.set(frame, { tries, reason });
    return tries >= TRIES;
  }

  /** Another try would bring no more. @param {number} frame @param {string} reason */
  giveUp(frame, reason) {
    this.#failures.set(frame, { tries: TRIES, reason });
  }

  /** @param {number} frame */
  has(frame) {
    return this.#failures.has(frame);
  }

  /** @param {number} frame */
  isHopeless(frame) {
    return (this.#failures.get(frame)?.tries ?? 0) >= TRIES;
  }

  /** @param {number} frame */
  reason(frame) {
    return this.#failures.get(frame)?.reason ?? "";
  }

  /** Its picture came after all. @param {number} frame */
  delete(frame) {
    this.#failures.delete(frame);
  }
}
