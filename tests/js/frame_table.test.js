import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { BadTable, FrameTable, LEADING, SKIP, START, upperBound } from "../../static/editor/sources/frame_table.js";
import { simpleTable, tableBytes } from "./table_builder.js";

const VECTORS = JSON.parse(readFileSync(new URL("../shared/frame_table.json", import.meta.url), "utf8"));

/** Decode order I0 P3 B1 B2 | I6 (b4 b5 lead) P7, the second group open. */
function openGroups() {
  const flags = [START, 0, 0, 0, START, LEADING, LEADING, 0];
  const order = [0, 3, 1, 2, 6, 4, 5, 7]; // frame of each packet
  return new FrameTable(
    tableBytes({
      packets: flags.map((flag, n) => ({ size: 10 + n, gap: n === 4 ? 1000 : 0, flags: flag })),
      frames: order.map((_, frame) => ({ pts: frame * 512 - 1024, packet: order.indexOf(frame) })),
      time_base: [1, 15360],
    }),
  );
}

test("positions, times and packets are those that were written", () => {
  const table = openGroups();
  assert.deepEqual([...table.packetPosition], [0, 10, 21, 33, 1046, 1060, 1075, 1091]);
  assert.deepEqual([...table.framePts], [-1024, -512, 0, 512, 1024, 1536, 2048, 2560]);
  assert.deepEqual([...table.framePacket], [0, 2, 3, 1, 5, 6, 4, 7]);
  assert.deepEqual([...table.packetFrame], [0, 3, 1, 2, 6, 4, 5, 7]);
  assert.equal(table.secondsAt(6), 2048 / 15360);
});

test("a leading picture is decoded from the start before the one that it follows", () => {
  const table = openGroups();
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map((frame) => table.startOf(frame)), [0, 0, 0, 0, 0, 0, 4, 4]);
});

test("leading pictures are left out only where decoding began at their start", () => {
  const table = openGroups();
  assert.equal(table.packetAfter(4, 4), 7);
  assert.equal(table.packetAfter(4, 0), 5);
});

test("a leading picture of the first start has no start at all", () => {
  const table = new FrameTable(
    tableBytes({
      packets: [{ size: 1, flags: START }, { size: 1, flags: LEADING }],
      frames: [{ pts: 0, packet: 1 }, { pts: 1, packet: 0 }],
    }),
  );
  assert.equal(table.startOf(0), null);
  assert.equal(table.startOf(1), 0);
});

test("damaged packets are left out", () => {
  const table = new FrameTable(
    tableBytes({ packets: [{ size: 1, flags: START }, { size: 1, flags: SKIP }, { size: 1 }], frames: [{ pts: 0, packet: 0 }] }),
  );
  assert.equal(table.packetAfter(0, 0), 2);
  assert.equal(table.packetAfter(2, 0), 3);
});

test("both packets of a field pair name the frame", () => {
  const table = new FrameTable(
    tableBytes({
      packets: [{ size: 5, flags: START }, { size: 5 }, { size: 5 }, { size: 5 }],
      frames: [{ pts: 0, packet: 0, second: 1 }, { pts: 2, packet: 2, second: 1 }],
    }),
  );
  assert.deepEqual([...table.packetFrame], [0, 0, 1, 1]);
  assert.equal(table.lastPacketOf(1), 3);
});

test("a packet that is no picture of the table has no frame", () => {
  const table = new FrameTable(tableBytes({ packets: [{ size: 1, flags: START }, { size: 1 }], frames: [{ pts: 0, packet: 1 }] }));
  assert.equal(table.packetFrame[0], -1);
  assert.equal(table.frameOfStart(0), 0);
});

test("a time finds the frame that is on screen then, though it was computed from a PTS", () => {
  const pts = [0, 1001, 2002, 9009];
  const table = new FrameTable(
    tableBytes({
      packets: pts.map((_, n) => ({ size: 1, flags: n ? 0 : START })),
      frames: pts.map((value, n) => ({ pts: value, packet: n })),
      time_base: [1, 30000],
    }),
  );
  for (const frame of pts.keys()) assert.equal(table.frameAt(table.secondsAt(frame)), frame);
  assert.equal(table.frameAt(0.2), 2);
  assert.equal(table.frameAt(-5), 0);
  assert.equal(table.frameAt(99), 3);
});

