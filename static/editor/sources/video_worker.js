/** The worker that decodes: messages in, pictures out. What to decode is decided in video_decoding.js. */

import { FrameTable } from "./frame_table.js";
import { TableDigests } from "./table_digests.js";
import { VideoDecoding } from "./video_decoding.js";

/** @import { Purpose } from "./frame_source.js" */
/** @import { Copy } from "./picture_cache.js" */

/**
 * @typedef {object} Open
 * @property {"open"} type
 * @property {ArrayBuffer} table
 * @property {string} url of the medium that the table's positions count in
 * @property {string} digestsUrl
 * @property {number} proved
 * @property {number} budget bytes of decoded pictures
 *
 * @typedef {Open
 *   | {type: "read", id: number, frame: number, purpose: Purpose}
 *   | {type: "abort", id: number}
 *   | {type: "prefetch", first: number, last: number}
 *   | {type: "aim", frame: number}
 *   | {type: "release", copy: number}
 *   | {type: "prove", id: number, copy: number}
 *   | {type: "proved", count: number}
 *   | {type: "close"}} ToWorker
 *
 * @typedef {{type: "opened", reason: string | null}
 *   | {type: "picture", id: number, frame: number, packet: number, copy: number, image: VideoFrame, width: number, height: number, decodeRate: number, capacity: number}
 *   | {type: "failed", id: number, name: string, code: string, reason: string}
 *   | {type: "proof", id: number, digest: string | null, expected: string | null, error: string | null}
 *   | {type: "buffered", ranges: [number, number][]}
 *   | {type: "sample", bytes: number, seconds: number, at: number}} FromWorker
 */

/** @type {VideoDecoding} */
let decoding;
/** @type {TableDigests} */
let digests;
/** @type {Map<number, AbortController>} reads under way */
const reads = new Map();
/** @type {Map<number, Copy>} copies of the pictures that the page has not closed */
const shown = new Map();
let telling = false;

/** @param {FromWorker} message @param {Transferable[]} [transfer] */
function post(message, transfer = []) {
  /** @type {any} */ (globalThis).postMessage(message, transfer);
}

globalThis.onmessage = (/** @type {MessageEvent<ToWorker>} */ { data: message }) => {
  if (message.type === "open") void open(message);
  else if (message.type === "read") void read(message.id, message.frame, message.purpose);
  else if (message.type === "abort") reads.get(message.id)?.abort();
  else if (message.type === "prefetch") decoding.prefetch(message.first, message.last);
  else if (message.type === "aim") decoding.aim(message.frame);
  else if (message.type === "release") release(message.copy);
  else if (message.type === "prove") void prove(message.id, message.copy);
  else if (message.type === "proved") digests.proved = message.count;
  else close();
};

/** @param {Open} message */
async function open({ table, url, digestsUrl, proved, budget }) {
  const codecs = { VideoDecoder: globalThis.VideoDecoder, EncodedVideoChunk: globalThis.EncodedVideoChunk };
  digests = new TableDigests(digestsUrl, proved);
  decoding = new VideoDecoding({
    table: new FrameTable(table),
    url,
    budget,
    codecs,
    onBuffered: tellBuffered,
    onSample: (sample) => post({ type: "sample", ...sample }),
  });
  post({ type: "opened", reason: await decoding.prepare() });
}

/** @param {number} id @param {number} frame @param {Purpose} purpose */
async function read(id, frame, purpose) {
  const abort = new AbortController();
  reads.set(id, abort);
  try {
    const copy = await decoding.read(frame, purpose, abort.signal);
    const image = asVideoFrame(copy);
    shown.set(copy.number, copy);
    const capacity = decoding.cache.capacity(copy.buffer.byteLength);
    const { width, height, packet, number } = copy;
    post(
      { type: "picture", id, frame: copy.frame, packet, copy: number, image, width, height, decodeRate: decoding.decodeRate, capacity },
      [image],
    );
  } catch (error) {
    const { name, message, code } = /** @type {Error & {code?: string}} */ (error);
    post({ type: "failed", id, name, code: String(code ?? ""), reason: message });
  } finally {
    reads.delete(id);
  }
}

/** @param {Copy} copy */
function asVideoFrame(copy) {
  const { matrix, primaries, transfer, fullRange } = decoding.table.colour;
  /** @type {any} */
  const colorSpace = { matrix, primaries, transfer, fullRange };
  return new VideoFrame(copy.buffer, {
    format: copy.format,
    codedWidth: copy.width,
    codedHeight: copy.height,
    timestamp: copy.packet,
    layout: copy.layout,
    colorSpace,
  });
}

/** @param {number} number */
function release(number) {
  const copy = shown.get(number);
  if (!copy) return;
  decoding.release(copy);
  if (!copy.pins) shown.delete(number);
}

/** @param {number} id @param {number} number */
async function prove(id, number) {
  const copy = shown.get(number);
  try {
    if (!copy) throw new Error("The picture is no longer there.");
    const digest = await decoding.digest(copy);
    post({ type: "proof", id, digest, expected: await digests.of(copy.frame), error: null });
  } catch (error) {
    post({ type: "proof", id, digest: null, expected: null, error: /** @type {Error} */ (error).message });
  }
}

/** Tell what is buffered, at most four times a second. */
function tellBuffered() {
  if (telling) return;
  telling = true;
  setTimeout(() => {
    telling = false;
    post({ type: "buffered", ranges: decoding.bytes.buffered() });
  }, 250);
}

function close() {
  decoding.close();
  globalThis.close();
}
