/** How many pictures a second come onto the screen, as of the last few seconds. */

const SPAN_MS = 3000;

export class PaintedRate {
  /** When they came, in milliseconds. @type {number[]} */
  #times = [];

  /** @param {number} now  milliseconds */
  add(now) {
    this.#times = this.#times.filter((time) => time > now - SPAN_MS);
    this.#times.push(now);
  }

  /** Another run of playing begins. */
  clear() {
    this.#times = [];
  }

  /** Pictures a second; null until three have come. */
  get perSecond() {
    const count = this.#times.length - 1;
    return count < 2 ? null : (1000 * count) / Math.max(1, this.#times[count] - this.#times[0]);
  }
}
