/** The digest of a decoded picture: SHA-256, cut to 16 bytes, of plane 0 as the decoder gave it (docs/frame-table.md). */

import { DIGEST_SIZE } from "../core/digest.js";
import { hex } from "../core/hex.js";

/** @import { Copy } from "./picture_cache.js" */

/** Bytes a sample of plane 0; a format that is not here cannot be proved. @type {Record<string, number>} */
const SAMPLE_BYTES = {
  I420: 1, I420A: 1, I422: 1, I422A: 1, I444: 1, I444A: 1, NV12: 1,
  I420P10: 2, I422P10: 2, I444P10: 2, I420P12: 2, I422P12: 2, I444P12: 2,
  I420AP10: 2, I422AP10: 2, I444AP10: 2, I422AP12: 2, I444AP12: 2,
  RGBA: 4, RGBX: 4, BGRA: 4, BGRX: 4,
};

/**
 * Plane 0 of a copy, rows packed.
 * @param {Copy} copy
 * @returns {Uint8Array<ArrayBuffer> | null} null for a format that is not known
 */
export function planeZero(copy) {
  const sample = SAMPLE_BYTES[copy.format];
  if (!sample) return null;
  const row = copy.width * sample;
  const { offset, stride } = copy.layout[0];
  if (stride === row) return new Uint8Array(copy.buffer, offset, row * copy.height);
  const packed = new Uint8Array(row * copy.height);
  for (let y = 0; y < copy.height; y++) packed.set(new Uint8Array(copy.buffer, offset + y * stride, row), y * row);
  return packed;
}

/**
 * @param {Copy} copy
 * @returns {Promise<string | null>} 32 hexadecimal digits; null where the picture or the page cannot give one
 */
export async function digestOf(copy) {
  const plane = planeZero(copy);
  if (plane === null || !globalThis.crypto?.subtle) return null;
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", plane), 0, DIGEST_SIZE));
}
