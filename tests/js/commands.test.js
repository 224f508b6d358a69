import assert from "node:assert/strict";
import { test } from "node:test";
import { createTrack, placeShape } from "../../static/editor/labels/edit.js";
import { labelCommands } from "../../static/editor/tools/commands.js";
import { propagate } from "../../static/editor/tools/propagate.js";
import { reviewCommands } from "../../static/editor/tools/review_commands.js";
import { DIGEST, setOut } from "./tools_builder.js";

const box = (/** @type {number} */ x, /** @type {number} */ y = 100) => /** @type {const} */ ({ type: "box", x, y, width: 50, height: 40 });
const receipt = (/** @type {number} */ frame) => /** @type {const} */ ({ table: 7, frame, pts: frame * 512, packet: frame, proof: "browser_digest", digest: DIGEST });

/** A car on frames 0 and 20, selected, seen on frame 10. */
function withCar() {
  const set = setOut();
  const writes = createTrack({ classId: 1, number: 1, frame: 0, shape: box(100), receipt: receipt(0) });
  set.store.write(writes, "remote");
  const id = writes[0].id;
  set.store.write(placeShape(set.index, id, 20, box(200), receipt(20)), "remote");
  set.session.set({ selection: [id] });
  return { set, id, commands: labelCommands(set.editor) };
}

test("a nudge moves by one pixel on this frame only, with proof", async () => {
  const { set, id, commands } = withCar();
  await commands.nudgeRight();
  const keyframe = set.index.keyframeAt(id, 10);
  assert.equal(keyframe?.value.shape.x, 151);
  assert.equal(keyframe?.value.receipt.digest, DIGEST);
  assert.equal(set.index.shapeAt(id, 0)?.shape.x, 100);
});

test("nudges that come faster than proofs are all made, one after another", async () => {
  const { set, id, commands } = withCar();
  await Promise.all([commands.nudgeRight(), commands.nudgeRight(), commands.nudgeDown()]);
  const shape = set.index.keyframeAt(id, 10)?.value.shape;
  assert.deepEqual([shape?.x, shape?.y], [152, 101]);
  assert.equal(set.saved.length, 3);
});

test("keyframe on and off leaves the way of the object as it was", async () => {
  const { set, id, commands } = withCar();
  await commands.keyframe();
  assert.equal(set.index.keyframeAt(id, 10)?.value.shape.x, 150);
  await commands.keyframe();
  assert.equal(set.index.keyframeAt(id, 10), null);
  assert.equal(set.index.shapeAt(id, 10)?.shape.x, 150);
});

test("split makes two objects, selects the second, and undo makes them one again", async () => {
  const { set, id, commands } = withCar();
  await commands.split();
  assert.equal(set.index.tracks().length, 2);
  assert.notEqual(set.session.current, id);
  assert.equal(set.index.shapeAt(id, 10), null);
  commands.undo();
  assert.equal(set.index.tracks().length, 1);
  assert.match(set.screen.said.at(-1) ?? "", /^Undone: Split car 1, frame 10/);
});

test("a split that is refused leaves nothing open", async () => {
  const { set, id, commands } = withCar();
  set.index.aside = () => [/** @type {any} */ ({ id: "x", kind: "keyframe", value: {} })];
  await commands.split();
  assert.match(set.screen.said.at(-1) ?? "", /to be reviewed/);
  assert.deepEqual([set.index.tracks().length, set.editor.placement.open], [1, false]);
  set.index.aside = () => [];
  await commands.split();
  assert.equal(set.index.tracks().length, 2);
  assert.equal(set.index.keyframes(id).length > 0, true);
});

test("redo of a split selects what it split off, as the split did, and undo the one object: Delete takes no more than that", async () => {
  const { set, id, commands } = withCar();
  await commands.split();
  const second = set.session.current ?? "";
  commands.undo();
  assert.deepEqual(set.session.selection, [id]);
  commands.redo();
  assert.deepEqual(set.session.selection, [second]);
  commands.delete();
  assert.deepEqual(set.index.tracks().map((track) => track.id), [id]);
});

test("undo of a merge selects both again, redo the one that is left; redo of a paste what was pasted", async () => {
  const { set, id, commands } = withCar();
  const other = createTrack({ classId: 1, number: 2, frame: 30, shape: box(300), receipt: receipt(30) });
  set.store.write(other, "remote");
  set.session.set({ selection: [id, other[0].id] });
  commands.merge();
  const [left] = set.session.selection;
  commands.undo();
  assert.deepEqual(new Set(set.session.selection), new Set([id, other[0].id]));
  commands.redo();
  assert.deepEqual(set.session.selection, [left]);
  commands.copy();
  await commands.paste();
  const pasted = set.session.selection;
  commands.undo();
  commands.redo();
  assert.deepEqual(set.session.selection, pasted);
});

test("outside hides to the next keyframe, and brings back", async () => {
  const { set, id, commands } = withCar();
  await commands.outside();
  assert.equal(set.index.shapeAt(id, 10), null);
  assert.ok(set.index.shapeAt(id, 20));
  await commands.outside();
  assert.ok(set.index.shapeAt(id, 10));
});

test("delete takes the object from all frames, and one undo brings all of it back", () => {
  const { set, id, commands } = withCar();
  commands.delete();
  assert.equal(set.index.track(id), null);
  assert.deepEqual(set.session.selection, []);
  commands.undo();
  assert.equal(set.index.keyframes(id).length, 2);
  assert.deepEqual(set.session.selection, [id]);
});

