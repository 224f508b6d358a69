import assert from "node:assert/strict";
import test from "node:test";

import * as edit from "../../static/editor/labels/edit.js";
import { box, labels, labelsOn, receipt, seen, trackWrites } from "./labels_builder.js";

/** The same on every frame, up to the rounding of an interpolation that was cut in two. */
function assertSeenAlike(actual, expected) {
  assert.equal(actual.length, expected.length);
  actual.forEach((shown, frame) => {
    assert.equal(shown === null, expected[frame] === null, `frame ${frame}`);
    if (shown === null) return;
    assert.equal(shown.occluded, expected[frame].occluded, `frame ${frame}`);
    for (const field of ["x", "y", "width", "height"]) {
      assert.ok(Math.abs(shown.shape[field] - expected[frame].shape[field]) < 1e-9, `frame ${frame}: ${field}`);
    }
  });
}

test("a new track starts on the frame that was seen", () => {
  const { index, history } = labels();
  const writes = edit.createTrack({ classId: 2, number: edit.nextNumber(index, 2), frame: 4, shape: box(1), receipt: receipt(4) });
  history.do("Draw", writes);
  assert.deepEqual(index.track(writes[0].id), { class: 2, number: 1 });
  assert.deepEqual(index.shapeAt(writes[0].id, 4), { shape: box(1), isKeyframe: true, keyframeId: writes[1].id, occluded: false });
  assert.equal(index.shapeAt(writes[0].id, 3), null);
  assert.equal(edit.nextNumber(index, 2), 2);
  assert.equal(edit.nextNumber(index, 3), 1);
});

test("placing a shape changes the keyframe there, or makes one like the one before it", () => {
  const { index, history } = labels(trackWrites("t", { 0: { shape: box(0), interpolation: "hold", occluded: true } }));
  history.do("Move", edit.placeShape(index, "t", 0, box(5), receipt(0)));
  assert.equal(index.keyframes("t").length, 1);
  history.do("Move", edit.placeShape(index, "t", 9, box(9), receipt(9)));
  const made = index.keyframeAt("t", 9);
  assert.deepEqual([made.value.interpolation, made.value.occluded, made.value.receipt], ["hold", true, receipt(9)]);
});

test("placing a shape inside an outside range makes the track visible from there", () => {
  const { index, history } = labels(trackWrites("t", { 0: box(0) }, [[10, 30]]));
  history.do("Draw", edit.placeShape(index, "t", 20, box(7), receipt(20)));
  const visible = seen(index, "t", 40).map((shown) => shown !== null);
  assert.deepEqual([visible[9], visible[10], visible[19], visible[20], visible[30], visible[40]], [true, false, false, true, true, true]);
  history.undo();
  assert.equal(index.shapeAt("t", 20), null);
});

test("placing a shape on the first frame of an outside range takes the range away", () => {
  const { index, history } = labels(trackWrites("t", { 0: box(0) }, [[10, null]]));
  history.do("Draw", edit.placeShape(index, "t", 10, box(7), receipt(10)));
  assert.deepEqual(index.ranges("t"), []);
});

test("outside lasts until the next keyframe, and touching ranges become one", () => {
  const { index, history } = labels(trackWrites("t", { 0: box(0), 20: box(20) }, [[15, 17]]));
  history.do("Outside", edit.toggleOutside(index, "t", 5, receipt(5)));
  assert.deepEqual(index.ranges("t").map(({ value }) => [value.first, value.last]), [[5, 19]]);
  history.do("Outside", edit.toggleOutside(index, "t", 25, receipt(25)));
  assert.deepEqual(index.ranges("t").map(({ value }) => [value.first, value.last]), [[5, 19], [25, null]]);
  history.do("Outside", edit.toggleOutside(index, "t", 20, receipt(20)));
  assert.deepEqual(index.ranges("t").map(({ value }) => [value.first, value.last]), [[5, null]]);
});

test("toggling outside twice on a frame shows what was there before", () => {
  const { index, history } = labels(trackWrites("t", { 0: box(0), 20: box(20) }));
  const before = seen(index, "t");
  history.do("Outside", edit.toggleOutside(index, "t", 5, receipt(5)));
  assert.equal(index.shapeAt("t", 5), null);
  history.do("Inside", edit.toggleOutside(index, "t", 5, receipt(5)));
  assertSeenAlike(seen(index, "t"), before);
});

