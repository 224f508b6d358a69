import assert from "node:assert/strict";
import test from "node:test";

import { History } from "../../static/editor/core/history.js";
import { Store } from "../../static/editor/core/store.js";

function editor() {
  const store = new Store();
  const history = new History(store);
  const commits = [];
  const messages = [];
  history.on("commit", ({ name, change }) => commits.push([name, change.origin, change.records]));
  history.on("message", (text) => messages.push(text));
  const put = (id, n, origin = "user") => store.write([{ id, kind: "k", value: n === null ? null : { n } }], origin);
  return { store, history, commits, messages, put, value: (id) => store.get(id)?.n ?? null };
}

test("a gesture of many writes is one step and one commit", () => {
  const { history, commits, put, value } = editor();
  history.begin("Move");
  for (const n of [1, 2, 3]) put("a", n);
  assert.deepEqual(commits, []);
  history.commit();
  assert.equal(commits.length, 1);
  assert.deepEqual(commits[0][2], [{ id: "a", kind: "k", before: null, after: { n: 3 }, base: 0 }]);
  assert.deepEqual([history.canUndo, history.undoName], [true, "Move"]);
  const { name, change } = history.undo();
  assert.deepEqual([name, change.origin, change.records[0].before], ["Move", "history", { n: 3 }]);
  assert.equal(value("a"), null);
  assert.deepEqual([history.canUndo, history.canRedo], [false, true]);
  history.redo();
  assert.equal(value("a"), 3);
  assert.deepEqual(commits.map((commit) => commit[1]), ["user", "history", "history"]);
});

test("a write outside a gesture is a step of its own", () => {
  const { history, commits, put, value } = editor();
  put("a", 1);
  put("a", 2);
  assert.equal(commits.length, 2);
  history.undo();
  assert.equal(value("a"), 1);
});

test("a cancelled gesture leaves no trace", () => {
  const { history, commits, put, value } = editor();
  put("a", 1);
  history.begin("Move");
  put("a", 2);
  put("b", 2);
  history.cancel();
  assert.deepEqual([value("a"), value("b"), commits.length, history.inGesture], [1, null, 1, false]);
});

test("a gesture that ends where it began is no step", () => {
  const { history, commits, put } = editor();
  put("a", 1);
  history.begin("Move");
  put("a", 2);
  put("a", 1);
  assert.equal(history.commit(), null);
  assert.equal(commits.length, 1);
});

test("a new step forgets what was undone", () => {
  const { history, put } = editor();
  put("a", 1);
  history.undo();
  put("b", 1);
  assert.equal(history.canRedo, false);
  assert.equal(history.redo(), null);
});

test("undo in the middle of a gesture gives the gesture up and nothing else", () => {
  const { history, put, value } = editor();
  put("a", 1);
  history.begin("Move");
  put("a", 2);
  assert.equal(history.undo(), null);
  assert.deepEqual([value("a"), history.canUndo], [1, true]);
});

test("an undo never overwrites what someone else has changed since", () => {
  const { history, messages, put, value } = editor();
  put("a", 1);
  put("b", 1);
  put("a", 9, "remote");
  assert.equal(history.undo().change.records[0].id, "b");
  assert.equal(history.undo(), null);
  assert.equal(value("a"), 9);
  assert.equal(messages.length, 1);
  assert.equal(history.canUndo, false);
});

test("a redo is overtaken in the same way", () => {
  const { history, messages, put, value } = editor();
  put("a", 1);
  history.undo();
  put("a", 5, "remote");
  assert.equal(history.redo(), null);
  assert.deepEqual([value("a"), messages.length], [5, 1]);
});

test("a step that refers to what others deleted cannot come back", () => {
  const { store, history, messages } = editor();
  store.write([{ id: "t", kind: "track", value: { n: 1 } }, { id: "k", kind: "keyframe", value: { track: "t" } }], "remote");
  store.write([{ id: "k", kind: "keyframe", value: null }], "user");
  store.write([{ id: "t", kind: "track", value: null }], "remote");
  assert.equal(history.undo(), null);
  assert.equal(store.get("k"), null);
  assert.equal(messages.length, 1);
});

test("a change by others in mid-gesture keeps the base that the user saw, and giving up shows theirs", () => {
  const { store, history, put, value, commits } = editor();
  store.write([{ id: "a", kind: "k", value: { n: 1 }, revision: 3 }], "remote");
  history.begin("Move");
  put("a", 2);
  store.write([{ id: "a", kind: "k", value: { n: 50 }, revision: 4 }], "remote");
  put("a", 3);
  history.commit();
  assert.equal(commits[0][2][0].base, 3);
  store.write([{ id: "a", kind: "k", value: { n: 60 }, revision: 5 }], "remote");
  history.begin("Move");
  put("a", 61);
  store.write([{ id: "a", kind: "k", value: { n: 70 }, revision: 6 }], "remote");
  history.cancel();
  assert.equal(value("a"), 70);
});

test("beginning again commits what nobody ended", () => {
  const { history, commits, put } = editor();
  history.begin("First");
  put("a", 1);
  history.begin("Second");
  assert.deepEqual(commits.map((commit) => commit[0]), ["First"]);
});
