import assert from "node:assert/strict";
import test from "node:test";

import { rateWords } from "../../static/editor/panels/rate_words.js";

/** @param {number[]} pts @param {number} ticks a second */
function times(pts, ticks) {
  return { frameCount: pts.length, ptsAt: (frame) => pts[frame], secondsAt: (frame) => pts[frame] / ticks };
}

test("a constant rate is one number, also where a container has rounded each time", () => {
  assert.equal(rateWords(times(Array.from({ length: 300 }, (_, n) => 1001 * n), 30_000)), "29.97 frames/s");
  const milliseconds = Array.from({ length: 3001 }, (_, n) => Math.round((1001 * n) / 30));
  assert.equal(rateWords(times(milliseconds, 1000)), "29.97 frames/s");
  assert.equal(rateWords(times([0, 1, 2, 3], 25)), "25 frames/s");
});

test("a variable rate is called so, with its average", () => {
  const pts = Array.from({ length: 88 }, (_, n) => 1000 * n + (n % 2) * 300);
  assert.equal(rateWords(times(pts, 8700)), "variable rate, 8.67 frames/s on average");
  // One gap makes a rate variable.
  assert.match(rateWords(times([0, 3600, 7200, 14_400, 18_000], 90_000)), /^variable rate, 20 frames/);
});

test("a single frame has no rate", () => {
  assert.equal(rateWords(times([0], 25)), "");
});
