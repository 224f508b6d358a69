import assert from "node:assert/strict";
import { test } from "node:test";
import { boxTool } from "../../static/editor/tools/box_tool.js";
import { Hand } from "../../static/editor/tools/hand.js";
import { selectTool } from "../../static/editor/tools/select_tool.js";
import { at, DIGEST, setOut } from "./tools_builder.js";

/** @param {ReturnType<typeof setOut>} set */
function only(set) {
  const tracks = set.index.tracks();
  assert.equal(tracks.length, 1);
  return { ...tracks[0], keyframes: set.index.keyframes(tracks[0].id) };
}

/** @param {ReturnType<typeof setOut>} set @param {Hand} hand @param {[number, number]} from @param {[number, number]} to */
async function drag(set, hand, from, to) {
  hand.send("press", at(...from));
  hand.send("move", at(from[0] + 5, from[1] + 5));
  hand.send("move", at(...to));
  hand.send("up", at(...to));
  await set.settle();
}

async function withBox() {
  const set = setOut();
  const hand = new Hand(set.editor);
  set.session.set({ tool: "box", classId: 1 });
  await drag(set, hand, [100, 100], [200, 180]);
  return { set, hand };
}

test("every state of every tool that can be left by Escape has cancel", () => {
  for (const tool of [selectTool, boxTool]) {
    for (const [name, state] of Object.entries(tool(setOut().editor))) {
      if (name !== "idle") assert.equal(typeof state.cancel, "function", `${tool.name}: ${name}`);
    }
  }
});

test("a dragged box becomes a track with one keyframe, its receipt, and one step of undo", async () => {
  const { set } = await withBox();
  const { value, keyframes } = only(set);
  assert.deepEqual(value, { class: 1, number: 1 });
  assert.deepEqual(keyframes[0].value.shape, { type: "box", x: 100, y: 100, width: 100, height: 80 });
  assert.deepEqual(keyframes[0].value.receipt, { table: 7, frame: 10, pts: 5120, packet: 10, proof: "browser_digest", digest: DIGEST });
  assert.equal(set.saved.length, 1);
  set.history.undo();
  assert.equal(set.index.tracks().length, 0);
});

test("click and click draws as well as dragging", async () => {
  const set = setOut();
  const hand = new Hand(set.editor);
  set.session.set({ tool: "box" });
  hand.send("press", at(50, 60));
  hand.send("up", at(50, 60));
  hand.send("move", at(90, 100));
  hand.send("press", at(150, 160));
  hand.send("up", at(150, 160));
  await set.settle();
  assert.deepEqual(only(set).keyframes[0].value.shape, { type: "box", x: 50, y: 60, width: 100, height: 100 });
});

test("after a box the select tool is in hand, unless drawing is to be kept up", async () => {
  const { set, hand } = await withBox();
  assert.equal(set.session.tool, "select");
  set.session.set({ tool: "box", keepsDrawing: true });
  await drag(set, hand, [300, 300], [350, 350]);
  assert.equal(set.session.tool, "box");
  assert.equal(set.index.tracks().length, 2);
});

test("a box is cut off at the edge of the picture", async () => {
  const set = setOut();
  const hand = new Hand(set.editor);
  set.session.set({ tool: "box" });
  await drag(set, hand, [600, 400], [900, 900]);
  assert.deepEqual(only(set).keyframes[0].value.shape, { type: "box", x: 600, y: 400, width: 40, height: 80 });
});

test("Escape while drawing leaves nothing, and nothing to undo", async () => {
  const set = setOut();
  const hand = new Hand(set.editor);
  set.session.set({ tool: "box" });
  hand.send("press", at(50, 60));
  hand.send("move", at(150, 160));
  assert.equal(set.index.tracks().length, 1);
  hand.cancel();
  assert.equal(set.index.tracks().length, 0);
  assert.equal(set.history.canUndo, false);
  assert.equal(hand.busy, false);
  assert.deepEqual(set.session.selection, []);
});

test("nothing can be drawn while the frame is not on the screen, and a sentence says why", () => {
  const set = setOut();
  const hand = new Hand(set.editor);
  set.session.set({ tool: "box" });
  set.screen.problem = "Frame 11 is not on the screen yet.";
  assert.equal(hand.cursor, "not-allowed");
  hand.send("press", at(50, 60));
  hand.send("move", at(150, 160));
  assert.equal(hand.busy, false);
  assert.equal(set.index.tracks().length, 0);
  assert.deepEqual(set.screen.said, ["Frame 11 is not on the screen yet."]);
});

test("without a class nothing is drawn, and the page asks for one", () => {
  const set = setOut({ classes: [] });
  const hand = new Hand(set.editor);
  set.session.set({ tool: "box" });
  hand.send("press", at(50, 60));
  assert.equal(set.screen.noClasses, 1);
  assert.equal(hand.busy, false);
});

