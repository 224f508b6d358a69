import assert from "node:assert/strict";
import test from "node:test";

import { FrameTable, LEADING, START } from "../../static/editor/sources/frame_table.js";
import { VideoDecoding } from "../../static/editor/sources/video_decoding.js";
import { Behaviour, fakeCodecs } from "./fake_codecs.js";
import { simpleTable, tableBytes } from "./table_builder.js";

const PICTURE = 16 * 8 * 1.5;

async function setUp(change = {}, { table = simpleTable(200, { group: 50 }), pictures = 100 } = {}) {
  const behaviour = Object.assign(new Behaviour(), change);
  const read = new FrameTable(table);
  const decoding = new VideoDecoding({
    table: read, url: "/media", budget: pictures * PICTURE, codecs: fakeCodecs(behaviour), fetch: rangeServer(read.mediaSize),
  });
  assert.equal(await decoding.prepare(), null);
  return { decoding, behaviour, table: read };
}

function rangeServer(size) {
  return async (url, { headers }) => {
    const [, begin, end] = headers.Range.match(/(\d+)-(\d+)/).map(Number);
    return new Response(new Uint8Array(end - begin + 1), { status: 206, headers: { "Content-Range": `bytes ${begin}-${end}/${size}` } });
  };
}

/** Read a frame, check that the picture is its own, and give it back. */
async function readRight({ decoding, table }, frame) {
  const copy = await decoding.read(frame, "show");
  assert.equal(copy.frame, frame);
  assert.equal(table.packetFrame[copy.packet], frame);
  assert.equal(new Uint8Array(copy.buffer)[0], copy.packet % 256);
  decoding.release(copy);
}

async function readAll(context, frames) {
  for (const frame of frames) await readRight(context, frame);
  context.decoding.close();
}

function someFrames(count, last) {
  let seed = 7;
  return Array.from({ length: count }, () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % last);
}

const WALK = [0, 1, 2, 3, 60, 59, 58, 57, 120, 121, 199, 198, 0, 49, 50, 51, 50, 49, 48, ...someFrames(40, 200)];

