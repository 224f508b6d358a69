import assert from "node:assert/strict";
import test from "node:test";

import { prefetchWindow } from "../../static/editor/playback/prefetch.js";

test("more is made ready in the direction of travel, never more than fits", () => {
  assert.deepEqual(prefetchWindow({ frame: 100, travel: 1, moving: false, capacity: 1000 }), { first: 80, last: 130 });
  assert.deepEqual(prefetchWindow({ frame: 100, travel: 1, moving: true, capacity: 1000 }), { first: 80, last: 140 });
  const back = prefetchWindow({ frame: 100, travel: -1, moving: true, capacity: 1000 });
  assert.ok(100 - back.first > back.last - 100);
  const small = prefetchWindow({ frame: 100, travel: 1, moving: true, capacity: 10 });
  assert.ok(small.last - small.first < 10);
});
