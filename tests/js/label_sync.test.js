import assert from "node:assert/strict";
import test from "node:test";

import { LabelServer } from "./label_server.js";
import { browser, conflicting, journalled, until } from "./label_tabs.js";

test("a gesture is saved once, within a second, and the journal is empty then", async () => {
  const server = new LabelServer();
  const chrome = browser(server, { gatherMs: undefined });
  const tab = await chrome.tab({ gatherMs: undefined });
  tab.history.begin("Drag");
  for (let n = 0; n < 20; n++) tab.store.write([{ id: "a", kind: "track", value: { n } }], "user");
  tab.history.commit();
  const start = performance.now();
  assert.equal(tab.sync.state.kind, "saving");
  await until(() => tab.sync.state.kind === "saved");
  assert.ok(performance.now() - start < 1000);
  assert.deepEqual([server.value("a"), server.requests.length, server.requests[0].changes.length], [{ n: 19 }, 1, 1]);
  assert.deepEqual(await journalled(chrome), []);
  assert.ok(tab.sync.state.at instanceof Date);
});

test("undo and redo are saved like any change", async () => {
  const server = new LabelServer();
  const tab = await browser(server).tab();
  tab.put("a", 1);
  tab.put("a", 2);
  tab.history.undo();
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(server.value("a"), { n: 1 });
  tab.history.redo();
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(server.value("a"), { n: 2 });
});

test("own changes come back from the server without doing anything", async () => {
  const server = new LabelServer();
  const tab = await browser(server).tab();
  const changes = [];
  tab.store.on("change", ({ origin }) => changes.push(origin));
  tab.put("a", 1);
  tab.put("a", 2);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(changes, ["user", "user"]);
  assert.ok(tab.history.canUndo);
});

test("keeping mine writes it over theirs as a new change", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  const tab = await conflicting(server, chrome);
  await tab.sync.keepMine(tab.sync.state.conflicts[0].id);
  assert.equal(tab.value("a"), 3);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(server.value("a"), { n: 3 });
  assert.deepEqual(await journalled(chrome), []);
  tab.history.undo();
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(server.value("a"), { n: 50 }, "undo brings theirs back");
});

test("taking theirs gives mine up", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  const tab = await conflicting(server, chrome);
  await tab.sync.takeTheirs(tab.sync.state.conflicts[0].id);
  assert.deepEqual([tab.sync.state.kind, tab.value("a"), await journalled(chrome)], ["saved", 50, []]);
});

test("work on theirs goes on while a conflict is undecided", async () => {
  const server = new LabelServer();
  const tab = await conflicting(server);
  tab.put("a", 51);
  await until(() => server.value("a").n === 51);
  assert.equal(tab.sync.state.kind, "conflict");
  await tab.sync.keepMine(tab.sync.state.conflicts[0].id);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(server.value("a"), { n: 3 });
});

test("someone who may only look is told so", async () => {
  const server = new LabelServer();
  const tab = await browser(server).tab({ row: { ...server.row(), may_label: false } });
  assert.equal(tab.sync.state.kind, "readonly");
});