test("frames that may not be labelled say so, and types have their letters", () => {
  const table = new FrameTable(
    tableBytes({
      packets: [0, 1, 2].map((n) => ({ size: 1, flags: n ? 0 : START })),
      frames: [{ pts: -1, packet: 0, flags: 1 | 16 }, { pts: 0, packet: 1, flags: 2 | 4 }, { pts: 1, packet: 2, flags: 3 }],
    }),
  );
  assert.deepEqual([0, 1, 2].map((frame) => table.mayLabel(frame)), [false, false, true]);
  assert.deepEqual([0, 1, 2].map((frame) => table.typeAt(frame)), ["I", "P", "B"]);
  const why = [0, 1, 2].map((frame) => table.whyNotLabel(frame));
  assert.deepEqual(why, ["its time is before 0", "the file is damaged there and has no clean picture of it", null]);
});

test("runs come with their description and the packet that they begin at", () => {
  const run = { first_packet: 0, codec_string: "avc1.64001f", description: "AWQAHw==", width: 16, height: 8, sample_aspect_ratio: [4, 3] };
  const table = new FrameTable(simpleTable(20, { runs: [run, { ...run, first_packet: 10, description: null }] }));
  assert.deepEqual([...table.runs[0].description], [1, 100, 0, 31]);
  assert.equal(table.runOf(9).firstPacket, 0);
  assert.equal(table.runOf(10).firstPacket, 10);
  assert.equal(table.runOf(10).description, null);
});

test("what is no table, or cut off, is refused", () => {
  assert.throws(() => new FrameTable(new ArrayBuffer(4)), BadTable);
  assert.throws(() => new FrameTable(new TextEncoder().encode("OFT2aaaaaaaa").buffer), BadTable);
  const whole = simpleTable(50, { size: 7 });
  const cut = tableBytes({
    packets: Array.from({ length: 50 }, (_, n) => ({ size: n + 1, flags: 1 })),
    frames: [{ pts: 0, packet: 0 }],
  }).slice(0, -16);
  assert.throws(() => new FrameTable(cut), BadTable);
  assert.equal(new FrameTable(whole).packetCount, 50);
});

test("a frame that names a packet that does not exist is refused", () => {
  assert.throws(() => new FrameTable(tableBytes({ packets: [{ size: 1, flags: 1 }], frames: [{ pts: 0, packet: 1 }] })), BadTable);
});

test("100,000 frames are read in a moment", () => {
  const bytes = tableBytes({
    packets: Array.from({ length: 100_000 }, (_, n) => ({ size: 100 + ((n * 7919) % 60_000), gap: n % 3, flags: n % 250 ? 0 : 3 })),
    frames: Array.from({ length: 100_000 }, (_, n) => ({ pts: n * 512 + (n % 5), packet: n })),
  });
  const times = [];
  for (let i = 0; i < 5; i++) {
    const begun = performance.now();
    new FrameTable(bytes);
    times.push(performance.now() - begun);
  }
  assert.ok(Math.min(...times) < 40, `took ${times} ms`);
});

test("the first number above a value is found at the ends, too", () => {
  assert.deepEqual([0, 1, 2, 5, 9].map((value) => upperBound([1, 2, 2, 5], value)), [0, 1, 3, 4, 4]);
});

for (const [name, expected] of Object.entries(VECTORS)) {
  test(`the server and the page read the same table: ${name}`, () => {
    const bytes = Uint8Array.from(atob(expected.bytes), (character) => character.charCodeAt(0));
    const table = new FrameTable(bytes.buffer);
    const packets = expected.packets.map((_, n) => [table.packetPosition[n], table.packetSize[n], table.packetFlags[n]]);
    assert.deepEqual(packets, expected.packets);
    const frames = expected.frames.map((_, frame) => [
      table.framePts[frame], table.framePacket[frame], table.frameSecondPacket[frame], table.frameFlags[frame],
    ]);
    assert.deepEqual(frames, expected.frames);
    assert.deepEqual(expected.frames.map((_, frame) => table.startOf(frame)), expected.starts);
    assert.deepEqual(expected.frames.map((_, frame) => fedFor(table, frame)), expected.fed);
  });
}

/** The packets that are fed when decoding begins at the frame's start and goes on to the end. */
function fedFor(table, frame) {
  const start = table.startOf(frame);
  const fed = [];
  for (let packet = start; packet < table.packetCount; packet = table.packetAfter(packet, start)) fed.push(packet);
  return fed;
}
