/** Drives the frame source and the transport in a page, and reads from the canvas which picture is on it. */

import { VideoSource } from "/static/editor/sources/video_source.js";
import { Transport } from "/static/editor/playback/transport.js";
import { drawPicture } from "/static/editor/render/picture.js";

const SYNC = [1, 0, 1, 1, 0, 0, 1, 0];
const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#canvas"));
const context = canvas.getContext("2d", { willReadFrequently: true });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Draw a picture at a size that a barcode can be read at. */
export function draw(picture) {
  const scale = Math.min(1, 480 / Math.max(picture.width, picture.height));
  const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  drawPicture(context, picture, { x: 0, y: 0, width, height });
}

/** The number on the canvas, upright or turned; null if there is none to be read. */
export function readNumber() {
  const { width, height } = canvas;
  const { data } = context.getImageData(0, 0, width, height);
  for (const turns of [0, 1, 2, 3]) {
    const number = readTurned(data, width, height, turns);
    if (number !== null) return number;
  }
  return null;
}

function readTurned(data, width, height, turns) {
  const bit = (row, column) => {
    let [x, y] = [(column + 0.5) / 8, (row + 0.5) / 6];
    for (let i = 0; i < turns; i++) [x, y] = [1 - y, x];
    let sum = 0;
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) sum += data[((Math.floor(y * height) + dy) * width + Math.floor(x * width) + dx) * 4 + 1];
    }
    return sum / 25 > 128 ? 1 : 0;
  };
  for (let column = 0; column < 8; column++) if (bit(0, column) !== SYNC[column]) return null;
  let [number, check] = [0, 0];
  for (let i = 0; i < 16; i++) number = number * 2 + bit(1 + (i >> 3), i & 7);
  for (let i = 0; i < 8; i++) check = check * 2 + bit(3, i);
  return (((number >> 8) ^ ((number & 255) * 7) ^ 0xa5) & 255) === check ? number : null;
}

/** Open a file of the harness's server. */
export async function open(name, options = {}) {
  const about = await (await fetch(`/about/${name}`)).json();
  return VideoSource.open({
    framesUrl: `/frames/${name}`,
    digestsUrl: `/digests/${name}`,
    mediaUrl: `/media/${name}`,
    sideUrl: `/side/${name}`,
    pictureUrl: (frame) => `/picture/${name}/${frame}`,
    proved: options.proved ?? about.proved,
  });
}

/** Read frames one after another; for each: number on the canvas, who made the picture, its proof, milliseconds. */
export async function visit(source, frames, { prove = true } = {}) {
  const rows = [];
  for (const frame of frames) {
    const begun = performance.now();
    const row = { frame, number: null, from: null, state: null, reason: null, ms: 0, error: null };
    rows.push(row);
    try {
      let picture = await source.read(frame);
      draw(picture);
      row.ms = performance.now() - begun;
      let proof = prove ? await source.prove(picture) : null;
      if (proof?.replace) {
        // As the transport does: a picture that is found wrong gives way to the server's.
        row.replaced = proof.reason;
        picture.close();
        picture = await source.read(frame);
        draw(picture);
        proof = await source.prove(picture);
      }
      if (picture.frame !== frame) row.error = `got frame ${picture.frame}`;
      row.number = readNumber();
      row.from = picture.source;
      row.reason = proof ? proof.reason : picture.reason;
      row.state = proof ? proof.state : null;
      picture.close();
    } catch (error) {
      row.error = String(error);
    }
  }
  return rows;
}

/**
 * A transport that paints on the canvas, at full size if asked, and writes down when what was painted. Arrow keys step.
 */
export function drive(source, { fullSize = false, read = true } = {}) {
  const painted = [];
  const paint = (picture) => {
    if (fullSize) {
      if (canvas.width !== picture.width) [canvas.width, canvas.height] = [picture.width, picture.height];
      drawPicture(context, picture, { x: 0, y: 0, width: picture.width, height: picture.height });
    } else draw(picture);
    const at = performance.now();
    painted.push({ at, frame: picture.frame, from: picture.source, number: read ? readNumber() : null });
  };
  const transport = new Transport({ source, paint });
  const keys = [];
  const onKey = (event) => {
    const count = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!count) return;
    const key = { at: event.timeStamp, drawn: null };
    keys.push(key);
    transport.step(count).then(
      () => (key.drawn = performance.now()),
      () => {},
    );
  };
  document.addEventListener("keydown", onKey);
  return { transport, painted, keys, stop: () => document.removeEventListener("keydown", onKey) };
}

/** Milliseconds that `transport.show(frame)` takes, for each frame. */
export async function timeShows(transport, frames) {
  const times = [];
  for (const frame of frames) {
    const begun = performance.now();
    await transport.show(frame);
    times.push(performance.now() - begun);
  }
  return times;
}

/** Resolves when `condition` holds; throws after `seconds`. */
export async function until(condition, seconds = 10) {
  const deadline = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${condition}`);
    await sleep(5);
  }
}

globalThis.harness = { open, visit, draw, drive, readNumber, sleep, timeShows, until };
