import assert from "node:assert/strict";
import { test } from "node:test";
import { UnsentChanges, countUnsent } from "../../static/shared/net/unsent_changes.js";
import { LabelServer } from "./label_server.js";
import { browser, journalled, until } from "./label_tabs.js";

/** A browser in which a tab with label row 9 was killed with so many changes not sent. */
async function withLeft(/** @type {any} */ server, /** @type {number} */ count, user = { id: 1, username: "ann" }, chrome = browser(server)) {
  server.trouble = Array(50).fill("lost");
  const tab = await chrome.tab({ row: { ...server.row(user), data_unit: { title: "street.mp4" } } });
  for (let n = 0; n < count; n++) tab.put(`${user.username} ${n}`, n);
  await until(async () => (await journalled(chrome)).filter(({ key }) => key === `${user.id}:9`).length === count);
  tab.kill();
  await until(() => server.inFlight === 0);
  server.trouble = [];
  return chrome;
}

test("what a killed tab has left is counted and sent without an editor", async () => {
  const server = new LabelServer();
  const chrome = await withLeft(server, 3);
  assert.equal(await countUnsent(1, chrome.indexedDB), 3);
  const unsent = new UnsentChanges(1, chrome.shared);
  const counts = /** @type {number[]} */ ([]);
  unsent.on("change", () => counts.push(unsent.state.queued));
  await unsent.look();
  await until(() => unsent.state.queued === 0);
  assert.equal(Math.max(...counts), 3);
  assert.deepEqual([0, 1, 2].map((n) => server.value(`ann ${n}`)), [{ n: 0 }, { n: 1 }, { n: 2 }]);
  await until(async () => (await journalled(chrome)).length === 0);
  unsent.close();
});

test("a server that cannot be reached is told of, and tried again", async () => {
  const server = new LabelServer();
  const chrome = await withLeft(server, 1);
  server.trouble = ["lost", "lost"];
  const unsent = new UnsentChanges(1, chrome.shared);
  const kinds = new Set();
  unsent.on("change", () => kinds.add(unsent.state.trouble?.kind));
  await unsent.look();
  await until(() => server.value("ann 0") !== null);
  assert.ok(kinds.has("offline"));
  unsent.close();
});

test("a conflict waits, with the name of what was labelled, for the editor to ask about it", async () => {
  const server = new LabelServer();
  const chrome = await withLeft(server, 2);
  server.write("ann 0", "track", { n: 50 });
  const unsent = new UnsentChanges(1, chrome.shared);
  await unsent.look();
  await until(() => unsent.state.queued === 0 && unsent.state.undecided.length === 1);
  assert.deepEqual(unsent.state.undecided, [{ labelRow: 9, title: "street.mp4", count: 1 }]);
  assert.equal(await countUnsent(1, chrome.indexedDB), 1);
  assert.deepEqual(server.value("ann 0"), { n: 50 });
  unsent.close();

  const tab = await chrome.tab();
  assert.equal(tab.sync.state.conflicts.length, 1);
});

test("changes of another person are neither sent nor counted", async () => {
  const server = new LabelServer();
  const chrome = await withLeft(server, 2, { id: 2, username: "bob" });
  const unsent = new UnsentChanges(1, chrome.shared);
  await unsent.look();
  assert.deepEqual(unsent.state, { queued: 0, trouble: null, undecided: [], others: true });
  assert.equal(await countUnsent(1, chrome.indexedDB), 0);
  assert.deepEqual(server.requests, []);
  assert.equal((await journalled(chrome)).length, 2);
  unsent.close();
});

test("what an editor leaves later is found by the next look", async () => {
  const server = new LabelServer();
  const chrome = browser(server);
  const unsent = new UnsentChanges(1, chrome.shared);
  await unsent.look();
  assert.equal(unsent.state.queued, 0);
  await withLeft(server, 1, undefined, chrome);
  await unsent.look();
  await until(() => server.value("ann 0") !== null);
  unsent.close();
});
