/** Ids that a client may make alone. */

import { hex } from "./hex.js";

/**
 * A UUID that is random but for its first half, the time (RFC 9562, version 7): ids made together stand together in the
 * database's indexes, which halves what saving many of them takes. `crypto.randomUUID` gives the other kind, and none over plain http.
 * @returns {string}
 */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const digits = hex(bytes);
  const time = Date.now().toString(16).padStart(12, "0");
  const variant = ((bytes[8] & 0x3f) | 0x80).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits.slice(13, 16)}-${variant}${digits.slice(18, 20)}-${digits.slice(20)}`;
}
