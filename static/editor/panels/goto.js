/** What a person types to go somewhere: a frame, a time, a distance or a part. */

/** @typedef {{frameCount: number, secondsAt(frame: number): number}} Clock */

export const GO_TO_HELP = "A frame (123), a time (00:01:02.5), a distance (+25, -5) or a part (50%)";

/**
 * The frame that `text` means, or a sentence that says why there is none. A time means the frame on screen at that moment
 * of the file's own clock, as shown beside the counter, read from the table's time stamps: nothing is multiplied by a rate.
 * @param {string} text
 * @param {number} current  the frame that a distance counts from
 * @param {Clock} clock
 * @returns {{frame: number} | {problem: string}}
 */
export function parseGoTo(text, current, clock) {
  const typed = text.trim();
  const last = clock.frameCount - 1;
  if (typed === "") return { problem: GO_TO_HELP };

  const whole = /^([+-]?)(\d{1,15})$/.exec(typed);
  if (whole) {
    const number = Number(whole[2]);
    if (whole[1] === "") return number <= last ? { frame: number } : { problem: `The last frame is ${last}` };
    const frame = current + (whole[1] === "+" ? number : -number);
    return { frame: Math.min(last, Math.max(0, frame)) };
  }

  const part = /^(\d{1,3}(?:\.\d*)?)\s*%$/.exec(typed);
  if (part) {
    const percent = Number(part[1]);
    return percent <= 100 ? { frame: Math.round((percent / 100) * last) } : { problem: "A part is 0 to 100 %" };
  }

  const time = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)\s*(s?)$/.exec(typed);
  if (time && (typed.includes(":") || typed.includes(".") || time[4] === "s")) {
    const seconds = Number(time[1] ?? 0) * 3600 + Number(time[2] ?? 0) * 60 + Number(time[3]);
    return { frame: frameAt(seconds, clock) };
  }
  return { problem: GO_TO_HELP };
}

/**
 * The frame on screen at `seconds` of the file's clock: the last whose time has come.
 * @param {number} seconds
 * @param {Clock} clock
 */
export function frameAt(seconds, clock) {
  const moment = seconds + 5e-4; // times are typed and shown in whole milliseconds
  let low = 0;
  let high = clock.frameCount - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (clock.secondsAt(middle) <= moment) low = middle;
    else high = middle - 1;
  }
  return low;
}
