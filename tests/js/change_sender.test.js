import assert from "node:assert/strict";
import test from "node:test";
import { IDBObjectStore } from "fake-indexeddb";

import { changesBody, firstBatch, lastBatch } from "../../static/shared/net/change_request.js";
import { ChangeSender } from "../../static/shared/net/change_sender.js";
import { PendingChanges } from "../../static/shared/net/pending_changes.js";
import { saveWords } from "../../static/editor/panels/save_state.js";
import { LabelServer } from "./label_server.js";
import { browser, conflicting, fakePage, journalled, until } from "./label_tabs.js";

test("one request at a time, and no change waits for the one before it to be answered", async () => {
  const server = new LabelServer();
  const tab = await browser(server).tab();
  for (let n = 1; n <= 300; n++) tab.put("a", n);
  await until(() => tab.sync.state.kind === "saved");
  assert.equal(server.mostInFlight, 1);
  assert.deepEqual([server.requests.length, server.revision, server.value("a")], [2, 300, { n: 300 }]);
});

test("without a network work goes on, the count of what is pending is told, and all of it arrives in the end", async () => {
  const server = new LabelServer();
  server.trouble = Array(4).fill("lost");
  const tab = await browser(server).tab();
  tab.put("a", 1);
  await until(() => tab.sync.state.kind === "offline");
  tab.put("b", 2);
  assert.equal(tab.sync.state.pending, 2);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual([server.value("a"), server.value("b"), server.revision], [{ n: 1 }, { n: 2 }, 2]);
});

test("an answer that is lost does not make a change happen twice", async () => {
  const server = new LabelServer();
  server.trouble = ["answer lost"];
  const tab = await browser(server).tab();
  tab.put("a", 1);
  tab.put("a", 2);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual([server.revision, server.value("a"), tab.sync.state.conflicts], [2, { n: 2 }, []]);
});

test("signed out: the queue is kept, and saved after signing in again", async () => {
  const server = new LabelServer();
  server.trouble = Array(3).fill({ status: 401, body: { code: "signed_out", detail: "You are not signed in." } });
  const tab = await browser(server).tab();
  tab.put("a", 1);
  await until(() => tab.sync.state.kind === "signed_out");
  assert.equal(tab.sync.state.detail, "Signed out: sign in to save.");
  tab.put("b", 1);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual([server.value("a"), server.value("b")], [{ n: 1 }, { n: 1 }]);
});

test("a request that is refused as a whole leaves every change in the tray", async () => {
  const server = new LabelServer();
  server.trouble = [{ status: 404, body: { code: "not_found", detail: "The labels were deleted." } }];
  const tab = await browser(server).tab();
  tab.put("a", 1);
  tab.put("b", 1);
  await until(() => tab.sync.state.refused.length === 2);
  assert.deepEqual([tab.sync.state.kind, tab.sync.state.pending], ["refused", 0]);
});

test("a request that is too large is sent in parts", async () => {
  const server = new LabelServer();
  server.trouble = [{ status: 413 }];
  const tab = await browser(server).tab();
  tab.put("a", 1);
  tab.put("b", 1);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(server.requests.map(({ changes }) => changes.length), [1, 1]);
});

test("a server in trouble is tried again", async () => {
  const server = new LabelServer();
  server.trouble = [{ status: 503 }, { status: 500 }, { status: 429 }];
  const tab = await browser(server).tab();
  tab.put("a", 1);
  await until(() => tab.sync.state.kind === "saved");
  assert.deepEqual(server.value("a"), { n: 1 });
});

test("a server that fails at every request is not called unreachable", async () => {
  const server = new LabelServer();
  const body = { code: "unexpected", detail: "Something went wrong on the server.", reference: "1f2e3d4c" };
  server.trouble = Array(6).fill({ status: 500, body });
  const tab = await browser(server).tab();
  tab.put("a", 1);
  await until(() => tab.sync.state.kind === "error");
  assert.equal(saveWords(tab.sync.state), "The server has an error (reference 1f2e3d4c); 1 pending, trying again");
  await until(() => tab.sync.state.kind === "saved");
  assert.ok(!tab.kinds.includes("offline"));
});

test("without locks, as on plain http, everything is saved all the same", async () => {
  const server = new LabelServer();
  const chrome = browser(server, { locks: undefined });
  const [first, second] = [await chrome.tab(), await chrome.tab()];
  first.put("a", 1);
  second.put("b", 1);
  await until(() => first.sync.state.kind === "saved" && second.sync.state.kind === "saved");
  assert.deepEqual([server.value("a"), server.value("b"), server.revision], [{ n: 1 }, { n: 1 }, 2]);
});

