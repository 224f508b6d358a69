/** Bytes as people and the API write them. */

/** Two digits a byte, in lower case. @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
