import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { displaySize, drawPicture } from "../../static/editor/render/picture.js";
import { FrameTable } from "../../static/editor/sources/frame_table.js";
import { PictureCache } from "../../static/editor/sources/picture_cache.js";
import { digestOf, planeZero } from "../../static/editor/sources/picture_digest.js";
import { ServerPictures } from "../../static/editor/sources/server_pictures.js";
import { TableDigests } from "../../static/editor/sources/table_digests.js";
import { simpleTable } from "./table_builder.js";

const copyOf = (frame, bytes = 100) => ({ frame, packet: frame, pins: 0, buffer: new ArrayBuffer(bytes) });

test("the farthest picture goes first, and twice as soon against the direction of travel", () => {
  const cache = new PictureCache(300);
  cache.target = 10;
  for (const frame of [10, 13, 8]) cache.add(copyOf(frame));
  cache.add(copyOf(11));
  assert.deepEqual([...cache.frames()].sort((a, b) => a - b), [10, 11, 13]);
  cache.travel = -1;
  cache.add(copyOf(7));
  assert.deepEqual([...cache.frames()].sort((a, b) => a - b), [7, 10, 11]);
});

test("pictures that nobody wants go before wanted ones that are farther away", () => {
  const cache = new PictureCache(200);
  cache.wants = (frame) => frame >= 50;
  cache.add(copyOf(3));
  cache.add(copyOf(60));
  cache.add(copyOf(70));
  assert.deepEqual([...cache.frames()], [60, 70]);
});

test("a picture on the screen, and the target's, stay whatever comes", () => {
  const cache = new PictureCache(200);
  const shown = { ...copyOf(500), pins: 1 };
  cache.add(shown);
  cache.add(copyOf(0));
  for (let frame = 1; frame < 20; frame++) cache.add(copyOf(frame));
  assert.ok(cache.has(500) && cache.has(0));
});

test("memory of pictures that went is used again", () => {
  const cache = new PictureCache(100);
  const first = copyOf(5);
  cache.add(first);
  cache.add(copyOf(0));
  assert.equal(cache.has(5), false);
  assert.equal(cache.buffer(100), first.buffer);
  assert.notEqual(cache.buffer(100), first.buffer);
});

test("the digest is that of the visible luma rows, packed", async () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
  const copy = { format: "I420", width: 4, height: 2, layout: [{ offset: 8, stride: 16 }], buffer: bytes.buffer };
  const rows = Buffer.from([8, 9, 10, 11, 24, 25, 26, 27]);
  assert.deepEqual([...planeZero(copy)], [...rows]);
  assert.equal(await digestOf(copy), createHash("sha256").update(rows).digest("hex").slice(0, 32));
  assert.equal(planeZero({ ...copy, format: "I420P10" }).length, 16);
  assert.equal(await digestOf({ ...copy, format: "SOMETHING" }), null);
});

test("digests are fetched in blocks, and again once the server has proved more", async () => {
  const all = Uint8Array.from({ length: 9000 * 16 }, (_, i) => 1 + (Math.floor(i / 16) % 200));
  all.fill(0, 20 * 16, 21 * 16);
  const asked = [];
  let written = 10;
  const digests = new TableDigests("/digests", 10, async (url, { headers }) => {
    asked.push(headers.Range);
    const [begin, end] = headers.Range.match(/\d+/g).map(Number);
    const bytes = all.slice(begin, Math.min(end + 1, written * 16));
    return new Response(bytes, { status: 206, headers: { "Content-Range": `bytes ${begin}-${begin + bytes.length - 1}/*` } });
  });
  assert.equal(await digests.of(3), "04".repeat(16));
  assert.equal(await digests.of(10), null);
  written = digests.proved = 9000;
  assert.equal(await digests.of(10), "0b".repeat(16));
  assert.equal(await digests.of(20), null); // zeros: the server's decoder gave no picture
  assert.equal(await digests.of(4095), (1 + (4095 % 200)).toString(16).padStart(2, "0").repeat(16));
  assert.equal(asked.length, 2);
  await digests.of(8999);
  assert.equal(asked[2], `bytes=${8192 * 16}-${9000 * 16 - 1}`);
});

