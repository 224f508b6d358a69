import assert from "node:assert/strict";
import { test } from "node:test";
import { sameWhile } from "../../static/editor/core/same_while.js";
import { crowd } from "../../static/editor/render/crowd.js";
import { Viewport } from "../../static/editor/render/viewport.js";

globalThis.ImageData ??= /** @type {any} */ (
  class {
    constructor(/** @type {number} */ width, /** @type {number} */ height) {
      Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
    }
  }
);

const shape = (/** @type {number} */ x, /** @type {number} */ y) => /** @type {any} */ ({ id: `${x}`, shape: { type: "box", x, y, width: 4, height: 3 } });

/** @param {any[]} shapes */
function scene(shapes) {
  const viewport = new Viewport();
  viewport.setCanvas(640, 480); // of which the tests draw a corner
  viewport.setPicture(640, 480, [1, 1], 0);
  return { viewport, density: 1, shapes, colorOf: () => "#e69f00" };
}

/** @param {ImageData} image */
const drawn = ({ data, width, height }) =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => (data[4 * (y * width + x) + 3] ? "#" : ".")).join(""));

test("each box is an outline of its colour, cut off where the canvas ends", () => {
  const image = crowd(scene([shape(1, 1), shape(8, 6), shape(-2, 4), shape(30, 30)]), 10, 8);
  assert.deepEqual(drawn(image), ["..........", ".####.....", ".#..#.....", ".####.....", "##........", ".#........", "##......##", "........#."]);
  assert.deepEqual([...image.data.slice(4 * 11, 4 * 11 + 4)], [0xe6, 0x9f, 0, 255]);
});

test("it is made anew only for other shapes or another place", () => {
  const shapes = [shape(1, 1)];
  const first = crowd(scene(shapes), 10, 8);
  first.data[3] = 9; // a mark that a new drawing wipes away
  assert.equal(crowd(scene(shapes), 10, 8).data[3], 9);
  assert.equal(crowd(scene([shape(1, 1)]), 10, 8).data[3], 0);
  const moved = scene(shapes);
  moved.viewport.panBy(2, 0);
  crowd(moved, 10, 8).data[3] = 9;
  assert.equal(crowd(scene(shapes), 10, 8).data[3], 0);
});

test("an answer is kept as long as what it depends on is the same", () => {
  let made = 0;
  const causes = [1, {}];
  const answer = sameWhile(() => [...causes], () => [++made]);
  assert.equal(answer(), answer());
  causes[1] = {};
  assert.deepEqual(answer(), [2]);
});
