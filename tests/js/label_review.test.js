import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../../static/editor/core/store.js";
import { LabelReview } from "../../static/editor/net/label_review.js";

const receipt = (/** @type {number} */ table) => ({ table, frame: 10, pts: 0, packet: 0, proof: "server", digest: "" });
const keyframe = (/** @type {string} */ id, /** @type {number} */ table) => ({
  id, kind: "keyframe", value: { track: "t", frame: 10, receipt: receipt(table) }, revision: 1,
});
const listed = (/** @type {string} */ id, more = {}) => ({ kind: "keyframe", id, track: "t", frame: 10, frame_now: 11, verdict: "changed", ...more });

/** A server that answers what it is told to. */
function setOut(/** @type {any} */ answer) {
  const store = new Store();
  for (const { id } of answer.records) store.write([keyframe(id, 1)], "remote");
  const asked = /** @type {string[]} */ ([]);
  const server = { answer, status: 200 };
  const fetch = async (/** @type {any} */ url, /** @type {any} */ { method }) => {
    asked.push(`${method} ${url}`);
    return new Response(JSON.stringify(server.answer), { status: server.status });
  };
  return { store, asked, server, review: new LabelReview(9, store, /** @type {any} */ (fetch)) };
}

test("a label that has the proof of a frame of the current table leaves the list, and undone it is back", async () => {
  const { store, review } = setOut({ table: 2, counts: { changed: 2 }, records: [listed("a"), listed("b")] });
  await review.ask();
  assert.deepEqual([review.count, review.of("t").some(({ id }) => id === "a")], [2, true]);
  store.write([keyframe("a", 2)], "user");
  assert.deepEqual([review.count, review.of("t").some(({ id }) => id === "a"), review.counts.changed], [1, false, 1]);
  store.write([keyframe("a", 1)], "history");
  assert.deepEqual([review.count, review.of("t").some(({ id }) => id === "a")], [2, true]);
  store.write([{ id: "b", kind: "keyframe", value: null }], "remote");
  assert.deepEqual(review.records.map(({ id }) => id), ["a"]);
  review.close();
});

test("what confirming is about: the label taken up, else the one whose picture is on the screen", async () => {
  const records = [listed("a", { frame_now: null, verdict: "gone" }), listed("b", { frame: 29, frame_now: 30 })];
  const { review } = setOut({ table: 2, counts: { changed: 1, gone: 1 }, records });
  await review.ask();
  assert.equal(review.find("t", 30)?.id, "b");
  assert.equal(review.find("t", 10)?.id, "a");
  assert.equal(review.find("t", 17), null);
  assert.equal(review.find("other", 30), null);
  review.choose("a");
  assert.equal(review.find("t", 17)?.id, "a");
  review.close();
});

test("moving takes what is left from the answer and says how many", async () => {
  const { asked, server, review } = setOut({ table: 2, counts: { moved: 1, gone: 1 }, records: [listed("a", { verdict: "moved" }), listed("b", { verdict: "gone" })] });
  const said = /** @type {string[]} */ ([]);
  review.on("message", (sentence) => said.push(sentence));
  await review.ask();
  server.answer = { table: 2, counts: { gone: 1 }, records: [listed("b", { verdict: "gone" })], moved: 1 };
  await review.move();
  assert.deepEqual(asked, ["GET /api/label-rows/9/review/", "POST /api/label-rows/9/review/"]);
  assert.deepEqual([review.count, review.busy, said], [1, false, ["1 label was moved to its picture."]]);
  review.close();
});

test("what the server will not move is said in its words, and the list is asked for again", async () => {
  const { asked, server, review } = setOut({ table: 2, counts: { moved: 1 }, records: [listed("a", { verdict: "moved" })] });
  const said = /** @type {string[]} */ ([]);
  review.on("message", (sentence) => said.push(sentence));
  await review.ask();
  server.status = 412;
  server.answer = { code: "conflict", detail: "Someone else has changed this meanwhile." };
  await review.move();
  assert.deepEqual(said, ["Someone else has changed this meanwhile."]);
  assert.deepEqual([review.count, asked.length], [1, 3]);
  review.close();
});
