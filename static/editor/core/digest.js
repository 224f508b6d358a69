/** Digests of pictures as a frame table keeps them (docs/frame-table.md): one after the other, in bytes that are fetched by range. */

import { hex } from "./hex.js";

export const DIGEST_SIZE = 16; // bytes

/** The header that asks for the digests of frames first..last, both included. @param {number} first @param {number} last */
export function digestRange(first, last) {
  return `bytes=${first * DIGEST_SIZE}-${(last + 1) * DIGEST_SIZE - 1}`;
}

/** 32 digits; null for zeros: the server has no picture that could be digested. @param {Uint8Array} bytes */
export function digestText(bytes) {
  return bytes.every((byte) => byte === 0) ? null : hex(bytes);
}