function server(change = {}) {
  const asked = [];
  const table = new FrameTable(simpleTable(100, { rotation: 90, sample_aspect_ratio: [4, 3] }));
  const state = { proved: "1", status: 200, frameSaid: null, failures: 0, ...change };
  const pictures = new ServerPictures({
    table,
    url: (frame) => `/pictures/${frame}`,
    fetch: async (url) => {
      const frame = Number(url.split("/").at(-1));
      asked.push(frame);
      if (state.failures-- > 0) throw new TypeError("network");
      return new Response(state.status === 200 ? "png" : JSON.stringify({ code: "x", detail: "It is damaged." }), {
        status: state.status,
        headers: {
          "X-Frame": String(state.frameSaid ?? frame), "X-Frame-Pts": String(frame), "X-Frame-Digest": "ab".repeat(16), "X-Frame-Proved": state.proved,
        },
      });
    },
    decode: async () => ({ width: 8, height: 16, close() {} }),
  });
  return { pictures, asked, state };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test("the server's picture says that it is, why, and what proves it", async () => {
  const { pictures } = server();
  const picture = await pictures.read(7, "this browser cannot decode hevc");
  assert.deepEqual([picture.source, picture.reason, picture.rotation, picture.pts], ["server", "this browser cannot decode hevc", 0, 7]);
  assert.deepEqual(picture.sampleAspectRatio, [3, 4]);
  assert.deepEqual(await pictures.prove(picture), { state: "server", digest: "ab".repeat(16), reason: "this browser cannot decode hevc" });
});

test("a frame that the server has not verified is asked for again before it counts as proved", async () => {
  const { pictures, state } = server({ proved: "0" });
  const picture = await pictures.read(7, "r");
  assert.equal((await pictures.prove(picture)).state, "unproved");
  state.proved = "1";
  assert.equal((await pictures.prove(picture)).state, "server");
});

test("neighbours are fetched ahead, and each only once", async () => {
  const { pictures, asked } = server();
  await pictures.read(50, "r");
  await settle();
  assert.deepEqual([...asked].sort((a, b) => a - b), [47, 48, 49, 50, 51, 52, 53]);
  await pictures.read(51, "r");
  await settle();
  assert.equal(asked.filter((frame) => frame === 51).length, 1);
});

test("a picture of another frame is refused", async () => {
  const { pictures } = server({ frameSaid: 8 });
  await assert.rejects(pictures.read(7, "r"), /another table/);
});

test("the server's own sentence is told, and asking again is left to the user", async () => {
  const { pictures, asked } = server({ status: 404 });
  await assert.rejects(pictures.read(7, "r"), /frame 7: It is damaged/);
  assert.equal(asked.length, 1);
});

/** Pictures whose answers come when they are let go. */
function heldUp() {
  const table = new FrameTable(simpleTable(100));
  const asked = [];
  const pictures = new ServerPictures({
    table,
    url: (frame) => `/pictures/${frame}`,
    fetch: (url, { signal }) => new Promise((resolve, reject) => {
      const frame = url.split("/").at(-1);
      signal.addEventListener("abort", () => reject(signal.reason));
      const headers = { "X-Frame": frame, "X-Frame-Pts": frame, "X-Frame-Digest": "ab".repeat(16), "X-Frame-Proved": "1" };
      asked.push({ frame: Number(frame), signal, letGo: () => resolve(new Response("png", { headers })) });
    }),
    decode: async () => ({ width: 16, height: 8, close() {} }),
  });
  return { pictures, asked };
}

test("a picture that nobody waits for any more is not fetched on, and is fetched anew when it is wanted again", async () => {
  const { pictures, asked } = heldUp();
  const [first, second] = [new AbortController(), new AbortController()];
  const reads = [pictures.read(7, "r", first.signal), pictures.read(7, "r", second.signal)];
  first.abort();
  await assert.rejects(reads[0], { name: "AbortError" });
  assert.deepEqual([asked.length, asked[0].signal.aborted], [1, false], "one reader is left");
  second.abort();
  await assert.rejects(reads[1], { name: "AbortError" });
  assert.equal(asked[0].signal.aborted, true);
  const again = pictures.read(7, "r");
  asked[1].letGo();
  assert.equal((await again).frame, 7);
});

test("a picture that one reader gave up reaches the other", async () => {
  const { pictures, asked } = heldUp();
  const abort = new AbortController();
  const given = pictures.read(7, "r", abort.signal);
  const kept = pictures.read(7, "r");
  abort.abort();
  await assert.rejects(given, { name: "AbortError" });
  asked[0].letGo();
  assert.equal((await kept).frame, 7);
});

test("a signal that is aborted after the picture has come takes nothing away", async () => {
  const { pictures, asked } = heldUp();
  const abort = new AbortController();
  const read = pictures.read(7, "r", abort.signal);
  asked[0].letGo();
  await read;
  abort.abort();
  assert.equal((await pictures.read(7, "r")).frame, 7);
  assert.equal(asked.filter(({ frame }) => frame === 7).length, 1);
});

test("a broken connection is tried again", async () => {
  const { pictures } = server({ failures: 1 });
  assert.equal((await pictures.read(0, "r")).frame, 0);
});

/** A server that is busy so many times, and says to come back in a moment. */
function busyServer(times) {
  const told = [];
  const asked = [];
  const pictures = new ServerPictures({
    table: new FrameTable(simpleTable(100)),
    url: (frame) => `/pictures/${frame}`,
    busy: (frame, seconds) => told.push([frame, seconds]),
    fetch: async (url) => {
      const frame = url.split("/").at(-1);
      asked.push(Number(frame));
      if (times-- > 0) return new Response(JSON.stringify({ code: "busy", detail: "The server is busy." }), { status: 503, headers: { "Retry-After": "0.02" } });
      return new Response("png", { headers: { "X-Frame": frame, "X-Frame-Pts": frame, "X-Frame-Digest": "ab".repeat(16), "X-Frame-Proved": "1" } });
    },
    decode: async () => ({ width: 16, height: 8, close() {} }),
  });
  return { pictures, told, asked };
}

test("a busy server is asked again when it said, and that is told", async () => {
  const { pictures, told, asked } = busyServer(5);
  const start = performance.now();
  assert.equal((await pictures.read(7, "r")).frame, 7);
  assert.ok(performance.now() - start >= 90);
  assert.deepEqual(told, Array(5).fill([[7, 0.02], [7, null]]).flat());
  assert.equal(asked.filter((frame) => frame === 7).length, 6);
});

test("who gives a picture up does not wait for a busy server, nor asks it again", async () => {
  const { pictures, told, asked } = busyServer(100);
  const abort = new AbortController();
  const read = pictures.read(7, "r", abort.signal);
  while (told.length === 0) await settle();
  abort.abort();
  await assert.rejects(read, { name: "AbortError" });
  await settle();
  const before = asked.length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(asked.length, before);
  assert.deepEqual(told.at(-1), [7, null]);
});

/** What a 2D context would do to the corners of the source rectangle. */
function recordingContext() {
  let matrix = [1, 0, 0, 1, 0, 0];
  const multiply = ([a, b, c, d, e, f]) => {
    const [A, B, C, D, E, F] = matrix;
    matrix = [A * a + C * b, B * a + D * b, A * c + C * d, B * c + D * d, A * e + C * f + E, B * e + D * f + F];
  };
  const context = {
    save() {},
    restore() {},
    translate: (x, y) => multiply([1, 0, 0, 1, x, y]),
    rotate: (angle) => multiply([Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0]),
    drawImage: (image, sx, sy, sw, sh, x, y, width, height) => {
      const at = (px, py) => [matrix[0] * px + matrix[2] * py + matrix[4], matrix[1] * px + matrix[3] * py + matrix[5]].map(Math.round);
      Object.assign(context, { source: [sx, sy, sw, sh], topLeft: at(x, y), bottomRight: at(x + width, y + height) });
    },
  };
  return context;
}

for (const [rotation, topLeft, bottomRight] of [
  [0, [10, 20], [110, 70]],
  [90, [110, 20], [10, 70]], // the picture's top left corner is at the top right of the screen
  [180, [110, 70], [10, 20]],
  [270, [10, 70], [110, 20]],
]) {
  test(`a picture to be turned by ${rotation}° clockwise fills its rectangle, turned`, () => {
    const context = recordingContext();
    const turned = rotation % 180 !== 0;
    const picture = { image: {}, rotation, width: turned ? 8 : 16, height: turned ? 16 : 8, sampleAspectRatio: [1, 1] };
    drawPicture(context, picture, { x: 10, y: 20, width: 100, height: 50 });
    assert.deepEqual(context.source, [0, 0, 16, 8]);
    assert.deepEqual([context.topLeft, context.bottomRight], [topLeft, bottomRight]);
  });
}

test("pixels that are not square make the picture larger, never smaller", () => {
  assert.deepEqual(displaySize({ width: 720, height: 576, sampleAspectRatio: [64, 45] }), { width: 1024, height: 576 });
  assert.deepEqual(displaySize({ width: 720, height: 480, sampleAspectRatio: [8, 9] }), { width: 720, height: 540 });
});
