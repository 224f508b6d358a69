import assert from "node:assert/strict";
import test from "node:test";

import { TabChannel } from "../../static/shared/net/tab_channel.js";
import { LabelServer } from "./label_server.js";
import { browser, conflicting, journalled, until } from "./label_tabs.js";

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

test("what a killed tab queued is sent by one that stays open", async () => {
  const server = new LabelServer();
  const chrome = browser(server, { othersMs: 5 });
  const [killed, stays] = [await chrome.tab({ gatherMs: 60_000 }), await chrome.tab()];
  killed.put("a", 1);
  await until(() => stays.value("a") === 1);
  killed.kill();
  await until(() => stays.sync.state.kind === "saved");
  assert.deepEqual([server.value("a"), await journalled(chrome)], [{ n: 1 }, []]);
});

test("a tab that could not send is in order again once another tab has sent for it", async () => {
  const server = new LabelServer();
  const chrome = browser(server, { othersMs: 5 });
  let down = true;
  const fetch = (...request) => (down ? Promise.reject(new TypeError("network")) : server.fetch(...request));
  const [cutOff, other] = [await chrome.tab({ fetch }), await chrome.tab()];
  cutOff.put("a", 1);
  await until(() => other.sync.state.kind === "saved" && server.value("a") !== null);
  await until(() => cutOff.sync.state.kind === "saved" && cutOff.sync.state.detail === null);
  down = false;
  cutOff.put("b", 1);
  await until(() => server.value("b") !== null);
});

test("what is told before anybody listens is heard", async () => {
  const [here, there, witness] = [1, 2, 3].map(() => new TabChannel("1:2"));
  const [heard, seen] = [[], []];
  witness.listen(({ ids }) => seen.push(ids[0]));
  there.tell({ type: "forgotten", ids: ["a"] });
  await until(() => seen.length === 1);
  here.listen(({ ids }) => heard.push(ids[0]));
  there.tell({ type: "forgotten", ids: ["b"] });
  await until(() => heard.length === 2);
  assert.deepEqual(heard, ["a", "b"]);
  for (const channel of [here, there, witness]) channel.close();
});
