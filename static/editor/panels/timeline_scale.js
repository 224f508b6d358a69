/** Which frames a timeline shows, and where: from pixels to frames and back. */

const SMALLEST_SPAN = 8; // frames that are shown at least
const TICK = 64; // pixels from one number of the ruler to the next, at least
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];

/** Pixels are CSS pixels, frames are fractional: a frame stands on its number and reaches half a frame to both sides. */
export class TimelineScale {
  /** Frames at the left and right edge. */
  from = 0;
  to = 1;
  /** Shows all frames, however wide it is. */
  whole = true;
  #left = 0;
  #width = 1;
  #frameCount = 1;
  #margin;

  /** @param {number} margin pixels beyond the first and the last frame, so that what stands on them is seen whole */
  constructor(margin) {
    this.#margin = margin;
  }

  /** Lay it out between two x. @param {number} left @param {number} right @param {number} frameCount */
  layOut(left, right, frameCount) {
    this.#left = left;
    this.#width = Math.max(1, right - left);
    this.#frameCount = frameCount;
    if (!this.whole) return;
    const last = Math.max(SMALLEST_SPAN, frameCount) - 1;
    const room = (this.#margin * last) / this.#width;
    [this.from, this.to] = [-room, last + room];
  }

  get span() {
    return this.to - this.from;
  }

  get pixelsPerFrame() {
    return this.#width / this.span;
  }

  /** @param {number} frame */
  x(frame) {
    return this.#left + (frame - this.from) * this.pixelsPerFrame;
  }

  /** The frame at `x`, fractional, perhaps beyond the video's ends. @param {number} x */
  at(x) {
    return this.from + (x - this.#left) / this.pixelsPerFrame;
  }

  /** The frame of the video that is nearest to `x`. @param {number} x */
  frameAt(x) {
    return Math.min(this.#frameCount - 1, Math.max(0, Math.round(this.at(x))));
  }

  /** @param {number} frame */
  shows(frame) {
    return frame >= this.from && frame <= this.to;
  }

  /** Show frames from `from` on, as far as there are any, as many as now. @param {number} from */
  moveTo(from) {
    const { span } = this;
    this.from = Math.max(-0.5, Math.min(this.#frameCount - 0.5 - span, from));
    this.to = this.from + span;
  }

  /** @param {number} pixels to the right */
  pan(pixels) {
    this.moveTo(this.from + pixels / this.pixelsPerFrame);
  }

  /** @param {number} frame that stays where it is @param {number} factor above 1: fewer frames */
  zoom(frame, factor) {
    const most = Math.max(SMALLEST_SPAN, this.#frameCount);
    const span = Math.min(most, Math.max(SMALLEST_SPAN, this.span / factor));
    const from = frame - ((frame - this.from) / this.span) * span;
    this.whole = span >= most;
    this.to = from + span;
    this.from = from;
    this.moveTo(from);
  }

  /** A frame that is not shown takes the view along, a page at a time. Answers whether it did. @param {number} frame */
  follow(frame) {
    if (this.whole || this.shows(frame)) return false;
    this.moveTo(frame < this.from ? frame - this.span * 0.9 : frame - this.span * 0.1);
    return true;
  }

  /** The frames that the ruler names. */
  ticks() {
    const step = STEPS.find((each) => each * this.pixelsPerFrame >= TICK) ?? STEPS[STEPS.length - 1];
    const frames = [];
    for (let frame = Math.max(0, Math.ceil(this.from / step) * step); frame <= Math.min(this.to, this.#frameCount - 1); frame += step) frames.push(frame);
    return frames;
  }
}
