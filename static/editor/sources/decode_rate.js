/** How many pictures a second come out of the decoders at present. */

const REST = 250; // milliseconds without a picture after which nothing is said of the time before
const FEWEST = 10; // pictures
const MOST = 60;

export class DecodeRate {
  /** @type {number[]} when the last pictures came out */
  #times = [];

  /** A picture came out. @param {number} now milliseconds */
  count(now) {
    if (this.#times.length && now - this.#times[this.#times.length - 1] > REST) this.#times = [];
    this.#times.push(now);
    if (this.#times.length > MOST) this.#times.shift();
  }

  /** 0 if too few were decoded lately. */
  get perSecond() {
    const times = this.#times;
    return times.length < FEWEST ? 0 : ((times.length - 1) * 1000) / (times[times.length - 1] - times[0]);
  }
}
