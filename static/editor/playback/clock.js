/** When which frame is due while playing: the file's own times, run at a rate from an anchor. */

/** @import { FrameSource } from "../sources/frame_source.js" */

export class Clock {
  /**
   * @param {FrameSource} source
   * @param {number} rate times real time; negative runs backwards
   * @param {number} frame on screen at `now`
   * @param {number} now milliseconds, as performance.now()
   */
  constructor(source, rate, frame, now) {
    this.#source = source;
    this.rate = rate;
    this.anchor(frame, now);
  }

  #source;
  #seconds = 0;
  #now = 0;

  /** Say that `frame` is on screen at `now`, whatever was due. @param {number} frame @param {number} now */
  anchor(frame, now) {
    this.#seconds = this.#source.secondsAt(frame);
    this.#now = now;
  }

  /** When `frame` is due, in milliseconds as performance.now(). @param {number} frame */
  dueAt(frame) {
    return this.#now + ((this.#source.secondsAt(frame) - this.#seconds) * 1000) / this.rate;
  }

  /** The frame that is due at `now`. @param {number} now */
  frameAt(now) {
    return this.#source.frameAt(this.#seconds + ((now - this.#now) / 1000) * this.rate);
  }
}