test("a page that goes sends what it can without waiting", async () => {
  const server = new LabelServer();
  const page = fakePage();
  try {
    const tab = await browser(server, { gatherMs: 60_000 }).tab({ gatherMs: 60_000 });
    tab.put("a", 1);
    page.listeners.pagehide();
    await until(() => server.value("a")?.n === 1);
    assert.equal(server.requests[0].keepalive, true);
    await until(() => tab.sync.state.kind === "saved");
  } finally {
    page.giveBack();
  }
});

/** What a tab leaves that is killed before the server can be reached. */
async function killedTab(server, chrome, work) {
  server.trouble = Array(100).fill("lost");
  const killed = await chrome.tab();
  work(killed);
  const count = killed.sync.state.pending;
  await until(async () => (await journalled(chrome)).length === count);
  killed.kill();
  server.trouble = [];
}

/** A page that shows no labels. */
async function sendWithoutEditor({ shared }) {
  const pending = await PendingChanges.open({ user: 1, labelRow: 9 }, shared.indexedDB);
  const sender = new ChangeSender(pending, shared);
  sender.sendNow();
  await sender.settled();
  sender.close();
  return pending;
}

test("what a killed tab left is sent by a page that shows no labels", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  await killedTab(server, chrome, (tab) => {
    tab.put("a", 1);
    tab.put("a", 2);
  });
  const pending = await sendWithoutEditor(chrome);
  assert.deepEqual([server.value("a"), pending.queued, await journalled(chrome)], [{ n: 2 }, [], []]);
  pending.close();
});

test("a conflict that a page without labels meets is kept with both versions, and asked about in the editor", async () => {
  const server = new LabelServer();
  server.write("a", "track", { n: 1 });
  const chrome = browser(server);
  await killedTab(server, chrome, (tab) => {
    tab.put("a", 2);
    tab.put("b", 1);
  });
  server.write("a", "track", { n: 50 });
  const pending = await sendWithoutEditor(chrome);
  const [{ records }] = pending.undecided("conflict");
  assert.deepEqual(records, [{ kind: "track", id: "a", yours: { n: 2 }, theirs: { n: 50 } }]);
  assert.deepEqual([server.value("a"), server.value("b")], [{ n: 50 }, { n: 1 }]);
  pending.close();
  const editor = await chrome.tab();
  assert.deepEqual([editor.sync.state.kind, editor.value("a")], ["conflict", 50]);
  await editor.sync.keepMine(editor.sync.state.conflicts[0].id);
  await until(() => editor.sync.state.kind === "saved");
  assert.deepEqual(server.value("a"), { n: 2 });
});

test("when another page finds a conflict, an editor that knows a newer version shows that", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  server.write("a", "track", { n: 1 });
  const editor = await chrome.tab({ gatherMs: 60_000 });
  editor.put("a", 2, { refuse: 422 });
  server.write("a", "track", { n: 50 });
  (await sendWithoutEditor(chrome)).close();
  await until(() => editor.sync.state.refused.length === 1);
  assert.deepEqual([editor.value("a"), editor.store.revision("a")], [50, 2]);
});

test("a journal that cannot be written to does not look like a network that is down", async () => {
  const server = new LabelServer();
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
  try {
    const tab = await conflicting(server);
    tab.put("c", 1);
    await until(() => server.value("c") !== null);
    assert.deepEqual([tab.sync.state.kind, tab.kinds.includes("offline")], ["conflict", false]);
  } finally {
    IDBObjectStore.prototype.put = put;
  }
});

test("as many changes go into one request as the server takes, and one that is larger alone", () => {
  const entry = (id, count) => ({ id, records: Array.from({ length: count }, (_, i) => ({ kind: "track", id: `${id}${i}`, base: 0, value: { n: i } })) });
  const small = Array.from({ length: 300 }, (_, i) => entry(String(i), 1));
  assert.equal(firstBatch(small).length, 200);
  assert.deepEqual(firstBatch([entry("a", 3000), entry("b", 2000), entry("c", 1)]).map(({ id }) => id), ["a", "b"]);
  assert.deepEqual(firstBatch([entry("a", 9000), entry("b", 1)]).map(({ id }) => id), ["a"]);
  assert.ok(changesBody(1, lastBatch(1, [...small, ...small, ...small])).length < 64_000);
  assert.deepEqual(lastBatch(1, [entry("a", 9000)]), []);
});
