/** Time as the page has it: refreshes of the screen and timers. A test brings its own. */

/**
 * @typedef {object} Screen
 * @property {(callback: (now: number) => void) => number} requestAnimationFrame
 * @property {(callback: () => void, milliseconds: number) => any} setTimeout
 * @property {(handle: any) => void} clearTimeout
 * @property {() => number} now milliseconds
 */

export const REST = 80; // milliseconds without a new target after which the exact picture is sought, and proved

/** @returns {Screen} */
export function browserScreen() {
  return {
    requestAnimationFrame: (callback) => requestAnimationFrame(callback),
    setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clearTimeout: (handle) => clearTimeout(handle),
    now: () => performance.now(),
  };
}
