/** Where the picture stands in the canvas, and which pixel of it is under a point. */

import { Emitter } from "../../shared/core/emitter.js";

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, width: number, height: number}} Rect */

const LARGEST = 64; // canvas pixels a pixel of the picture
const KEPT_IN_VIEW = 48; // canvas pixels of the picture that panning cannot push out

/**
 * Image coordinates are float pixels of the decoded picture after its rotation, without SAR; canvas coordinates are
 * pixels of the canvas' bitmap, not CSS pixels. `scale` is canvas pixels a pixel of the picture; non-square pixels are
 * stretched on top of it along their longer side, so that nothing is lost at 100 %.
 * @extends {Emitter<{change: null}>}
 */
export class Viewport extends Emitter {
  #canvas = { width: 1, height: 1 };
  #picture = { width: 1, height: 1 };
  #stretch = { x: 1, y: 1 };
  #center = { x: 0.5, y: 0.5 };
  #fitted = true;
  #margin = 0;
  /** What the last zoom went about. @type {{point: Point, image: Point} | null} */
  #spot = null;
  scale = 1;

  /**
   * @param {number} width  canvas pixels
   * @param {number} height
   * @param {number} [margin]  canvas pixels left free around a fitted picture
   */
  setCanvas(width, height, margin = 0) {
    this.#canvas = { width: Math.max(1, width), height: Math.max(1, height) };
    this.#margin = margin;
    this.#settle();
  }

  /**
   * @param {number} width  of the picture after its rotation
   * @param {number} height
   * @param {readonly [number, number]} sampleAspectRatio  as in the frame table: before the rotation
   * @param {number} rotation  degrees clockwise
   */
  setPicture(width, height, sampleAspectRatio, rotation) {
    const stretch = stretchOf(sampleAspectRatio, rotation);
    if (width === this.#picture.width && height === this.#picture.height && stretch.x === this.#stretch.x && stretch.y === this.#stretch.y) return;
    this.#picture = { width, height };
    this.#stretch = stretch;
    this.#center = { x: width / 2, y: height / 2 };
    this.#fitted = true;
    this.#settle();
  }

  get picture() {
    return this.#picture;
  }

  get canvas() {
    return this.#canvas;
  }

  get fitted() {
    return this.#fitted;
  }

  /** Where the whole picture stands, in canvas pixels; its corner is on a whole pixel so that edges are sharp. */
  get rect() {
    const { x: stretchX, y: stretchY } = this.#stretch;
    return {
      x: Math.round(this.#canvas.width / 2 - this.#center.x * this.scale * stretchX),
      y: Math.round(this.#canvas.height / 2 - this.#center.y * this.scale * stretchY),
      width: this.#picture.width * this.scale * stretchX,
      height: this.#picture.height * this.scale * stretchY,
    };
  }

  /** Above 200 % pixels are shown as they are. */
  get pixelated() {
    return this.scale > 2;
  }

  /** Canvas pixels a pixel of the picture, along each axis. */
  get step() {
    return { x: this.scale * this.#stretch.x, y: this.scale * this.#stretch.y };
  }

  /**
   * @param {Point} point
   * @returns {Point}
   */
  canvasToImage({ x, y }) {
    const rect = this.rect;
    return { x: (x - rect.x) / this.step.x, y: (y - rect.y) / this.step.y };
  }

  /**
   * @param {Point} point
   * @returns {Point}
   */
  imageToCanvas({ x, y }) {
    const rect = this.rect;
    return { x: rect.x + x * this.step.x, y: rect.y + y * this.step.y };
  }

  /** The scale at which the whole picture is just seen. */
  get fitScale() {
    const free = 2 * this.#margin;
    return Math.min(
      Math.max(1, this.#canvas.width - free) / (this.#picture.width * this.#stretch.x),
      Math.max(1, this.#canvas.height - free) / (this.#picture.height * this.#stretch.y),
    );
  }

  fit() {
    this.#fitted = true;
    this.#settle();
  }

  /**
   * Zoom so that what is under `point` stays under it.
   * @param {Point} point  in canvas pixels
   * @param {number} factor
   */
  zoomAt(point, factor) {
    // Turning the wheel on goes on about the same spot: the rounding of `rect` must not add up, nor grow with the zoom.
    const spot = this.#spot?.point.x === point.x && this.#spot.point.y === point.y ? this.#spot.image : this.canvasToImage(point);
    const smallest = Math.min(this.fitScale, 1) / 4;
    this.scale = Math.min(LARGEST, Math.max(smallest, this.scale * factor));
    this.#center = {
      x: spot.x - (point.x - this.#canvas.width / 2) / this.step.x,
      y: spot.y - (point.y - this.#canvas.height / 2) / this.step.y,
    };
    this.#fitted = false;
    this.#settle();
    this.#spot = { point, image: spot };
  }

  /**
   * @param {number} x  canvas pixels
   * @param {number} y
   */
  panBy(x, y) {
    this.#center = { x: this.#center.x - x / this.step.x, y: this.#center.y - y / this.step.y };
    this.#fitted = false;
    this.#settle();
  }

  /**
   * Show `rect` in the middle, with a third of it as room around it.
   * @param {Rect} rect  image coordinates
   */
  zoomTo(rect) {
    const room = 1.67;
    this.#center = { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
    this.scale = Math.min(
      LARGEST,
      this.#canvas.width / (Math.max(rect.width, 1) * this.#stretch.x * room),
      this.#canvas.height / (Math.max(rect.height, 1) * this.#stretch.y * room),
    );
    this.#fitted = false;
    this.#settle();
  }

  /**
   * Pan only as far as needed for `rect` to be seen; nothing moves when it is.
   * @param {Rect} rect  image coordinates
   */
  reveal(rect) {
    const from = this.imageToCanvas(rect);
    const to = this.imageToCanvas({ x: rect.x + rect.width, y: rect.y + rect.height });
    const x = shift(from.x, to.x, this.#canvas.width);
    const y = shift(from.y, to.y, this.#canvas.height);
    if (x !== 0 || y !== 0) this.panBy(x, y);
  }

  #settle() {
    this.#spot = null;
    if (this.#fitted) {
      this.scale = this.fitScale;
      this.#center = { x: this.#picture.width / 2, y: this.#picture.height / 2 };
    }
    const overX = (this.#canvas.width / 2 - KEPT_IN_VIEW) / this.step.x;
    const overY = (this.#canvas.height / 2 - KEPT_IN_VIEW) / this.step.y;
    this.#center = {
      x: Math.min(this.#picture.width + overX, Math.max(-overX, this.#center.x)),
      y: Math.min(this.#picture.height + overY, Math.max(-overY, this.#center.y)),
    };
    this.emit("change", null);
  }
}

/**
 * How a pixel of the rotated picture is stretched on the screen.
 * @param {readonly [number, number]} sampleAspectRatio
 * @param {number} rotation
 * @returns {Point}
 */
function stretchOf([numerator, denominator], rotation) {
  const ratio = numerator > 0 && denominator > 0 ? numerator / denominator : 1;
  const lying = { x: Math.max(1, ratio), y: Math.max(1, 1 / ratio) };
  return rotation % 180 === 0 ? lying : { x: lying.y, y: lying.x };
}

/**
 * By how much [from, to] must move to lie in [0, size]; centred if it does not fit.
 * @param {number} from
 * @param {number} to
 * @param {number} size
 */
function shift(from, to, size) {
  if (from >= 0 && to <= size) return 0;
  if (to - from > size) return size / 2 - (from + to) / 2;
  return from < 0 ? -from : size - to;
}
