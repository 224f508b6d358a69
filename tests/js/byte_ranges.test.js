import assert from "node:assert/strict";
import test from "node:test";

import { ByteRanges, BytesUnavailable } from "../../static/editor/sources/byte_ranges.js";
import { FrameTable } from "../../static/editor/sources/frame_table.js";
import { simpleTable } from "./table_builder.js";

const KB = 1024;
const MB = 1024 * KB;

/** A server of bytes: byte n is n modulo 251. Answers when told to, in pieces. */
class Server {
  constructor(size) {
    this.size = size;
    this.requests = [];
    this.fail = 0;
    this.status = 206;
    this.sizeSaid = size;
  }

  fetch = (url, { headers, signal }) => {
    const [, begin, end] = headers.Range.match(/^bytes=(\d+)-(\d+)$/).map(Number);
    const request = { begin, end: end + 1, aborted: false, hold: null, controller: null };
    this.requests.push(request);
    signal.addEventListener("abort", () => {
      request.aborted = true;
      request.controller?.error(signal.reason);
    });
    if (this.fail-- > 0) return Promise.reject(new TypeError("network"));
    const stream = new ReadableStream({
      start: (controller) => {
        request.controller = controller;
        if (!this.slow) this.send(request, request.end - request.begin);
      },
    });
    return Promise.resolve(
      new Response(stream, { status: this.status, headers: { "Content-Range": `bytes ${begin}-${end}/${this.sizeSaid}` } }),
    );
  };

  /** Send the next bytes of a request; the end of it closes it. */
  send(request, count) {
    const from = request.begin + (request.sent ?? 0);
    const to = Math.min(request.end, from + count);
    request.controller.enqueue(Uint8Array.from({ length: to - from }, (_, i) => (from + i) % 251));
    request.sent = to - request.begin;
    if (to === request.end) request.controller.close();
  }
}

function setUp(options = {}, count = 1000) {
  const table = new FrameTable(simpleTable(count, options));
  const server = new Server(table.mediaSize);
  const later = [];
  const samples = [];
  const bytes = new ByteRanges({
    table, url: "/media", fetch: server.fetch, onChange() {}, onSample: (sample) => samples.push(sample),
    later: (task, seconds) => later.push({ task, seconds }), budget: options.budget,
  });
  return { table, server, bytes, later, samples };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a packet's bytes are those of the file", async () => {
  const { bytes, table } = setUp({ size: 1000, gap: 7 });
  assert.equal(bytes.get(3), null);
  bytes.want([{ first: 3, last: 5 }]);
  await settle();
  const packet = bytes.get(4);
  assert.equal(packet.length, 1000);
  assert.equal(packet[0], table.packetPosition[4] % 251);
  assert.equal(packet[999], (table.packetPosition[4] + 999) % 251);
});

test("opening a large file asks for half a megabyte, not for the file", async () => {
  const { bytes, server } = setUp({ size: 100 * KB }, 10_000); // 1 GB
  bytes.want([{ first: 0, last: 1 }]);
  await settle();
  assert.equal(server.requests.length, 1);
  assert.ok(server.requests[0].end <= 600 * KB);
});

test("what is needed for certain comes in one request, up to 8 MB", async () => {
  const { bytes, server } = setUp({ size: 100 * KB }, 1000);
  bytes.want([{ first: 0, last: 60 }]);
  await settle();
  assert.equal(server.requests.length, 1);
  assert.equal(server.requests[0].end, 61 * 100 * KB);
  bytes.want([{ first: 100, last: 300 }]);
  await settle();
  const asked = server.requests.slice(1).map(({ begin, end }) => end - begin);
  assert.ok(asked.every((each) => each <= 8 * MB), String(asked));
  assert.equal(asked.reduce((a, b) => a + b), 201 * 100 * KB);
});

