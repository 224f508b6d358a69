import assert from "node:assert/strict";
import test from "node:test";

import { newId } from "../../static/editor/core/ids.js";
import { Store } from "../../static/editor/core/store.js";
import { sameJson } from "../../static/shared/core/json.js";

const listening = (store) => {
  const changes = [];
  store.on("change", (change) => changes.push(change));
  return changes;
};

test("a write is told as one change with before and after", () => {
  const store = new Store();
  const changes = listening(store);
  store.write([{ id: "a", kind: "track", value: { n: 1 } }, { id: "b", kind: "range", value: { n: 2 } }], "user");
  store.write([{ id: "a", kind: "track", value: null }], "remote");
  assert.deepEqual(changes.map(({ origin, records }) => [origin, records.map((r) => [r.id, r.kind, r.before, r.after])]), [
    ["user", [["a", "track", null, { n: 1 }], ["b", "range", null, { n: 2 }]]],
    ["remote", [["a", "track", { n: 1 }, null]]],
  ]);
  assert.equal(store.get("a"), null);
  assert.deepEqual([...store.all("range")], [["b", { n: 2 }]]);
  assert.equal(store.all("track").size, 0);
});

test("a write that changes nothing is not told", () => {
  const store = new Store();
  store.write([{ id: "a", kind: "track", value: { x: 1, y: { z: [1, 2] } } }], "user");
  const changes = listening(store);
  assert.equal(store.write([{ id: "a", kind: "track", value: { y: { z: [1, 2] }, x: 1 } }], "user"), null);
  assert.equal(store.write([{ id: "b", kind: "track", value: null }], "user"), null);
  assert.equal(store.write([{ id: "c", kind: "t", value: { n: 1 } }, { id: "c", kind: "t", value: null }], "user"), null);
  assert.deepEqual(changes, []);
});

test("values cannot be changed in place", () => {
  const store = new Store();
  store.write([{ id: "a", kind: "keyframe", value: { shape: { x: 1 } } }], "user");
  assert.throws(() => { store.get("a").shape.x = 2; }, TypeError);
});

test("revisions stand beside the records and outlive deletion", () => {
  const store = new Store();
  store.write([{ id: "a", kind: "track", value: { n: 1 }, revision: 7 }], "remote");
  assert.equal(store.write([{ id: "a", kind: "track", value: null }], "user").records[0].base, 7);
  store.setRevision("a", 8);
  assert.equal(store.revision("a"), 8);
  assert.equal(store.revision("never"), 0);
});

test("JSON is compared by content", () => {
  assert.ok(sameJson({ a: [1, { b: null }] }, { a: [1, { b: null }] }));
  assert.ok(!sameJson({ a: 1 }, { a: 1, b: undefined }));
  assert.ok(!sameJson([], {}));
  assert.ok(!sameJson(null, {}));
});

test("ids are UUIDs of version 7, made without a secure context, that sort by the time of their making", async () => {
  const first = newId();
  await new Promise((resolve) => setTimeout(resolve, 3));
  const ids = Array.from({ length: 1000 }, newId);
  assert.equal(new Set(ids).size, 1000);
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(first < id);
  }
});
