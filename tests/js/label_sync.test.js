import assert from "node:assert/strict";
import test from "node:test";
import { IDBFactory, IDBIndex, IDBKeyRange, IDBObjectStore } from "fake-indexeddb";

import { History } from "../../static/editor/core/history.js";
import { Store } from "../../static/editor/core/store.js";
import { LabelSync } from "../../static/editor/net/label_sync.js";
import { saveWords } from "../../static/editor/panels/save_state.js";
import { FakeLive, FakeLocks, LabelServer } from "./label_server.js";

globalThis.IDBKeyRange = IDBKeyRange;

/** A browser with its journal; `tab()` opens the label row in it. */
function browser(server, means = {}) {
  const shared = { indexedDB: new IDBFactory(), locks: new FakeLocks(), fetch: server.fetch, gatherMs: 5, shortestWaitMs: 5, ...means };
  return {
    indexedDB: shared.indexedDB,
    async tab(more = {}) {
      const store = new Store();
      const history = new History(store);
      const live = new FakeLive(server);
      const row = more.row ?? server.row();
      const sync = new LabelSync(row, store, history, live, { ...shared, ...more });
      const messages = [];
      const kinds = [];
      sync.on("message", (text) => messages.push(text));
      history.on("message", (text) => messages.push(text));
      sync.on("state", ({ kind }) => kinds.at(-1) === kind || kinds.push(kind));
      await sync.open();
      tabs.push(sync);
      return {
        store, history, sync, live, messages, kinds,
        put: (id, n, extra = {}) => history.do(`Put ${id}`, [{ id, kind: "track", value: n === null ? null : { n, ...extra } }]),
        value: (id) => store.get(id)?.n ?? null,
        kill: () => sync.close(),
      };
    },
  };
}

const tabs = [];
test.afterEach(() => {
  for (const sync of tabs.splice(0)) sync.close();
});

async function until(what, seconds = 3) {
  const deadline = performance.now() + seconds * 1000;
  while (!(await what())) {
    assert.ok(performance.now() < deadline, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

const journalled = async ({ indexedDB }) => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("onframe-labels", 1);
    request.onsuccess = () => resolve(request.result);
  });
  const entries = await new Promise((resolve) => {
    const request = database.transaction("entries").objectStore("entries").getAll();
    request.onsuccess = () => resolve(request.result);
  });
  database.close();
  return entries;
};

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

async function conflicting(server, chrome = browser(server)) {
  server.write("a", "track", { n: 1 });
  server.write("b", "track", { n: 1 });
  const tab = await chrome.tab();
  tab.live.deaf = true;
  server.write("a", "track", { n: 50 });
  tab.put("a", 2);
  tab.put("a", 3);
  tab.put("b", 4);
  await until(() => tab.sync.state.kind === "conflict");
  await until(() => tab.sync.state.pending === 0);
  return tab;
}

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

test("two tabs of one browser show each other's changes at once and save each once", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  const [first, second] = [await chrome.tab(), await chrome.tab()];
  server.trouble = ["lost", "lost"];
  first.put("a", 1);
  await until(() => second.value("a") === 1);
  second.put("a", 2);
  await until(() => first.value("a") === 2);
  await until(() => first.sync.state.kind === "saved" && second.sync.state.kind === "saved");
  assert.deepEqual([server.value("a"), server.revision, server.mostInFlight], [{ n: 2 }, 2, 1]);
  assert.deepEqual(await journalled(chrome), []);
});

test("a conflict that one tab decides is decided in the other", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  const first = await conflicting(server, chrome);
  const second = await chrome.tab();
  await second.sync.takeTheirs(second.sync.state.conflicts[0].id);
  await until(() => first.sync.state.conflicts.length === 0);
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

test("a page that goes sends what it can without waiting", async () => {
  const server = new LabelServer();
  const listeners = {};
  globalThis.addEventListener = (type, listener) => { listeners[type] = listener; };
  globalThis.removeEventListener = () => {};
  try {
    const tab = await browser(server, { gatherMs: 60_000 }).tab({ gatherMs: 60_000 });
    tab.put("a", 1);
    listeners.pagehide();
    await until(() => server.value("a")?.n === 1);
    assert.equal(server.requests[0].keepalive, true);
    await until(() => tab.sync.state.kind === "saved");
  } finally {
    delete globalThis.addEventListener;
    delete globalThis.removeEventListener;
  }
});

test("an answer that is here before the journal has the change leaves nothing in the journal", async () => {
  const server = new LabelServer();
  const listeners = {};
  globalThis.addEventListener = (type, listener) => { listeners[type] = listener; };
  globalThis.removeEventListener = () => {};
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
    listeners.pagehide();
    await until(() => tab.sync.state.kind === "saved");
    answered = true;
    await tab.sync.settled();
    await until(async () => (await journalled(chrome)).length === 0);
  } finally {
    IDBObjectStore.prototype.add = add;
    delete globalThis.addEventListener;
    delete globalThis.removeEventListener;
  }
});

test("someone who may only look is told so", async () => {
  const server = new LabelServer();
  const tab = await browser(server).tab({ row: { ...server.row(), may_label: false } });
  assert.equal(tab.sync.state.kind, "readonly");
});
