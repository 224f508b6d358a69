import assert from "node:assert/strict";
import test from "node:test";

import { spansOf } from "../../static/editor/labels/spans.js";

const words = (spans) => spans.map(({ from, to, held }) => `${from}-${to}${held ? " held" : ""}`);

test("a track is there from its first keyframe on, and only held after its last", () => {
  assert.deepEqual(words(spansOf(10, 30, 99, [])), ["10-30", "31-99 held"]);
  assert.deepEqual(words(spansOf(10, 10, 10, [])), ["10-10"]);
});

test("it is not there inside its outside ranges, also where two of them overlap", () => {
  const ranges = [{ first: 15, last: 20 }, { first: 18, last: 25 }, { first: 40, last: null }];
  assert.deepEqual(words(spansOf(10, 30, 99, ranges)), ["10-14", "26-30", "31-39 held"]);
  assert.deepEqual(words(spansOf(10, 50, 99, [{ first: 5, last: 12 }])), ["13-50", "51-99 held"]);
});

test("a range within a longer one does not bring it back", () => {
  assert.deepEqual(words(spansOf(10, 50, 99, [{ first: 20, last: 60 }, { first: 25, last: 30 }])), ["10-19", "61-99 held"]);
});
