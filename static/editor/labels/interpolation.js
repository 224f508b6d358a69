/** What a track shows on a frame. viewer/labels/interpolation.py is its twin; tests/shared/interpolation.json holds both to it. */

import { SHAPES } from "./shapes.js";

/** @import {Keyframe, Shape} from "./records.js" */

/**
 * The number of items that are at or before `frame`, in a list sorted by frame.
 * @template T
 * @param {readonly T[]} items
 * @param {number} frame
 * @param {(item: T) => number} frameOf
 */
export function countUpTo(items, frame, frameOf) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (frameOf(items[middle]) <= frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The shape at `frame` from the keyframe at or before it and the one after it, if any.
 * @param {Keyframe} earlier
 * @param {Keyframe | null} later
 * @param {number} frame
 * @returns {Shape}
 */
export function shapeBetween(earlier, later, frame) {
  const type = SHAPES[earlier.shape.type];
  if (later === null || frame === earlier.frame || earlier.interpolation === "hold") return earlier.shape;
  if (!type || later.shape.type !== earlier.shape.type) return earlier.shape; // nothing lies between two kinds of shape
  return type.between(earlier.shape, later.shape, (frame - earlier.frame) / (later.frame - earlier.frame));
}

/**
 * The union of ranges of frames, sorted, none touching the next. `last` null is to the end.
 * @param {Iterable<{readonly first: number, readonly last: number | null}>} ranges
 * @returns {{first: number, last: number}[]}  with Infinity for the end
 */
export function union(ranges) {
  const sorted = [...ranges].map(({ first, last }) => ({ first, last: last ?? Infinity }));
  sorted.sort((a, b) => a.first - b.first);
  /** @type {{first: number, last: number}[]} */
  const result = [];
  for (const range of sorted) {
    const previous = result.at(-1);
    if (previous && range.first <= previous.last + 1) previous.last = Math.max(previous.last, range.last);
    else result.push(range);
  }
  return result;
}

/**
 * Whether `frame` is in one of the ranges that `union` gave.
 * @param {readonly {first: number, last: number}[]} ranges
 * @param {number} frame
 */
export function covers(ranges, frame) {
  const count = countUpTo(ranges, frame, (range) => range.first);
  return count > 0 && ranges[count - 1].last >= frame;
}
