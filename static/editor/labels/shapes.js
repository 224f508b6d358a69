/** What each type of shape is made of. A new type of shape is a new entry here and in viewer/labels/shapes.py. */

/** @import {Shape} from "./records.js" */

/**
 * `between(a, b, t)` is the shape at the fraction t of the way from a to b.
 * @typedef {{between: (a: any, b: any, t: number) => Shape, moved: (a: any, dx: number, dy: number) => Shape}} ShapeType
 */

/** @type {Readonly<Record<string, ShapeType>>} */
export const SHAPES = {
  box: {
    between: (a, b, t) => ({
      type: "box",
      x: mix(a.x, b.x, t),
      y: mix(a.y, b.y, t),
      width: mix(a.width, b.width, t),
      height: mix(a.height, b.height, t),
    }),
    moved: (box, dx, dy) => ({ ...box, x: box.x + dx, y: box.y + dy }),
  },
};

/**
 * The same operations in the same order as in Python, so that both give the same bits.
 * @param {number} a
 * @param {number} b
 * @param {number} t
 */
function mix(a, b, t) {
  return a + (b - a) * t;
}
