/** Numbers and times in words. */

/** @param {number} n */
export function grouped(n) {
  return n.toLocaleString("en").replaceAll(",", "\u202f"); // a narrow space; a comma may be read as a decimal mark
}

/** "1 object", "12 objects". @param {number} n @param {string} noun */
export function counted(n, noun) {
  return `${grouped(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/**
 * hh:mm:ss.mmm
 * @param {number} seconds
 */
export function formatTime(seconds) {
  const milliseconds = Math.round(Math.abs(seconds) * 1000);
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, "0");
  const clock = `${two(milliseconds / 3_600_000)}:${two((milliseconds / 60_000) % 60)}:${two((milliseconds / 1000) % 60)}`;
  return `${seconds < 0 && milliseconds > 0 ? "−" : ""}${clock}.${String(milliseconds % 1000).padStart(3, "0")}`;
}
