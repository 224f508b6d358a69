import assert from "node:assert/strict";
import test from "node:test";
import { IDBIndex, IDBObjectStore } from "fake-indexeddb";

import { LabelServer } from "./label_server.js";
import { browser, conflicting, fakePage, journalled, until } from "./label_tabs.js";

test("the journal has a change before the server does", async () => {
  const server = new LabelServer();
  const seen = [];
  const chrome = browser(server, {
    fetch: async (url, options) => {
      if (options.method === "POST") seen.push((await journalled(chrome)).length);
      return server.fetch(url, options);
    },
  });
  const tab = await chrome.tab();
  tab.put("a", 1);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(seen, [1]);
});

test("a killed tab's journal is shown and saved by the next one", async () => {
  const server = new LabelServer();
  server.write("old", "track", { n: 1 });
  const chrome = browser(server);
  server.trouble = Array(100).fill("lost");
  const killed = await chrome.tab();
  killed.put("a", 1);
  killed.put("a", 2);
  killed.put("old", 5);
  await until(async () => (await journalled(chrome)).length === 3);
  killed.kill();

  const next = await chrome.tab();
  assert.deepEqual([next.value("a"), next.value("old"), next.sync.state.pending], [2, 5, 3]);
  server.trouble = [];
  await until(() => next.sync.state.kind === "saved");
  assert.deepEqual([server.value("a"), server.value("old")], [{ n: 2 }, { n: 5 }]);
  assert.deepEqual(await journalled(chrome), []);
});

test("a tab that was killed between the server's writing and its answer leaves nothing wrong", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  server.trouble = ["answer lost", ...Array(100).fill("lost")];
  const killed = await chrome.tab();
  killed.put("a", 1);
  await until(() => server.revision === 1);
  killed.put("a", 2);
  await until(async () => (await journalled(chrome)).length === 2);
  killed.kill();
  server.trouble = [];
  const next = await chrome.tab();
  await until(() => next.sync.state.kind === "saved");
  assert.deepEqual([server.revision, server.value("a"), next.value("a")], [2, { n: 2 }, 2]);
});

test("the journal of one person is not sent in the name of another", async () => {
  const server = new LabelServer();
  server.trouble = Array(100).fill("lost");
  const chrome = browser(server);
  const ann = await chrome.tab();
  ann.put("a", 1);
  await until(async () => (await journalled(chrome)).length === 1);
  ann.kill();
  server.trouble = [];
  const bob = await chrome.tab({ row: server.row({ id: 2, username: "bob" }) });
  assert.deepEqual([bob.value("a"), bob.sync.state.pending], [null, 0]);
});

test("a conflict overwrites nothing, shows both versions, and what does not touch it goes on", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  const tab = await conflicting(server, chrome);
  assert.deepEqual([server.value("a"), server.value("b"), tab.value("a")], [{ n: 50 }, { n: 4 }, 50]);
  const [conflict, ...more] = tab.sync.state.conflicts;
  assert.deepEqual(conflict.records, [{ kind: "track", id: "a", yours: { n: 3 }, theirs: { n: 50 } }]);
  assert.deepEqual([more, conflict.name, tab.messages.length], [[], "Put a", 1]);
  assert.equal((await journalled(chrome)).length, 2, "both changes of it are kept");
});

test("an undecided conflict outlives the tab", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  (await conflicting(server, chrome)).kill();
  const next = await chrome.tab();
  assert.equal(next.sync.state.kind, "conflict");
  assert.equal(next.value("a"), 50);
  await next.sync.keepMine(next.sync.state.conflicts[0].id);
  await until(() => next.sync.state.kind === "saved");
  assert.deepEqual(server.value("a"), { n: 3 });
});

test("a refused change goes to the tray with its reason, with what builds on it, and nothing else waits", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  const tab = await chrome.tab();
  tab.put("bad", 1, { refuse: 422 });
  tab.history.do("Add keyframe", [{ id: "k", kind: "keyframe", value: { track: "bad" } }]);
  tab.put("good", 1);
  await until(() => tab.sync.state.kind === "refused" && tab.sync.state.pending === 0);
  assert.deepEqual(server.value("good"), { n: 1 });
  const [refused] = tab.sync.state.refused;
  assert.deepEqual([refused.detail, refused.records.map((record) => record.id)], ["Not so.", ["bad", "k"]]);
  assert.deepEqual([tab.value("bad"), tab.store.get("k")], [null, null]);
  await tab.sync.takeTheirs(refused.id);
  assert.deepEqual([tab.sync.state.kind, await journalled(chrome)], ["saved", []]);
});

test("a browser that keeps nothing says so and saves from memory", async () => {
  const server = new LabelServer();
  const indexedDB = { open() { throw new DOMException("no", "SecurityError"); } };
  const tab = await browser(server, { indexedDB }).tab();
  tab.put("a", 1);
  await until(() => tab.sync.state.kind === "saved");
  assert.match(tab.messages[0], /do not close the tab/);
});

test("a browser whose journal cannot be read says so and saves from memory", async () => {
  const server = new LabelServer();
  const { getAll } = IDBIndex.prototype;
  IDBIndex.prototype.getAll = () => { throw new DOMException("broken", "UnknownError"); };
  try {
    const tab = await browser(server).tab();
    tab.put("a", 1);
    await until(() => tab.sync.state.kind === "saved");
    assert.match(tab.messages[0], /do not close the tab/);
  } finally {
    IDBIndex.prototype.getAll = getAll;
  }
});

test("a full disk is told in words, and the change is saved from memory", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  const tab = await chrome.tab();
  const { add } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.add = () => { throw new DOMException("full", "QuotaExceededError"); };
  try {
    tab.put("a", 1);
    await until(() => tab.sync.state.kind === "saved");
  } finally {
    IDBObjectStore.prototype.add = add;
  }
  assert.deepEqual(server.value("a"), { n: 1 });
  assert.match(tab.messages[0], /disk space/);
});

test("an answer that is here before the journal has the change leaves nothing in the journal", async () => {
  const server = new LabelServer();
  const page = fakePage();
  const { add } = IDBObjectStore.prototype;
  try {
    const chrome = browser(server, { gatherMs: 60_000 });
    const tab = await chrome.tab();
    let answered = false;
    // The disk is slow: the change is on it only after the server has answered.
    IDBObjectStore.prototype.add = function (entry) {
      const late = {};
      const wait = () => {
        if (!answered) return void (this.count().onsuccess = wait);
        add.call(this, entry).onsuccess = ({ target }) => {
          late.result = target.result;
          late.onsuccess();
        };
      };
      wait();
      return late;
    };
    tab.put("a", 1);
    page.listeners.pagehide();
    await until(() => tab.sync.state.kind === "saved");
    answered = true;
    await tab.sync.settled();
    await until(async () => (await journalled(chrome)).length === 0);
  } finally {
    IDBObjectStore.prototype.add = add;
    page.giveBack();
  }
});
