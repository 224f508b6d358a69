import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "../../static/shared/core/emitter.js";
import { ApiError } from "../../static/shared/net/api.js";
import { WatchedUnit } from "../../static/editor/net/watched_unit.js";

const TOPICS = ["dataset:5", "data_unit:7"];

/** The socket as the page knows it; a test says what it hears. @extends {Emitter<any>} */
class Socket extends Emitter {
  /** @type {string[]} */
  topics = [];
  /** @param {readonly string[]} topics */
  subscribe(topics) {
    this.topics.push(...topics);
  }
  subscribed() {
    this.emit("subscribed", { topics: this.topics, refused: [] });
  }
  /** @param {string} topic @param {string} type @param {any} data */
  tell(topic, type, data) {
    this.emit("event", { id: 1, topic, type, data });
  }
}

/** @param {Partial<{id: number, state: string, proved: number}>} [table] @param {any} [more] */
const unit = (table = {}, more = {}) => ({ id: 7, dataset: 5, state: "verifying", progress: null, table: { id: 3, state: "provisional", proved: 45, frame_count: 90, ...table }, ...more });
const verified = { state: "verified", proved: 90 };

/** A page's watch on a server that answers what `server` holds at the time of asking, when `release` is called if `held`. */
function watch() {
  const live = new Socket();
  const server = { unit: unit(), ontology: { classes: [], revision: 1 }, status: 200, held: false, asked: 0 };
  /** @type {(() => void)[]} */
  const waiting = [];
  const fetch = async (/** @type {any} */ url) => {
    const body = JSON.stringify(server.status === 200 ? (String(url).endsWith("ontology/") ? server.ontology : server.unit) : { code: "x", detail: "No." });
    const { status } = server;
    server.asked += 1;
    if (server.held) await new Promise((resolve) => waiting.push(() => resolve(null)));
    return new Response(body, { status });
  };
  const watched = new WatchedUnit(/** @type {any} */ (live), { dataset: 5, dataUnit: 7 }, { fetch, retryMs: 5 });
  /** @type {string[]} */
  const told = [];
  for (const type of ["changed", "replaced", "removed", "ontology"]) watched.on(/** @type {any} */ (type), () => told.push(type));
  const release = () => {
    server.held = false;
    for (const go of waiting.splice(0)) go();
  };
  const until = async (/** @type {() => boolean} */ true_) => {
    const deadline = Date.now() + 2000;
    while (!true_()) {
      assert.ok(Date.now() < deadline, `${true_} never came`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { live, server, watched, told, release, until };
}

test("it hears of the data unit and of its dataset before anything is asked", () => {
  const { live, server } = watch();
  assert.deepEqual([live.topics, server.asked], [TOPICS, 0]);
});

test("what happened before the subscription is asked for after it", async () => {
  const { live, server, watched, until } = watch();
  watched.offer(unit(), server.ontology);
  server.unit = unit(verified);
  live.subscribed();
  await until(() => watched.dataUnit.table.state === "verified");
  assert.equal(watched.dataUnit.table.proved, 90);
});

test("subscriptions to what others watch ask for nothing", () => {
  const { live, server } = watch();
  live.emit("subscribed", { topics: ["label_row:9"], refused: [] });
  assert.equal(server.asked, 0);
});

test("what the server no longer keeps is asked for", async () => {
  const { live, server, watched, told, until } = watch();
  watched.offer(unit(), server.ontology);
  server.unit = unit({ id: 4, ...verified });
  server.ontology = { classes: [], revision: 2 };
  live.emit("reload", null);
  await until(() => told.includes("replaced"));
  assert.deepEqual(told.filter((type) => type === "ontology").length, 2);
  assert.equal(watched.dataUnit.table.id, 4);
});

test("an answer that an event has overtaken is asked for again", async () => {
  const { live, server, watched, release, until } = watch();
  server.unit = unit({}, { state: "reading", table: null });
  server.held = true;
  const looked = watched.look();
  await until(() => server.asked === 2);
  server.unit = unit();
  live.tell("dataset:5", "data_unit.changed", unit());
  release();
  await looked;
  assert.equal(watched.dataUnit.table?.id, 3);
});

test("verification that ends while the first answer is on its way is not missed", async () => {
  const { live, server, watched, release, until } = watch();
  server.held = true;
  const looked = watched.look();
  await until(() => server.asked === 2);
  server.unit = unit(verified);
  live.tell("data_unit:7", "table.progress", { table: 3, state: "verified", proved: 90, frame_count: 90, seconds_left: 0 });
  release();
  await looked;
  assert.equal(watched.dataUnit.table.state, "verified");
});

test("verification goes on as it is told, and never back", () => {
  const { live, server, watched, told } = watch();
  watched.offer(unit(), server.ontology);
  const progress = (/** @type {number} */ proved) => live.tell("data_unit:7", "table.progress", { table: 3, state: "provisional", proved, frame_count: 90, seconds_left: 4 });
  progress(60);
  progress(50);
  assert.equal(watched.dataUnit.table.proved, 60);
  assert.equal(watched.dataUnit.progress.seconds_left, 4);
  live.tell("data_unit:7", "table.progress", { table: 3, ...verified, frame_count: 90, seconds_left: 0 });
  live.tell("dataset:5", "data_unit.changed", unit({ proved: 60 }));
  assert.deepEqual([watched.dataUnit.table.state, watched.dataUnit.table.proved], ["verified", 90]);
  assert.ok(!told.includes("replaced"));
});

test("another table is told before what else changed, and an older one never comes back", () => {
  const { live, server, watched, told } = watch();
  watched.offer(unit(), server.ontology);
  told.length = 0;
  live.tell("data_unit:7", "table.replaced", { old: 3, table: { id: 4, ...verified, frame_count: 91 } });
  assert.deepEqual(told, ["replaced", "changed"]);
  live.tell("dataset:5", "data_unit.changed", unit());
  assert.equal(watched.dataUnit.table.id, 4);
});

test("a data unit that is gone is told once, however it is heard of", async () => {
  const { live, server, watched, told, until } = watch();
  watched.offer(unit(), server.ontology);
  server.status = 404;
  live.subscribed();
  await until(() => watched.removed);
  live.tell("dataset:5", "data_unit.removed", { id: 7 });
  live.tell("dataset:5", "dataset.removed", { id: 5 });
  assert.equal(told.filter((type) => type === "removed").length, 1);
});

test("other data units of the dataset are none of its business", () => {
  const { live, server, watched, told } = watch();
  watched.offer(unit(), server.ontology);
  told.length = 0;
  live.tell("dataset:5", "data_unit.removed", { id: 8 });
  live.tell("dataset:5", "data_unit.changed", { ...unit(), id: 8 });
  assert.deepEqual(told, []);
});

test("a server that fails is asked again after a while, the caller hears of it", async () => {
  const { live, server, watched, until } = watch();
  server.status = 500;
  await assert.rejects(watched.look(), ApiError);
  live.subscribed();
  await until(() => server.asked >= 6);
  server.status = 200;
  await until(() => watched.dataUnit !== null);
});