for (const [what, change] of [
  ["a decoder that answers at once", {}],
  ["a decoder that withholds 12 pictures", { withholds: 12 }],
  ["a decoder that stalls at 8 open frames", { frames: 8, withholds: 4 }],
  ["a decoder that has but 4 frames", { frames: 4 }],
  ["a decoder that lets pictures out after a reset", { lateAfterReset: true, withholds: 5 }],
  ["a decoder that is taken away in mid-group", { reclaimEvery: 17, reclaims: 6, withholds: 2 }],
]) {
  test(`every frame is its own picture with ${what}`, { timeout: 20_000 }, async () => {
    const context = await setUp(change);
    await readAll(context, WALK);
    assert.ok(context.behaviour.mostOpen <= 12, `${context.behaviour.mostOpen} frames open at once`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(context.behaviour.open, 0, "a frame was never closed");
  });
}

test("the last picture of the stream comes though the decoder withholds it", { timeout: 5000 }, async () => {
  await readAll(await setUp({ withholds: 12 }), [199, 198, 199]);
});

test("open groups: a leading picture is decoded from the start before, and never from its own", { timeout: 5000 }, async () => {
  const flags = [START, 0, 0, 0, START, LEADING, LEADING, 0, START, LEADING, LEADING, 0];
  const order = [0, 3, 1, 2, 6, 4, 5, 7, 10, 8, 9, 11];
  const table = tableBytes({
    packets: flags.map((flag) => ({ size: 10, flags: flag })),
    frames: order.map((_, frame) => ({ pts: frame, packet: order.indexOf(frame) })),
  });
  const context = await setUp({}, { table });
  await readRight(context, 7);
  assert.ok(!context.behaviour.fed.slice(0, 3).includes(5), "a leading picture was fed after its start");
  await readAll(context, [4, 8, 11, 9, 5, 0]);
});

test("stepping back is served from what came by, without decoding again", { timeout: 5000 }, async () => {
  const context = await setUp();
  await readRight(context, 130);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const fed = context.behaviour.fed.length;
  for (let frame = 129; frame > 120; frame--) await readRight(context, frame);
  assert.equal(context.behaviour.fed.length, fed);
  context.decoding.close();
});

test("the picture of a start is decoded from its own packet, and nothing after it is waited for", { timeout: 5000 }, async () => {
  const context = await setUp();
  await readRight(context, 0);
  assert.deepEqual(context.behaviour.fed.slice(0, 2), [0, 0]); // the second time to go on from
  context.decoding.close();
});

test("going on does not begin again at the start of the group", { timeout: 5000 }, async () => {
  const context = await setUp();
  for (let frame = 0; frame < 150; frame++) await readRight(context, frame);
  const times = context.behaviour.fed.filter((packet) => packet === 0).length;
  assert.equal(times, 2); // for its own picture, and to go on from
  assert.ok(context.behaviour.fed.length < 150 + 60, `${context.behaviour.fed.length} packets fed`);
  context.decoding.close();
});

test("a frame far ahead is decoded from its own start, not through the groups between", { timeout: 5000 }, async () => {
  const context = await setUp();
  await readRight(context, 10);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await readRight(context, 155);
  assert.ok(!context.behaviour.fed.includes(100));
  context.decoding.close();
});

test("a frame that went by is decoded again at once", { timeout: 5000 }, async () => {
  const context = await setUp();
  await readRight(context, 98);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const begun = performance.now();
  await readRight(context, 55);
  assert.ok(performance.now() - begun < 100, "it was waited for a picture that had gone by");
  context.decoding.close();
});

test("decoding comes to rest, also where memory holds less than is worth fetching ahead", { timeout: 5000 }, async () => {
  const context = await setUp({}, { pictures: 6 });
  await readRight(context, 100);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const fed = context.behaviour.fed.length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(context.behaviour.fed.length, fed);
  assert.ok(context.decoding.cache.bytes <= 6 * PICTURE);
  context.decoding.close();
});

test("a picture that the decoder drops is reported, never replaced by a neighbour", { timeout: 5000 }, async () => {
  const context = await setUp({ drops: 60 });
  await assert.rejects(context.decoding.read(60, "show"), /gives no picture/);
  await readAll(context, [59, 61, 62]);
});

test("a decoder that breaks in the middle of a group still gives what stands before", { timeout: 5000 }, async () => {
  const context = await setUp({ breaksAt: 70, withholds: 4 });
  await readRight(context, 69);
  await assert.rejects(context.decoding.read(75, "show"), /Decoding error/);
  await readAll(context, [68, 100, 101, 65]);
});

test("a codec that the browser lacks is named", async () => {
  const behaviour = Object.assign(new Behaviour(), { supported: false });
  const table = new FrameTable(simpleTable(10, { codec: "hevc" }));
  const decoding = new VideoDecoding({ table, url: "/media", budget: 1e6, codecs: fakeCodecs(behaviour) });
  assert.match(await decoding.prepare(), /cannot decode hevc/);
});

test("a read that was given up does not hold up the next", { timeout: 5000 }, async () => {
  const context = await setUp();
  const abort = new AbortController();
  const given = context.decoding.read(190, "show", abort.signal);
  abort.abort();
  await assert.rejects(given, { name: "AbortError" });
  await readAll(context, [10]);
});

test("in passing, each picture is nearer than the one before, and the last is the exact one", { timeout: 5000 }, async () => {
  const context = await setUp();
  let distance = Infinity;
  while (distance > 0) {
    const copy = await context.decoding.read(90, "scrub");
    assert.ok(Math.abs(copy.frame - 90) < distance);
    distance = Math.abs(copy.frame - 90);
    context.decoding.release(copy);
  }
  context.decoding.close();
});

test("a picture whose format the browser hides is no picture", { timeout: 5000 }, async () => {
  const context = await setUp({ format: null });
  await assert.rejects(context.decoding.read(3, "show"), /does not say/);
  context.decoding.close();
});

test("a new configuration in mid-stream is taken over where it begins", { timeout: 5000 }, async () => {
  const run = { first_packet: 0, codec_string: "avc1.64001f", description: null, width: 16, height: 8, sample_aspect_ratio: [1, 1] };
  const table = simpleTable(100, { group: 50, runs: [run, { ...run, first_packet: 50, codec_string: "avc1.640028", width: 32, height: 16 }] });
  const context = await setUp({ withholds: 3 }, { table });
  await readAll(context, [48, 49, 50, 51, 49, 99]);
  assert.equal(context.behaviour.made[0].config.codec, "avc1.640028");
});
