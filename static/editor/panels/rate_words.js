/** How many frames a second a video has, told by its own times: one number only where there is one. */

/** @typedef {{frameCount: number, ptsAt(frame: number): number, secondsAt(frame: number): number}} Times */

/** @type {WeakMap<Times, string>} the status is drawn often, the times stay */
const told = new WeakMap();

/**
 * "29.97 frames/s", or "variable rate, 8.7 frames/s on average". "" where a single frame has no rate.
 * @param {Times} frames
 */
export function rateWords(frames) {
  const known = told.get(frames);
  if (known !== undefined) return known;
  const words = measure(frames);
  told.set(frames, words);
  return words;
}

/** @param {Times} frames */
function measure(frames) {
  const last = frames.frameCount - 1;
  if (last < 1) return "";
  const seconds = frames.secondsAt(last) - frames.secondsAt(0);
  if (seconds <= 0) return "";
  const rate = last / seconds;
  return varies(frames) ? `variable rate, ${Number(rate.toPrecision(3))} frames/s on average` : `${Number(rate.toFixed(3))} frames/s`;
}

/** A container that counts milliseconds rounds each time by up to a tick: that is no variable rate. @param {Times} frames */
function varies(frames) {
  const last = frames.frameCount - 1;
  const mean = (frames.ptsAt(last) - frames.ptsAt(0)) / last; // ticks
  const allowed = Math.max(1, 0.02 * mean);
  for (let frame = 1; frame <= last; frame++) {
    if (Math.abs(frames.ptsAt(frame) - frames.ptsAt(frame - 1) - mean) > allowed) return true;
  }
  return false;
}