test("before its first keyframe a track cannot be toggled", () => {
  const { index } = labels(trackWrites("t", { 9: box(0) }));
  assert.deepEqual(edit.toggleOutside(index, "t", 3, receipt(3)), []);
  assert.deepEqual(edit.toggleOccluded(index, "t", 3, receipt(3)), []);
});

test("occluded makes a keyframe that leaves the shapes as they were", () => {
  const { index, history } = labels(trackWrites("t", { 0: box(0), 10: box(10) }));
  const before = seen(index, "t", 20);
  history.do("Occluded", edit.toggleOccluded(index, "t", 5, receipt(5)));
  assert.deepEqual([4, 5, 9, 10].map((frame) => index.shapeAt("t", frame).occluded), [false, true, true, false]);
  assertSeenAlike(seen(index, "t", 20).map((s) => s && { ...s, occluded: false }), before);
  history.do("Occluded", edit.toggleOccluded(index, "t", 5, receipt(5)));
  assert.equal(index.shapeAt("t", 5).occluded, false);
});

test("the way to the next keyframe can be held", () => {
  const { index, history } = labels(trackWrites("t", { 0: box(0), 10: box(10) }));
  history.do("Hold", edit.setInterpolation(index, "t:0", "hold"));
  assert.deepEqual(index.shapeAt("t", 9).shape, box(0));
});

test("a track goes with its last keyframe, and with everything that belongs to it", () => {
  const { index, history, store } = labels(trackWrites("t", { 0: box(0), 10: box(10) }, [[20, null]]));
  history.do("Delete", edit.deleteKeyframe(index, "t:0"));
  assert.notEqual(index.track("t"), null);
  history.do("Delete", edit.deleteKeyframe(index, "t:10"));
  assert.deepEqual([store.all("track").size, store.all("keyframe").size, store.all("range").size], [0, 0, 0]);
  history.undo();
  history.undo();
  assert.equal(index.keyframes("t").length, 2);
  assert.equal(index.ranges("t").length, 1);
});

const SPLITS = {
  "a linear way": [{ 0: box(0), 30: box(31) }, []],
  "held": [{ 0: { shape: box(0), interpolation: "hold" }, 30: box(31) }, []],
  "after the last keyframe": [{ 0: box(0), 5: box(9) }, []],
  "occluded": [{ 0: { shape: box(0), occluded: true }, 30: { shape: box(31), occluded: false } }, []],
  "outside ranges before, over and after": [{ 0: box(0), 15: box(44), 40: box(3) }, [[2, 4], [8, 22], [30, 33]]],
  "outside to the end": [{ 0: box(0), 40: box(3) }, [[10, null]]],
  "keyframes on every frame": [Object.fromEntries(Array.from({ length: 40 }, (_, i) => [i, box(i * i)])), [[50, null]]],
};

for (const [name, [keyframes, outside]] of Object.entries(SPLITS)) {
  test(`both halves of a split show what the whole showed: ${name}`, () => {
    for (let frame = 0; frame <= 45; frame++) {
      const { index, history } = labels(trackWrites("t", keyframes, outside));
      const before = seen(index, "t");
      const writes = edit.splitTrack(index, "t", frame, receipt(frame));
      if (frame === 0) {
        assert.deepEqual(writes, []);
        continue;
      }
      history.do("Split", writes);
      const second = writes[0].id;
      assertSeenAlike(seen(index, "t"), before.map((shown, f) => (f < frame ? shown : null)));
      assertSeenAlike(seen(index, second), before.map((shown, f) => (f < frame ? null : shown)));
      assert.deepEqual(index.track(second), { class: 1, number: 2 });
      for (const { value } of [...index.keyframes("t"), ...index.keyframes(second)]) {
        assert.equal(value.receipt.frame, value.frame, "a keyframe keeps the proof of its own frame");
      }
      history.do("Merge", edit.mergeTracks(index, second, "t"));
      assertSeenAlike(seen(index, "t"), before);
      assert.equal(index.track(second), null);
      history.undo();
      history.undo();
      assertSeenAlike(seen(index, "t"), before);
    }
  });
}

