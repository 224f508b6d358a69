/** Tabs for the tests of saving: browsers with a journal, in which a label row is open. */

import assert from "node:assert/strict";
import test from "node:test";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";

import { History } from "../../static/editor/core/history.js";
import { Store } from "../../static/editor/core/store.js";
import { LabelSync } from "../../static/editor/net/label_sync.js";
import { FakeLive, FakeLocks } from "./label_server.js";

globalThis.IDBKeyRange = IDBKeyRange;

/** A browser with its journal; `tab()` opens the label row in it. */
export function browser(server, options = {}) {
  const shared = { indexedDB: new IDBFactory(), locks: new FakeLocks(), fetch: server.fetch, gatherMs: 5, shortestWaitMs: 5, ...options };
  return {
    shared,
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

export async function until(what, seconds = 3) {
  const deadline = performance.now() + seconds * 1000;
  while (!(await what())) {
    assert.ok(performance.now() < deadline, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

/** What the journal holds. */
export const journalled = async ({ indexedDB }) => {
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

/** A tab with a conflict about "a", whose two changes build on each other, and with "b" saved. */
export async function conflicting(server, chrome = browser(server)) {
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

/** The page's own events, called by hand until it is given back. */
export function fakePage() {
  const listeners = {};
  globalThis.addEventListener = (type, listener) => { listeners[type] = listener; };
  globalThis.removeEventListener = () => {};
  return {
    listeners,
    giveBack() {
      delete globalThis.addEventListener;
      delete globalThis.removeEventListener;
    },
  };
}
