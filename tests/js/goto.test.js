import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGoTo } from "../../static/editor/panels/goto.js";
import { formatTime } from "../../static/shared/core/words.js";

// A variable rate: nothing can be right here by multiplying.
const SECONDS = [0, 0.04, 0.08, 0.5, 0.51, 2, 2.5, 62.5, 62.54, 3700];
const clock = { frameCount: SECONDS.length, secondsAt: (/** @type {number} */ frame) => SECONDS[frame] };
const go = (/** @type {string} */ text, current = 4) => parseGoTo(text, current, clock);

test("a number is a frame", () => {
  assert.deepEqual(go("7"), { frame: 7 });
  assert.deepEqual(go(" 0 "), { frame: 0 });
});

test("a frame that does not exist is refused with the last one", () => {
  assert.match(/** @type {any} */ (go("10")).problem, /last frame is 9/);
});

test("plus and minus count from where one is and stop at the ends", () => {
  assert.deepEqual(go("+3"), { frame: 7 });
  assert.deepEqual(go("-2"), { frame: 2 });
  assert.deepEqual(go("+100"), { frame: 9 });
  assert.deepEqual(go("-100"), { frame: 0 });
});

test("per cent is a part of the frames", () => {
  assert.deepEqual(go("0%"), { frame: 0 });
  assert.deepEqual(go("50 %"), { frame: 5 });
  assert.deepEqual(go("100%"), { frame: 9 });
  assert.ok("problem" in go("101%"));
});

test("a time is the frame on screen at that time of the table", () => {
  assert.deepEqual(go("00:01:02.5"), { frame: 7 });
  assert.deepEqual(go("1:02.52"), { frame: 7 });
  assert.deepEqual(go("0.49"), { frame: 2 });
  assert.deepEqual(go("0.5"), { frame: 3 });
  assert.deepEqual(go("2s"), { frame: 5 });
  assert.deepEqual(go("01:01:40"), { frame: 9 });
  assert.deepEqual(go("99:00:00"), { frame: 9 });
});

test("the time that is shown for a frame leads back to it", () => {
  for (let frame = 0; frame < SECONDS.length; frame++) assert.deepEqual(go(formatTime(SECONDS[frame])), { frame });
});

test("a time before the first frame is the first frame", () => {
  const late = { frameCount: 2, secondsAt: (/** @type {number} */ frame) => 10 + frame };
  assert.deepEqual(parseGoTo("0.5", 0, late), { frame: 0 });
  assert.deepEqual(parseGoTo("11.2", 0, late), { frame: 1 });
});

test("anything else is answered with what may be typed", () => {
  for (const text of ["", "abc", "1e3", "12:", "--5", "+1.5", "5%%", "NaN"]) assert.ok("problem" in go(text), text);
});

test("times are written with hours, minutes, seconds and milliseconds", () => {
  assert.equal(formatTime(0), "00:00:00.000");
  assert.equal(formatTime(3725.0405), "01:02:05.041");
  assert.equal(formatTime(59.9996), "00:01:00.000");
  assert.equal(formatTime(-0.04), "−00:00:00.040");
});
