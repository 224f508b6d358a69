import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { TrackIndex } from "../../static/editor/labels/tracks.js";
import { Store } from "../../static/editor/core/store.js";
import { box, labels, receipt, seen, trackWrites } from "./labels_builder.js";

const CASES = JSON.parse(readFileSync(new URL("../shared/interpolation.json", import.meta.url), "utf8"));

for (const { name, keyframes, outside, shows } of CASES) {
  test(`interpolation: ${name}`, () => {
    const { index } = labels([
      { id: "t", kind: "track", value: { class: 1, number: 1 } },
      ...keyframes.map((keyframe, i) => ({
        id: `k${i}`, kind: "keyframe",
        value: { track: "t", interpolation: "linear", occluded: false, receipt: receipt(keyframe.frame), ...keyframe },
      })),
      ...outside.map((range, i) => ({ id: `r${i}`, kind: "range", value: { track: "t", type: "outside", ...range } })),
    ]);
    for (const { frame, shape, keyframe = false, occluded = false } of shows) {
      const shown = index.shapeAt("t", frame);
      assert.deepEqual(shown?.shape ?? null, shape, `frame ${frame}`);
      if (shape) assert.deepEqual([shown.isKeyframe, shown.occluded, shown.keyframeId !== null], [keyframe, occluded, keyframe]);
      assert.deepEqual(index.visibleAt(frame).map((visible) => visible.shape), shape ? [shape] : []);
    }
  });
}

test("the index follows the store: it is as one that is built anew", () => {
  const { store, index } = labels();
  const random = (() => { let s = 7; return (n) => (s = (s * 48271) % 2147483647) % n; })();
  for (let i = 0; i < 3000; i++) {
    const id = `t${random(6)}`;
    const frame = random(40);
    const what = random(5);
    const write =
      what === 0 ? { id, kind: "track", value: random(4) ? { class: 1, number: 1 } : null }
      : what < 4 ? { id: `k${random(30)}`, kind: "keyframe", value: random(4) ? { track: id, frame, shape: box(random(99)), interpolation: random(2) ? "hold" : "linear", occluded: false } : null }
      : { id: `r${random(10)}`, kind: "range", value: random(2) ? { track: id, type: "outside", first: frame, last: random(3) ? frame + random(9) : null } : null };
    store.write([write], "user");
    if (i % 50) continue;
    const fresh = new TrackIndex(store);
    for (let f = 0; f < 60; f += 1) {
      const sorted = (list) => list.sort((a, b) => (a.id < b.id ? -1 : 1));
      assert.deepEqual(sorted(index.visibleAt(f)), sorted(fresh.visibleAt(f)));
      for (const { id: track } of index.tracks()) {
        assert.deepEqual(index.shapeAt(track, f), fresh.shapeAt(track, f));
        assert.equal(index.visibleAt(f).some((visible) => visible.id === track), index.shapeAt(track, f) !== null);
      }
    }
  }
});

test("next and previous keyframes are those strictly after and before", () => {
  const { index } = labels(trackWrites("t", { 3: box(0), 7: box(1), 9: box(2) }));
  const frame = (record) => record?.value.frame ?? null;
  assert.deepEqual([frame(index.previousKeyframe("t", 7)), frame(index.nextKeyframe("t", 7))], [3, 9]);
  assert.deepEqual([frame(index.previousKeyframe("t", 3)), frame(index.nextKeyframe("t", 9))], [null, null]);
  assert.deepEqual([frame(index.keyframeAt("t", 7)), frame(index.keyframeAt("t", 8))], [7, null]);
  assert.deepEqual(index.keyframes("t").map(frame), [3, 7, 9]);
  assert.deepEqual(index.keyframes("none"), []);
});

test("the extent of a track ends where it is outside for good", () => {
  const { index } = labels(trackWrites("a", { 3: box(0) }), trackWrites("b", { 3: box(0) }, [[10, 12], [13, null]]), trackWrites("c", { 5: box(0) }, [[2, null]]));
  assert.deepEqual(index.extent("a"), { first: 3, last: Infinity });
  assert.deepEqual(index.extent("b"), { first: 3, last: 9 });
  assert.equal(index.extent("c"), null);
});

test("labels on another frame table stand aside until they have the proof of this one", () => {
  const frame = (/** @type {any} */ record) => record.value.frame;
  const store = new Store();
  const index = new TrackIndex(store, 2);
  const [track, old, current, gone] = trackWrites("t", { 3: box(0), 9: box(9) }, [[20, null]]);
  const on = (write, table) => ({ ...write, value: { ...write.value, receipt: { ...write.value.receipt, table } } });
  store.write([track, old, on(current, 2), gone], "remote");
  assert.deepEqual(index.keyframes("t").map(frame), [9]);
  assert.deepEqual([index.shapeAt("t", 3), index.keyframeAt("t", 3), index.extent("t").last], [null, null, Infinity]);
  assert.deepEqual(index.aside("t").map(({ id }) => id), [old.id, gone.id]);
  store.write([on(old, 2)], "user");
  assert.deepEqual([index.keyframes("t").map(frame), index.aside("t").length], [[3, 9], 1]);
  store.write([old], "history");
  assert.deepEqual([index.keyframes("t").map(frame), index.aside("t").length], [[9], 2]);
});

test("keyframes that come before their track are not lost", () => {
  const store = new Store();
  const index = new TrackIndex(store);
  const [track, ...rest] = trackWrites("t", { 0: box(1) });
  store.write(rest, "remote");
  assert.deepEqual([index.shapeAt("t", 0), index.visibleAt(0)], [null, []]);
  store.write([track], "remote");
  assert.deepEqual(index.shapeAt("t", 0).shape, box(1));
});

test("asking ten thousand tracks what is visible takes less than a tenth of a paint", () => {
  const tracks = [];
  for (let i = 0; i < 10000; i++) tracks.push(...trackWrites(`t${i}`, { [i]: box(i), [i + 10]: box(i + 5) }, [[i + 20, null]]));
  const { index } = labels(tracks);
  let best = Infinity;
  for (let round = 0; round < 50; round++) {
    const start = performance.now();
    assert.equal(index.visibleAt(5000).length, 20);
    best = Math.min(best, performance.now() - start);
  }
  assert.ok(best < 1.6, `${best} ms`);
});

test("what is seen can be listed", () => {
  const { index } = labels(trackWrites("t", { 1: box(1) }, [[3, null]]));
  assert.deepEqual(seen(index, "t", 4).map((shown) => shown !== null), [false, true, true, false, false]);
});