test("a box that is finished before its proof waits for it, and is saved only with it", async () => {
  const set = setOut();
  const hand = new Hand(set.editor);
  set.proof.late = true;
  set.session.set({ tool: "box" });
  await drag(set, hand, [100, 100], [200, 180]);
  assert.equal(set.saved.length, 0);
  assert.equal(set.placement.open, true);
  assert.match(set.placement.problem ?? "", /waiting for the proof/);
  set.give();
  await set.settle();
  assert.equal(set.saved.length, 1);
  assert.equal(only(set).keyframes[0].value.receipt.digest, DIGEST);
  assert.equal(set.placement.open, false);
});

test("a box whose frame cannot be proved is given up, and says so", async () => {
  const set = setOut();
  const hand = new Hand(set.editor);
  set.proof.late = true;
  set.session.set({ tool: "box" });
  await drag(set, hand, [100, 100], [200, 180]);
  set.fail("frame 10 is not proved: no digest.");
  await set.settle();
  assert.equal(set.index.tracks().length, 0);
  assert.equal(set.saved.length, 0);
  assert.deepEqual(set.screen.said, ["Not placed: frame 10 is not proved: no digest."]);
});

test("moving on another frame makes a keyframe there with the receipt of that frame", async () => {
  const { set, hand } = await withBox();
  set.screen.frame = 20;
  await drag(set, hand, [150, 140], [170, 150]);
  const { keyframes } = only(set);
  assert.deepEqual(keyframes.map(({ value }) => value.frame), [10, 20]);
  assert.deepEqual(keyframes[1].value.shape, { type: "box", x: 120, y: 110, width: 100, height: 80 });
  assert.equal(keyframes[1].value.receipt.frame, 20);
  assert.equal(set.saved.length, 2);
});

test("each handle moves its own sides", async () => {
  const { set, hand } = await withBox();
  await drag(set, hand, [200, 180], [220, 200]);
  assert.deepEqual(only(set).keyframes[0].value.shape, { type: "box", x: 100, y: 100, width: 120, height: 100 });
  await drag(set, hand, [160, 100], [160, 90]);
  assert.deepEqual(only(set).keyframes[0].value.shape, { type: "box", x: 100, y: 90, width: 120, height: 110 });
});

test("a handle dragged past the other side turns the box over", async () => {
  const { set, hand } = await withBox();
  await drag(set, hand, [200, 180], [60, 40]);
  assert.deepEqual(only(set).keyframes[0].value.shape, { type: "box", x: 60, y: 40, width: 40, height: 60 });
});

test("a tremble of the hand is a click and moves nothing", async () => {
  const { set, hand } = await withBox();
  hand.send("press", at(150, 140));
  hand.send("move", at(151, 141));
  hand.send("up", at(151, 141));
  await set.settle();
  assert.equal(set.saved.length, 1);
});

test("Escape in the middle of a move puts the box back", async () => {
  const { set, hand } = await withBox();
  hand.send("press", at(150, 140));
  hand.send("move", at(180, 140));
  hand.send("move", at(250, 140));
  hand.cancel();
  assert.equal(only(set).keyframes[0].value.shape.x, 100);
  assert.equal(set.saved.length, 1);
});

test("locked objects are out of the mouse's reach", async () => {
  const { set, hand } = await withBox();
  set.session.toggleLocked([only(set).id]);
  await drag(set, hand, [150, 140], [300, 300]);
  assert.equal(only(set).keyframes[0].value.shape.x, 100);
});

test("a click on a stack of boxes takes the smallest, the next click what lies beneath", async () => {
  const { set, hand } = await withBox();
  set.session.set({ tool: "box" });
  await drag(set, hand, [50, 50], [400, 400]);
  const [small, large] = set.index.tracks().map(({ id }) => id);
  set.session.set({ selection: [] });
  const click = () => {
    hand.send("press", at(150, 140));
    hand.send("up", at(150, 140));
  };
  click();
  assert.deepEqual(set.session.selection, [small]);
  click();
  assert.deepEqual(set.session.selection, [large]);
  click();
  assert.deepEqual(set.session.selection, [small]);
});

test("a sweep over nothing selects what it touches and changes no label", async () => {
  const { set, hand } = await withBox();
  set.session.set({ selection: [] });
  await drag(set, hand, [20, 20], [120, 120]);
  assert.equal(set.session.selection.length, 1);
  assert.equal(set.saved.length, 1);
});

test("undo while a shape waits for its proof gives that shape up and frees the tool", async () => {
  const { set, hand } = await withBox();
  set.proof.late = true;
  await drag(set, hand, [150, 140], [170, 150]);
  set.placement.cancel();
  set.give();
  await set.settle();
  assert.equal(only(set).keyframes[0].value.shape.x, 100);
  assert.equal(set.saved.length, 1);
  assert.equal(hand.busy, false);
});