test("requests that follow each other grow from half a megabyte to eight", async () => {
  const { bytes, server } = setUp({ size: 10 * KB }, 10_000);
  for (let packet = 0; packet < 4000; packet += 10) {
    bytes.want([{ first: 0, last: 0 }, { first: packet, last: 9999 }]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await settle();
  const sizes = server.requests.map(({ begin, end }) => Math.round((end - begin) / (512 * KB)));
  assert.deepEqual([...new Set(sizes)], [1, 2, 4, 8, 16]);
});

test("two requests run at once and no more, the most urgent wish first", async () => {
  const { bytes, server } = setUp({ size: 100 * KB }, 3000);
  server.slow = true;
  bytes.want([{ first: 500, last: 501 }, { first: 0, last: 1 }, { first: 900, last: 901 }]);
  await settle();
  assert.deepEqual(server.requests.map(({ begin }) => begin / (100 * KB)), [500, 0]);
});

test("a new target takes the place of what nobody wants any more", async () => {
  const { bytes, server } = setUp({ size: 100 * KB }, 3000);
  server.slow = true;
  bytes.want([{ first: 500, last: 501 }, { first: 0, last: 1 }]);
  await settle();
  bytes.want([{ first: 2000, last: 2001 }]);
  await settle();
  assert.equal(server.requests.length, 3);
  assert.equal(server.requests.filter((request) => request.aborted).length, 1);
  assert.equal(server.requests[2].begin, 2000 * 100 * KB);
});

test("whole packets that came before a request was given up are kept", async () => {
  const { bytes, server } = setUp({ size: 100 * KB }, 3000);
  server.slow = true;
  bytes.want([{ first: 0, last: 4 }, { first: 100, last: 104 }]);
  await settle();
  server.send(server.requests[0], 250 * KB);
  await settle();
  bytes.want([{ first: 2000, last: 2001 }]);
  await settle();
  assert.equal(bytes.get(1).length, 100 * KB);
  assert.equal(bytes.get(2), null);
});

test("packets are here as soon as they came, before their request ends", async () => {
  const { bytes, server } = setUp({ size: 100 * KB }, 100);
  server.slow = true;
  bytes.want([{ first: 0, last: 4 }]);
  await settle();
  server.send(server.requests[0], 150 * KB);
  await settle();
  assert.equal(bytes.get(0).length, 100 * KB);
  assert.equal(bytes.get(1), null);
});

test("an exact wish fetches its packets alone", async () => {
  const { bytes, server } = setUp({ size: 3 * KB }, 1000);
  bytes.want([{ first: 10, last: 10, exact: true }]);
  await settle();
  assert.deepEqual(server.requests.map(({ begin, end }) => end - begin), [3 * KB]);
});

test("packets that lie far apart come in requests of their own", async () => {
  const { bytes, server } = setUp({ size: KB, gap: 200 * KB }, 10);
  bytes.want([{ first: 0, last: 2 }]);
  for (let i = 0; i < 5; i++) await settle();
  assert.deepEqual(server.requests.map(({ begin, end }) => end - begin), [KB, KB, KB]);
});

test("a broken connection is tried again after 0.5, 1, 2 and 4 seconds, then said", async () => {
  const { bytes, server, later } = setUp();
  server.fail = 5;
  bytes.want([{ first: 0, last: 1 }]);
  const waited = [];
  for (let i = 0; i < 6; i++) {
    await settle();
    const next = later.shift();
    if (next) waited.push(next.seconds);
    next?.task();
  }
  assert.deepEqual(waited, [0.5, 1, 2, 4]);
  assert.throws(() => bytes.get(0), (error) => error instanceof BytesUnavailable && error.code === "network");
  bytes.retry();
  await settle();
  assert.equal(bytes.get(0).length, 100);
});

for (const [what, change, code] of [
  ["a whole file instead of a range", (server) => (server.status = 200), "no_ranges"],
  ["a file of another size", (server) => (server.sizeSaid += 1), "changed"],
  ["a session that ended", (server) => (server.status = 403), "signed_out"],
  ["a file that is gone", (server) => (server.status = 404), "gone"],
]) {
  test(`${what} is refused at once, and not downloaded`, async () => {
    const { bytes, server, later } = setUp();
    server.slow = true;
    change(server);
    bytes.want([{ first: 0, last: 1 }]);
    await settle();
    assert.throws(() => bytes.get(0), (error) => error.code === code);
    assert.equal(bytes.downloaded, 0);
    assert.equal(later.length, 0);
    assert.equal(server.requests[0].aborted, true);
  });
}

test("what was used longest ago goes when memory is full", async () => {
  const { bytes } = setUp({ size: 100 * KB, budget: 2 * MB }, 1000);
  for (const first of [0, 100, 200, 300, 400, 500]) {
    bytes.want([{ first, last: first + 4 }]);
    await settle();
    if (first === 200) bytes.get(0);
  }
  assert.ok(bytes.held <= 2.6 * MB, String(bytes.held));
  assert.equal(bytes.get(100), null);
  assert.ok(bytes.get(500));
});

test("what is buffered is told as ranges of frames", async () => {
  const { bytes } = setUp({ size: 100 * KB }, 1000);
  bytes.want([{ first: 10, last: 12, exact: true }, { first: 500, last: 501, exact: true }]);
  await settle();
  assert.deepEqual(bytes.buffered(), [[10, 12], [500, 501]]);
});

test("each finished request is a sample of the throughput", async () => {
  const { bytes, samples } = setUp({ size: 100 * KB }, 1000);
  bytes.want([{ first: 10, last: 12, exact: true }]);
  await settle();
  assert.equal(samples.length, 1);
  assert.equal(samples[0].bytes, 300 * KB);
  assert.ok(samples[0].seconds > 0);
});
