import assert from "node:assert/strict";
import test from "node:test";

import { DecodePlan } from "../../static/editor/sources/decode_plan.js";
import { DecodeRate } from "../../static/editor/sources/decode_rate.js";
import { FrameTable } from "../../static/editor/sources/frame_table.js";
import { simpleTable } from "./table_builder.js";

/** A plan over 200 frames in groups of 50, of which `here` are decoded. */
function planned({ here = new Set(), room = 100, ...change } = {}) {
  const table = new FrameTable(simpleTable(200, { group: 50, ...change }));
  return { table, here, plan: new DecodePlan(table, { lacks: (frame) => frame >= 0 && !here.has(frame), room: () => room }) };
}

/** The frames that are decoded while the user stays, in order. */
function decodedIn({ plan, here }) {
  const frames = [];
  for (let next; (next = plan.next()) !== null && frames.length < 300; ) {
    frames.push(next.frame);
    here.add(next.frame);
  }
  return frames;
}

test("at rest the frames around are decoded, those ahead first, and never more than fits", () => {
  const around = planned();
  around.plan.follow(100, "show");
  around.here.add(100);
  const frames = decodedIn(around);
  assert.deepEqual([frames[0], frames[29], Math.min(...frames), Math.max(...frames)], [101, 130, 80, 130]);
  const small = planned({ room: 10 });
  small.plan.follow(100, "show");
  small.here.add(100);
  assert.deepEqual(decodedIn(small), [101, 102, 103, 104, 99, 98, 97, 96]);
});

test("a page that was only opened decodes 4 MB ahead at most, with what a decoder wants after that", () => {
  const opened = (/** @type {number} */ size) => {
    const { plan, here } = planned({ size });
    plan.follow(0, "show");
    here.add(0);
    return decodedIn({ plan, here });
  };
  assert.deepEqual(opened(300_000), [1, 2, 3, 4]); // and packets 5 to 12
  assert.deepEqual(opened(1_000_000), []);
});

test("who goes back gets the frames before first, by the other decoder, a group at once", () => {
  const { plan, here } = planned();
  plan.follow(120, "show");
  plan.follow(119, "show");
  plan.expect(60, 130);
  here.add(119);
  assert.deepEqual(plan.next(), { frame: 118, way: "backward" });
  assert.deepEqual([plan.wants(100, 0), plan.wants(118, 0)], [true, true]);
  for (let frame = 100; frame <= 118; frame++) here.add(frame);
  assert.deepEqual(plan.next(), { frame: 99, way: "backward" });
});

test("what the decoder has begun beyond the last frame that is wanted is kept, going forwards", () => {
  const { plan } = planned({ room: 10 });
  plan.follow(100, "show");
  assert.deepEqual([plan.wants(104, 0), plan.wants(105, 0), plan.wants(105, 1)], [true, false, true]);
});

test("following a drag fetches what is needed now and nothing else", () => {
  const { plan } = planned();
  plan.follow(100, "scrub");
  assert.deepEqual(plan.wishes([100, 108], true), [{ first: 100, last: 108 }]);
});

test("the beginnings of the groups around are fetched once the user has moved, and a stream once they go on", () => {
  const { plan } = planned({ size: 1_000_000 });
  plan.follow(100, "show");
  assert.ok(plan.wishes([100, 100], false).every(({ exact }) => !exact));
  plan.follow(101, "show");
  const beginnings = plan.wishes([101, 101], false).filter(({ exact }) => exact);
  assert.deepEqual(beginnings, [{ first: 150, last: 152, exact: true }, { first: 50, last: 52, exact: true }]);
  const before = plan.wishes([101, 101], false).length;
  for (let frame = 102; frame <= 111; frame++) plan.follow(frame, "show");
  const wishes = plan.wishes([111, 111], false);
  assert.equal(wishes.length, before + 1);
  assert.equal(wishes[2].last - wishes[2].first + 1, 9);
});

test("the decode rate is that of the last pictures, and of none from before a rest", () => {
  const rate = new DecodeRate();
  for (let i = 0; i < 9; i++) rate.count(i * 20);
  assert.equal(rate.perSecond, 0);
  rate.count(180);
  assert.equal(rate.perSecond, 50);
  rate.count(1000);
  assert.equal(rate.perSecond, 0);
});
