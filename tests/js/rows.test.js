import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, stateOf, timeLeft } from "../../static/dataset/format.js";
import { formatTime } from "../../static/shared/core/words.js";
import { suggestions } from "../../static/dataset/filter.js";
import { PAGE, Rows } from "../../static/dataset/rows.js";
import { ApiError } from "../../static/shared/net/api.js";

/** A server with `count` rows, whose answers are given one by one. */
function slowServer(count) {
  const asked = [];
  const fetchRows = (path, { signal } = {}) =>
    new Promise((resolve, reject) => {
      const query = new URLSearchParams(path.split("?")[1]);
      const offset = Number(query.get("offset"));
      const results = Array.from({ length: Math.max(0, Math.min(Number(query.get("limit")), count - offset)) }, (_, n) => ({
        id: offset + n + 1,
        title: `${query.get("q")}${offset + n}`,
      }));
      asked.push({ offset, answer: () => resolve({ count, results }) });
      signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
  return { asked, fetchRows };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("an answer that was asked for before an event does not undo what the event told", async () => {
  const { asked, fetchRows } = slowServer(3);
  const rows = new Rows(fetchRows, "/rows/");
  rows.look(0, 20);
  asked[0].answer();
  await settled();
  rows.refresh();
  rows.look(0, 20);
  rows.put({ id: 2, title: "renamed meanwhile" });
  asked[1].answer();
  await settled();
  assert.equal(rows.get(1)?.title, "renamed meanwhile");
  rows.refresh();
  rows.look(0, 20);
  asked[2].answer();
  await settled();
  assert.equal(rows.get(1)?.title, "1", "a later answer is newer than the event");
});

test("pages that went by while scrolling are not waited for", async () => {
  const { asked, fetchRows } = slowServer(100_000);
  const rows = new Rows(fetchRows, "/rows/");
  rows.look(0, 20);
  asked[0].answer();
  await settled();
  for (let first = 1000; first < 90_000; first += 1000) rows.look(first, first + 20);
  assert.deepEqual([...rows.loading.keys()], [890]);
  await settled();
});

test("an answer to the question before the last is thrown away", async () => {
  const { asked, fetchRows } = slowServer(3);
  const rows = new Rows(fetchRows, "/rows/");
  rows.look(0, 20);
  rows.ask({ query: "x" });
  rows.look(0, 20);
  asked[0].answer();
  await settled();
  assert.equal(rows.get(0), null);
  asked[1].answer();
  await settled();
  assert.equal(rows.get(0)?.title, "x0");
  assert.equal(rows.answered, "x");
});

test("a stretch over rows that are not here is fetched in as few answers as may be", async () => {
  const { asked, fetchRows } = slowServer(1000);
  const rows = new Rows(fetchRows, "/rows/");
  rows.look(0, 20);
  asked[0].answer();
  await settled();
  const stretch = rows.range(PAGE - 1, PAGE + 599);
  for (let n = 1; n <= 2; n++) {
    await settled();
    asked[n].answer();
  }
  assert.deepEqual((await stretch).map(({ id }) => id), Array.from({ length: 601 }, (_, n) => PAGE + n));
  assert.equal(asked.length, 3);
});

test("numbers are said with units and without rounding to the next one", () => {
  assert.equal(formatTime(59.9996), "00:01:00.000");
  assert.equal(formatTime(3725.5), "01:02:05.500");
  assert.equal(bytes(999), "999 B");
  assert.equal(bytes(999_999), "1.0 MB");
  assert.equal(bytes(123_456_789), "123 MB");
  assert.equal(timeLeft(0.2), "1 s left");
  assert.equal(timeLeft(600), "10 min left");
});

test("how far the reading is, is said in words", () => {
  const unit = { state: "verifying", table: { proved: 43, frame_count: 100 }, progress: { fraction: 0.4, seconds_left: 12 }, error: null };
  assert.equal(stateOf(/** @type {any} */ (unit)).words, "Reading 43 % · 12 s left");
  const failed = { state: "failed", error: { code: "x", detail: "It is empty." } };
  assert.equal(stateOf(/** @type {any} */ (failed)).sentence, "It is empty.");
});

test("a filter suggests what the last word may become", () => {
  const known = { codecs: ["hevc"], people: ["ann"] };
  assert.deepEqual(suggestions("street cod", known).map(({ word }) => word), ["codec:hevc"]);
  assert.deepEqual(suggestions("labels:none", known), []);
  assert.equal(suggestions("", known).length, 10);
});

test("a filter that is not understood is told as such, nothing of it is current, and the next one works", async () => {
  const { asked, fetchRows } = slowServer(3);
  const half = new ApiError(400, { code: "invalid_query", detail: "There is no state “fai”." });
  const rows = new Rows((path, options) => (path.includes("fai&") ? Promise.reject(half) : fetchRows(path, options)), "/rows/");
  const errors = [];
  rows.addEventListener("error", (event) => errors.push(event.detail));
  rows.look(0, 20);
  asked[0].answer();
  await settled();
  rows.ask({ query: "state:fai" });
  assert.equal(rows.current, false, "while it is asked");
  rows.look(0, 20);
  await settled();
  assert.deepEqual([rows.refused, rows.current, errors], ["There is no state “fai”.", false, []]);
  rows.ask({ query: "state:failed" });
  assert.equal(rows.refused, null);
  rows.look(0, 20);
  asked[1].answer();
  await settled();
  assert.deepEqual([rows.get(0)?.title, rows.answered, rows.current], ["state:failed0", "state:failed", true]);
});

test("after another failure a new question is asked all the same", async () => {
  let broken = true;
  const { asked, fetchRows } = slowServer(3);
  const rows = new Rows((path, options) => (broken ? Promise.reject(new Error("broken")) : fetchRows(path, options)), "/rows/");
  const errors = [];
  rows.addEventListener("error", (event) => errors.push(event.detail.message));
  rows.look(0, 20);
  await settled();
  assert.deepEqual([errors, rows.refused], [["broken"], null]);
  broken = false;
  rows.ask({ query: "x" });
  rows.look(0, 20);
  asked[0].answer();
  await settled();
  assert.equal(rows.get(0)?.title, "x0");
});
