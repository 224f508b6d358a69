/** The geometry of boxes under the pointer: corners, handles, what was hit. Image coordinates unless said otherwise. */

/** @import {Point, Rect, Viewport} from "./viewport.js" */
/** @import {Box} from "../labels/records.js" */
/** @import {Visible} from "../labels/tracks.js" */

/** Each as the part of width and height at which it sits. @type {Readonly<Record<string, readonly [number, number]>>} */
export const HANDLES = {
  nw: [0, 0], n: [0.5, 0], ne: [1, 0], e: [1, 0.5], se: [1, 1], s: [0.5, 1], sw: [0, 1], w: [0, 0.5],
};

export const SMALLEST = 1; // pixels: a box without an area labels nothing

/**
 * The box between two corners, inside the picture.
 * @param {Point} a
 * @param {Point} b
 * @param {{width: number, height: number}} picture
 * @returns {Box}
 */
export function boxBetween(a, b, picture) {
  const [left, right] = span(a.x, b.x, picture.width);
  const [top, bottom] = span(a.y, b.y, picture.height);
  return { type: "box", x: left, y: top, width: tidy(right - left), height: tidy(bottom - top) };
}

/**
 * The box after its handle was dragged to `point`; dragged past the opposite side it turns over.
 * @param {Box} box
 * @param {string} handle
 * @param {Point} point
 * @param {{width: number, height: number}} picture
 * @param {{square?: boolean, centered?: boolean}} [how]  `square`: keep the proportions; `centered`: about the middle
 * @returns {Box}
 */
export function resized(box, handle, point, picture, { square = false, centered = false } = {}) {
  const [atX, atY] = HANDLES[handle];
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const fixed = centered ? middle : { x: box.x + (1 - atX) * box.width, y: box.y + (1 - atY) * box.height };
  let halfOrWholeX = atX === 0.5 ? null : point.x - fixed.x;
  let halfOrWholeY = atY === 0.5 ? null : point.y - fixed.y;
  if (square && halfOrWholeX !== null && halfOrWholeY !== null && box.width > 0 && box.height > 0) {
    const factor = Math.max(Math.abs(halfOrWholeX) / box.width, Math.abs(halfOrWholeY) / box.height);
    halfOrWholeX = Math.sign(halfOrWholeX || 1) * factor * box.width;
    halfOrWholeY = Math.sign(halfOrWholeY || 1) * factor * box.height;
  }
  const from = { x: box.x, y: box.y };
  const to = { x: box.x + box.width, y: box.y + box.height };
  if (halfOrWholeX !== null) [from.x, to.x] = [centered ? fixed.x - halfOrWholeX : fixed.x, fixed.x + halfOrWholeX];
  if (halfOrWholeY !== null) [from.y, to.y] = [centered ? fixed.y - halfOrWholeY : fixed.y, fixed.y + halfOrWholeY];
  return boxBetween(from, to, picture);
}

/**
 * The box moved, as far as the picture goes.
 * @param {Box} box
 * @param {number} dx
 * @param {number} dy
 * @param {{width: number, height: number}} picture
 * @returns {Box}
 */
export function moved(box, dx, dy, picture) {
  const keep = (/** @type {number} */ value, /** @type {number} */ most) => tidy(Math.min(Math.max(value, Math.min(0, most)), Math.max(0, most)));
  return { ...box, x: keep(box.x + dx, picture.width - box.width), y: keep(box.y + dy, picture.height - box.height) };
}

/**
 * A hundredth of a pixel is finer than any hand, and short in the export.
 * @param {number} value
 */
export function tidy(value) {
  return Math.round(value * 100) / 100;
}

/**
 * @param {Rect} box
 * @param {Point} point
 */
export function contains(box, point) {
  return point.x >= box.x && point.x <= box.x + box.width && point.y >= box.y && point.y <= box.y + box.height;
}

/**
 * @param {Rect} a
 * @param {Rect} b
 */
export function intersects(a, b) {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;
}

/**
 * Everything under `point`, the smallest first: what lies inside something else can then be reached.
 * @param {readonly Visible[]} shown
 * @param {Point} point
 * @param {number} slackX  how far beside an edge still counts, in pixels of the picture
 * @param {number} slackY
 * @returns {Visible[]}
 */
export function hitsAt(shown, point, slackX, slackY) {
  return shown
    .filter(({ shape: { x, y, width, height } }) =>
      contains({ x: x - slackX, y: y - slackY, width: width + 2 * slackX, height: height + 2 * slackY }, point))
    .sort((a, b) => a.shape.width * a.shape.height - b.shape.width * b.shape.height);
}

/**
 * The handle of `box` at a point of the canvas, or null. Where handles crowd on a small box they are left to moving it.
 * @param {Box} box
 * @param {Point} canvasPoint
 * @param {Viewport} viewport
 * @param {number} reach  canvas pixels
 * @returns {string | null}
 */
export function handleAt(box, canvasPoint, viewport, reach) {
  const corner = viewport.imageToCanvas(box);
  const size = { width: box.width * viewport.step.x, height: box.height * viewport.step.y };
  /** @type {string | null} */
  let nearest = null;
  let least = reach;
  for (const [name, [atX, atY]] of Object.entries(HANDLES)) {
    if (name.length === 1 && (atX === 0.5 ? size.width : size.height) < 3 * reach) continue;
    const x = corner.x + atX * size.width;
    const y = corner.y + atY * size.height;
    const small = size.width < 2 * reach && size.height < 2 * reach;
    const inside = canvasPoint.x > corner.x && canvasPoint.x < corner.x + size.width && canvasPoint.y > corner.y && canvasPoint.y < corner.y + size.height;
    if (small && inside) continue;
    const distance = Math.max(Math.abs(canvasPoint.x - x), Math.abs(canvasPoint.y - y));
    if (distance <= least) [nearest, least] = [name, distance];
  }
  return nearest;
}

/**
 * Both ends inside [0, size], at least `SMALLEST` apart.
 * @param {number} a
 * @param {number} b
 * @param {number} size
 */
function span(a, b, size) {
  const clamp = (/** @type {number} */ value) => Math.min(size, Math.max(0, value));
  let low = clamp(Math.min(a, b));
  let high = clamp(Math.max(a, b));
  if (high - low < SMALLEST) {
    low = Math.min(low, Math.max(0, size - SMALLEST));
    high = Math.min(size, low + SMALLEST);
  }
  return [tidy(low), tidy(high)];
}