test("undo of something on another frame goes there and says so", async () => {
  const { set, commands } = withCar();
  await commands.nudgeRight();
  set.screen.frame = 99;
  commands.undo();
  assert.deepEqual(set.screen.gone, [10]);
  assert.match(set.screen.said.at(-1) ?? "", /frame 10 \(gone there\)$/);
});

test("a locked selection is not changed", async () => {
  const { set, id, commands } = withCar();
  set.session.toggleLocked([id]);
  await commands.nudgeRight();
  commands.delete();
  assert.equal(set.saved.length, 0);
  assert.match(set.screen.said.at(-1) ?? "", /locked/);
});

test("copy and paste at the pointer makes a new object of the same class around it", async () => {
  const { set, commands } = withCar();
  commands.copy();
  set.screen.frame = 15;
  await commands.paste();
  const made = set.index.track(set.session.current ?? "");
  assert.deepEqual(made, { class: 1, number: 2 });
  const [{ value }] = set.index.keyframes(set.session.current ?? "");
  assert.deepEqual([value.frame, value.shape.x, value.shape.y], [15, 295, 220]);
});

test("paste in place keeps the place", async () => {
  const { set, commands } = withCar();
  commands.copy();
  await commands.pasteInPlace();
  assert.equal(set.index.keyframes(set.session.current ?? "")[0].value.shape.x, 150);
});

test("changing the class of several gives each its own number, in one step", () => {
  const { set, id, commands } = withCar();
  const other = createTrack({ classId: 1, number: 2, frame: 0, shape: box(300), receipt: receipt(0) });
  set.store.write(other, "remote");
  set.session.set({ selection: [id, other[0].id] });
  commands.setClass1();
  assert.deepEqual([id, other[0].id].map((one) => set.index.track(one)), [{ class: 2, number: 1 }, { class: 2, number: 2 }]);
  assert.equal(set.saved.length, 1);
});

test("previous, next and middle go by the keyframes of the selection", () => {
  const { set, commands } = withCar();
  commands.nextKeyframe();
  commands.previousKeyframe();
  commands.bisect();
  assert.deepEqual(set.screen.gone, [20, 0, 10]);
});

test("a command for a frame that has been left meanwhile is given up", async () => {
  const { set, commands } = withCar();
  set.proof.late = true;
  const first = commands.nudgeRight();
  const second = commands.nudgeRight();
  await set.settle();
  set.give();
  set.screen.frame = 11;
  await first;
  await second;
  assert.equal(set.saved.length, 1);
  assert.match(set.screen.said.at(-1) ?? "", /no longer on the screen/);
});

test("merge of two that overlap in time says why not", () => {
  const { set, id, commands } = withCar();
  const other = createTrack({ classId: 1, number: 2, frame: 5, shape: box(300), receipt: receipt(5) });
  set.store.write(other, "remote");
  set.session.set({ selection: [id, other[0].id] });
  commands.merge();
  assert.equal(set.saved.length, 0);
  assert.match(set.screen.said.at(-1) ?? "", /keyframes/);
});

test("the shapes of the frame before are put on this one, of the selection or of all that is free", async () => {
  const { set, id, commands } = withCar();
  await commands.copyPrevious();
  assert.equal(set.index.keyframeAt(id, 10)?.value.shape.x, 145);
  set.session.set({ selection: [], locked: new Set([id]) });
  set.screen.frame = 12;
  await commands.copyPrevious();
  assert.equal(set.index.keyframeAt(id, 12), null);
  set.session.set({ locked: new Set() });
  const before = set.index.shapeAt(id, 11)?.shape.x;
  await commands.copyPrevious();
  assert.equal(set.index.keyframeAt(id, 12)?.value.shape.x, before);
});

test("propagating goes to the other frame and labels it with the proof of that, as one step", async () => {
  const { set, id } = withCar();
  await propagate(set.editor, [id], 15);
  assert.equal(set.screen.frame, 15);
  assert.deepEqual(set.index.keyframes(id).map(({ value }) => [value.frame, value.shape.x, value.receipt.frame]), [[0, 100, 0], [10, 150, 10], [15, 150, 15], [20, 200, 20]]);
  assert.equal(set.saved.length, 1);
});

test("nothing is propagated to a frame that cannot be labelled", async () => {
  const { set, id } = withCar();
  set.editor.show = async (/** @type {number} */ frame) => {
    set.screen.frame = frame;
    set.screen.problem = "Frame 15 is not proved.";
  };
  await assert.rejects(propagate(set.editor, [id], 15), /Frame 15 is not proved/);
  assert.equal(set.index.keyframes(id).length, 2);
  assert.equal(set.saved.length, 0);
});

test("a keyframe to review is confirmed on the frame on the screen, and takes the place of another there", async () => {
  const { set, id } = withCar();
  const there = set.index.keyframeAt(id, 0)?.id ?? "";
  const twenty = set.index.keyframeAt(id, 20)?.id ?? "";
  const record = /** @type {const} */ ({ kind: "keyframe", id: twenty, track: id });
  const { canConfirm, confirm } = reviewCommands(set.editor, { chosen: twenty, records: [record], find: () => record });
  set.screen.frame = 0;
  assert.ok(canConfirm());
  await confirm();
  assert.equal(set.index.keyframes(id).length, 1);
  const { value } = set.index.keyframes(id)[0];
  assert.deepEqual([value.frame, value.shape.x, value.receipt.frame], [0, 200, 0]);
  set.history.undo();
  assert.deepEqual(set.index.keyframes(id).map((keyframe) => keyframe.id), [there, twenty]);
});
