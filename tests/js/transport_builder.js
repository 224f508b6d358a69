/** A transport for tests: a source of frames that does what the test says, and a screen whose time goes on when told to. */

import { Transport } from "../../static/editor/playback/transport.js";

/** A clock and a screen that go on when told to: 60 refreshes a second. */
class Screen {
  time = 1000;
  refreshes = [];
  timers = [];

  requestAnimationFrame = (callback) => this.refreshes.push(callback);
  setTimeout = (callback, milliseconds) => {
    const timer = { at: this.time + milliseconds, callback };
    this.timers.push(timer);
    return timer;
  };
  clearTimeout = (timer) => (this.timers = this.timers.filter((each) => each !== timer));
  now = () => this.time;

  async run(milliseconds) {
    for (const end = this.time + milliseconds; this.time < end; ) {
      this.time += 1000 / 60;
      const due = this.timers.filter((timer) => timer.at <= this.time);
      this.timers = this.timers.filter((timer) => timer.at > this.time);
      for (const { callback } of due) callback();
      for (const callback of this.refreshes.splice(0)) callback(this.time);
      await settle();
    }
  }
}

export const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A source whose pictures come at once, or when the test lets them. */
class Source {
  frameCount = 300;
  capacity = 100;
  decodeRate = 0;
  open = 0;
  reads = [];
  wrong = new Set();
  held = null; // Map of frame → resolvers, while reading is held up
  seconds = (frame) => frame / 30;

  ptsAt = (frame) => frame;
  secondsAt = (frame) => this.seconds(frame);
  frameAt(seconds) {
    let frame = this.frameCount - 1;
    while (frame > 0 && this.seconds(frame) > seconds + 1e-9) frame--;
    return frame;
  }
  typeAt = () => "P";
  mayLabel = () => true;
  whyNotLabel = () => null;
  prefetch = () => {};
  aim = () => {};
  buffered = () => [];
  close = () => {};

  async read(frame, { signal, purpose = "show" } = {}) {
    this.reads.push({ frame, purpose });
    if (this.held) await new Promise((resolve) => this.held.push(resolve));
    if (!this.deaf) signal?.throwIfAborted();
    if (this.fails?.has(frame)) throw new Error("no picture");
    const shown = purpose === "scrub" ? Math.floor(frame / 10) * 10 : frame;
    this.open++;
    return { frame: shown, source: this.wrong.has(frame) ? "server" : "webcodecs", close: () => this.open-- };
  }

  prove = async (picture) => {
    if (picture.frame === 13 && picture.source === "webcodecs") {
      this.wrong.add(13);
      return { state: "unproved", digest: "00", reason: "differs", replace: true };
    }
    return { state: picture.source === "server" ? "server" : "proved", digest: "ab", reason: null };
  };
}

export function setUp({ paint = () => {} } = {}) {
  const source = new Source();
  const screen = new Screen();
  const painted = [];
  const draw = (picture) => {
    paint(picture);
    painted.push({ frame: picture.frame, at: screen.time });
  };
  const transport = new Transport({ source, screen, paint: draw });
  return { source, screen, painted, transport, frames: () => painted.map(({ frame }) => frame) };
}
