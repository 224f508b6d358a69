import assert from "node:assert/strict";
import test from "node:test";

import { LabelServer } from "./label_server.js";
import { browser, journalled, until } from "./label_tabs.js";

/** A tab that died after the server wrote "a" and before its answer; then `meanwhile`; then the next tab, when all is saved. */
async function afterLostAnswer(server, meanwhile) {
  const chrome = browser(server);
  server.trouble = ["answer lost", ...Array(100).fill("lost")];
  const killed = await chrome.tab();
  killed.put("a", 1);
  await until(() => server.revision === 1);
  killed.kill();
  meanwhile();
  server.trouble = [];
  const tab = await chrome.tab();
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(await journalled(chrome), []);
  return tab;
}

test("what somebody wrote over a change whose answer was lost is what the next tab shows", async () => {
  const server = new LabelServer();
  const tab = await afterLostAnswer(server, () => server.write("a", "track", { n: 7 }));
  assert.deepEqual([tab.value("a"), tab.store.revision("a")], [7, 2]);
  tab.put("a", 8);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(server.value("a"), { n: 8 });
});

test("a change of a page with an older frame table is shown as the server has put it in the terms of this one's", async () => {
  const server = new LabelServer();
  server.stored = (value) => value && { ...value, receipt: { table: 2 } };
  const tab = await browser(server).tab({ row: { ...server.row(), data_unit: { table: { id: 2 } } } });
  tab.put("a", 1, { receipt: { table: 1 } });
  await until(() => tab.store.get("a")?.receipt.table === 2);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual([tab.value("a"), tab.store.revision("a")], [1, 1]);
  tab.put("a", 2, { receipt: { table: 2 } });
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual([server.value("a"), tab.sync.state.conflicts], [{ n: 2, receipt: { table: 2 } }, []]);
});

test("what was to be asked for and did not come is asked for again when the socket is back", async () => {
  const server = new LabelServer();
  server.stored = (value) => value && { ...value, receipt: { table: 2 } };
  let away = true;
  const fetch = (/** @type {any} */ url, /** @type {any} */ init) => (away && init.method === "GET" ? Promise.reject(new TypeError("network")) : server.fetch(url, init));
  const tab = await browser(server, { fetch }).tab({ row: { ...server.row(), data_unit: { table: { id: 2 } } } });
  tab.put("a", 1, { receipt: { table: 1 } });
  await until(() => tab.sync.state.kind === "saved");
  server.write("b", "track", { n: 2 }); // the page hears of it, and knows a newer revision than it has missed
  assert.equal(tab.store.get("a")?.receipt.table, 1);
  away = false;
  tab.live.emit("reload", null);
  await until(() => tab.store.get("a")?.receipt.table === 2);
});

test("a label that somebody deleted after a change whose answer was lost is not shown, and can be made again", async () => {
  const server = new LabelServer();
  const tab = await afterLostAnswer(server, () => {
    server.write("a", "track", null);
    server.write("b", "track", { n: 1 });
  });
  assert.equal(tab.value("a"), null);
  await until(() => tab.store.revision("a") === 2);
  tab.put("a", 3);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual([server.value("a"), tab.sync.state.conflicts], [{ n: 3 }, []]);
});

test("what builds on a change whose answer was lost, and was deleted by somebody since, waits for a decision", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  server.trouble = ["answer lost", ...Array(100).fill("lost")];
  const killed = await chrome.tab();
  killed.put("a", 1);
  await until(() => server.revision === 1);
  killed.put("a", 2);
  await until(async () => (await journalled(chrome)).length === 2);
  killed.kill();
  server.write("a", "track", null);
  server.trouble = [];
  const tab = await chrome.tab();
  await until(() => tab.sync.state.kind === "conflict");
  assert.deepEqual([tab.value("a"), server.value("a")], [null, null]);
  await tab.sync.keepMine(tab.sync.state.conflicts[0].id);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual([tab.value("a"), server.value("a")], [2, { n: 2 }]);
});

test("what others save is shown, and cannot be undone", async () => {
  const server = new LabelServer();
  const tab = await browser(server).tab();
  server.write("x", "track", { n: 7 });
  assert.equal(tab.value("x"), 7);
  assert.deepEqual([tab.history.canUndo, tab.store.revision("x")], [false, 1]);
  server.write("x", "track", null);
  assert.equal(tab.value("x"), null);
});

test("what was missed is asked for", async () => {
  const server = new LabelServer();
  const tab = await browser(server).tab();
  tab.live.deaf = true;
  server.write("x", "track", { n: 7 });
  server.write("y", "track", { n: 8 });
  tab.live.deaf = false;
  server.write("z", "track", { n: 9 });
  await until(() => tab.value("x") === 7 && tab.value("y") === 8 && tab.value("z") === 9);
  tab.live.deaf = true;
  server.write("x", "track", { n: 70 });
  tab.live.emit("reload", null);
  await until(() => tab.value("x") === 70);
});

test("a change by others to what is queued here is not shown until it is decided", async () => {
  const server = new LabelServer();
  server.write("a", "track", { n: 1 });
  const tab = await browser(server).tab();
  tab.put("a", 2);
  server.write("a", "track", { n: 50 });
  assert.equal(tab.value("a"), 2);
  await until(() => tab.sync.state.kind === "conflict");
  assert.equal(tab.value("a"), 50);
});

test("what others wrote after my change was saved is shown once the answer is here", async () => {
  const server = new LabelServer();
  server.write("a", "track", { n: 1 });
  const tab = await browser(server, {
    fetch: async (url, options) => {
      const answer = await server.fetch(url, options);
      if (options.method === "POST") server.write("a", "track", { n: 50 }); // its event is here before the answer
      return answer;
    },
  }).tab();
  tab.put("a", 2);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual([tab.value("a"), tab.store.revision("a")], [50, 3]);
});