test("merging joins an object that was lost and found again, and leaves it outside in between", () => {
  const { index, history } = labels(trackWrites("a", { 0: box(0) }, [[10, null]]), trackWrites("b", { 20: box(20) }, [[5, 8], [30, null]]));
  history.do("Merge", edit.mergeTracks(index, "a", "b"));
  assert.deepEqual(index.tracks().map((track) => track.id), ["a"]);
  assert.deepEqual(index.ranges("a").map(({ value }) => [value.first, value.last]), [[10, 19], [30, null]]);
  assert.deepEqual(index.keyframes("a").map(({ value }) => value.frame), [0, 20]);
});

test("objects that are both there cannot be merged", () => {
  const { index } = labels(trackWrites("a", { 0: box(0), 30: box(0) }), trackWrites("b", { 20: box(20) }));
  assert.throws(() => edit.mergeTracks(index, "a", "b"), edit.EditError);
  assert.deepEqual(edit.mergeTracks(index, "a", "a"), []);
});

test("a track of another class gets that class's next number", () => {
  const { index, history } = labels(trackWrites("a", { 0: box(0) }), trackWrites("b", { 0: box(0) }, [], { class: 2, number: 4 }));
  history.do("Class", edit.changeClass(index, "a", 2));
  assert.deepEqual(index.track("a"), { class: 2, number: 5 });
  assert.deepEqual(edit.changeClass(index, "a", 2), []);
});

test("a moved shape keeps its size", () => {
  const { index } = labels(trackWrites("a", { 0: box(0) }));
  assert.deepEqual(edit.movedShape(index, "a", 5, 2.5, -1), box(2.5, -1));
});

test("propagating holds the shape up to another frame, forwards and back, whatever was between", () => {
  for (const [from, to] of [[2, 8], [8, 2]]) {
    const { index, history } = labels(trackWrites("t", { 0: { shape: box(0) }, 4: { shape: box(40) }, 5: { shape: box(7) }, 10: { shape: box(100) } }));
    const before = seen(index, "t", 12);
    history.do("Propagate", edit.propagateShape(index, "t", receipt(from), receipt(to)));
    const after = seen(index, "t", 12);
    for (let frame = 2; frame <= 8; frame++) assert.deepEqual(after[frame].shape, before[from].shape, `${from} to ${to}, frame ${frame}`);
    assert.deepEqual(after[0], before[0]);
    assert.deepEqual(after[10], before[10]);
    assert.deepEqual(index.keyframes("t").map(({ value }) => value.frame), [0, 2, 8, 10]);
    assert.equal(index.keyframeAt("t", to)?.value.receipt.frame, to);
    history.undo();
    assertSeenAlike(seen(index, "t", 12), before);
  }
});

test("propagating makes the object visible where it was outside, and only there", () => {
  const { index, history } = labels([...trackWrites("t", { 0: { shape: box(0) } }), { id: "r", kind: "range", value: { track: "t", type: "outside", first: 3, last: 9, receipt: receipt(3) } }]);
  history.do("Propagate", edit.propagateShape(index, "t", receipt(1), receipt(5)));
  assert.deepEqual(seen(index, "t", 11).map((shown) => shown !== null), [true, true, true, true, true, true, false, false, false, false, true, true]);
});

test("edits of a track heed what stands aside on an older frame table", () => {
  const older = (/** @type {any} */ write) => ({ ...write, value: { ...write.value, receipt: { ...write.value.receipt, table: 0 } } });
  const [track, first, second, third] = trackWrites("t", { 20: box(1), 21: box(2), 30: box(3) });
  const { index } = labelsOn(1, [track, older(first), older(second), third]);
  // Its picture is frame 20 now, by whose old number another label goes that has not been reviewed: that one stays.
  const writes = edit.confirmLabel(index, second.id, 20, receipt(20));
  assert.deepEqual(writes.map(({ id, value }) => [id, value?.frame]), [[second.id, 20]]);
  assert.deepEqual(edit.deleteTrack(index, "t").map(({ id }) => id).sort(), [track, first, second, third].map(({ id }) => id).sort());
  assert.equal(edit.deleteKeyframe(index, third.id).length, 1); // it is not the last one
  for (const refused of [() => edit.splitTrack(index, "t", 40, receipt(40)), () => edit.mergeTracks(index, "t", "b")]) {
    assert.throws(refused, edit.EditError); // on which side, or over what, nobody knows
  }
  assert.deepEqual([index.shapeAt("t", 30)?.shape, index.shapeAt("t", 35)], [box(3), null]);
});
