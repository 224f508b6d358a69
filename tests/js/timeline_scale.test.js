import assert from "node:assert/strict";
import test from "node:test";

import { TimelineScale } from "../../static/editor/panels/timeline_scale.js";

/** 1000 frames over 800 pixels that begin at 100. */
function laidOut({ frameCount = 1000, left = 100, right = 900, margin = 10 } = {}) {
  const scale = new TimelineScale(margin);
  const layOut = () => scale.layOut(left, right, frameCount);
  layOut();
  return { scale, layOut };
}

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("at first all frames are shown, the first and the last with a margin", () => {
  const { scale } = laidOut();
  assert.ok(scale.x(0) > 105 && scale.x(0) < 115);
  assert.ok(scale.x(999) > 885 && scale.x(999) < 895);
  assert.deepEqual([scale.frameAt(0), scale.frameAt(2000)], [0, 999]);
});

test("pixels to frames and back is the same place, however far in one is", () => {
  const { scale } = laidOut();
  for (const factor of [1, 3, 20, 0.5, 1000]) {
    scale.zoom(300, factor);
    for (const x of [100, 333.3, 899]) near(scale.x(scale.at(x)), x);
  }
});

test("the frame under the pointer stays there when zooming", () => {
  const { scale } = laidOut();
  const x = scale.x(400);
  scale.zoom(400, 5);
  near(scale.x(400), x);
  assert.equal(scale.whole, false);
});

test("no fewer than 8 frames are shown, and zooming out ends with all of them", () => {
  const { scale, layOut } = laidOut();
  scale.zoom(400, 1e6);
  near(scale.span, 8);
  scale.zoom(400, 1e-6);
  assert.equal(scale.whole, true);
  layOut();
  assert.ok(scale.shows(0) && scale.shows(999));
});

test("a video of three frames stands at the left and can be pointed at", () => {
  const { scale } = laidOut({ frameCount: 3 });
  assert.deepEqual([0, 1, 2].map((frame) => scale.frameAt(scale.x(frame))), [0, 1, 2]);
  assert.equal(scale.frameAt(900), 2);
  assert.deepEqual(scale.ticks(), [0, 1, 2]);
});

test("panning follows the hand and stops at the ends", () => {
  const { scale } = laidOut();
  scale.zoom(500, 10);
  const before = scale.at(200);
  scale.pan(80);
  near(scale.at(120), before);
  scale.pan(1e6);
  near(scale.to, 999.5);
  scale.pan(-1e6);
  near(scale.from, -0.5);
});

test("a playhead that leaves takes the view along, a page at a time, and none that is in view does", () => {
  const { scale } = laidOut();
  assert.equal(scale.follow(999), false, "all is shown");
  scale.zoom(0, 10);
  assert.equal(scale.follow(Math.floor(scale.to)), false);
  const { to } = scale;
  assert.equal(scale.follow(Math.ceil(to)), true);
  near((Math.ceil(to) - scale.from) / scale.span, 0.1);
  scale.follow(Math.floor(scale.from) - 1);
  assert.ok(scale.to - to < 1, "back again by a page");
});

test("the ruler names round frames, far enough apart to be read, and none that is not there", () => {
  const { scale } = laidOut();
  assert.deepEqual(scale.ticks().slice(0, 3), [0, 100, 200]);
  assert.equal(scale.ticks().at(-1), 900);
  scale.zoom(0, 100);
  const ticks = scale.ticks();
  assert.ok(ticks.every((frame) => frame >= 0 && scale.shows(frame)));
  assert.ok(scale.x(ticks[1]) - scale.x(ticks[0]) >= 64);
});
