import assert from "node:assert/strict";
import test from "node:test";

import { prefetchWindow } from "../../static/editor/playback/prefetch.js";
import { Transport } from "../../static/editor/playback/transport.js";

/** A clock and a screen that go on when told to: 60 refreshes a second. */
class Screen {
  time = 1000;
  refreshes = [];
  timers = [];

  requestAnimationFrame = (callback) => this.refreshes.push(callback);
  cancelAnimationFrame = () => {};
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

const settle = () => new Promise((resolve) => setImmediate(resolve));

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

function setUp() {
  const source = new Source();
  const screen = new Screen();
  const painted = [];
  const transport = new Transport({ source, screen, paint: (picture) => painted.push({ frame: picture.frame, at: screen.time }) });
  return { source, screen, painted, transport, frames: () => painted.map(({ frame }) => frame) };
}

test("a show resolves once its frame is painted, and not before", async () => {
  const { transport, source, frames } = setUp();
  source.held = [];
  let done = false;
  const shown = transport.show(7).then(() => (done = true));
  await settle();
  assert.equal(transport.target, 7);
  assert.equal(transport.painted, null);
  assert.equal(done, false);
  source.held.forEach((resolve) => resolve());
  await shown;
  assert.deepEqual(frames(), [7]);
  assert.equal(transport.painted, 7);
});

test("a show that another one overtakes is rejected, and its picture is never painted", async () => {
  const { transport, source, frames } = setUp();
  source.held = [];
  const first = transport.show(7);
  const second = transport.show(9);
  await settle();
  source.held.forEach((resolve) => resolve());
  await assert.rejects(first, { name: "AbortError" });
  await second;
  assert.deepEqual(frames(), [9]);
  assert.equal(source.open, 1);
});

test("a picture that comes though it was given up is closed, not painted", async () => {
  const { transport, source, frames } = setUp();
  source.held = [];
  source.deaf = true;
  const first = transport.show(7);
  await settle();
  const [late] = source.held.splice(0);
  const second = transport.show(9);
  await settle();
  source.held.splice(0).forEach((resolve) => resolve());
  await second;
  late();
  await assert.rejects(first, { name: "AbortError" });
  assert.deepEqual(frames(), [9]);
  assert.equal(source.open, 1);
});

test("a frame that does not exist is refused", async () => {
  const { transport } = setUp();
  await assert.rejects(transport.show(300), RangeError);
  await assert.rejects(transport.show(1.5), RangeError);
  await assert.rejects(transport.show(-1), RangeError);
});

test("a held key shows every frame, and at most one step waits", async () => {
  const { transport, source, frames } = setUp();
  await transport.show(0);
  source.held = [];
  for (let i = 0; i < 10; i++) transport.step(1).catch(() => {});
  for (let i = 0; i < 5; i++) {
    source.held.splice(0).forEach((resolve) => resolve());
    await settle();
  }
  assert.deepEqual(frames(), [0, 1, 2]);
});

test("steps that are waited for go on one by one, and stop at the ends", async () => {
  const { transport, frames } = setUp();
  await transport.show(297);
  for (let i = 0; i < 4; i++) await transport.step(1);
  assert.deepEqual(frames(), [297, 298, 299]);
  await transport.step(-10);
  assert.equal(transport.painted, 289);
});

test("a step after one that failed still goes on", async () => {
  const { transport, source } = setUp();
  source.fails = new Set([1]);
  await transport.show(0);
  const failed = [];
  transport.addEventListener("failed", ({ detail }) => failed.push(detail.frame));
  await assert.rejects(transport.step(1), /no picture/);
  assert.equal(transport.painted, 0);
  await transport.step(1);
  assert.equal(transport.painted, 2);
  assert.deepEqual(failed, [1]);
});

test("one picture is open at rest, and none once it is closed", async () => {
  const { transport, source } = setUp();
  for (const frame of [1, 50, 3]) await transport.show(frame);
  assert.equal(source.open, 1);
  transport.close();
  assert.equal(source.open, 0);
});

test("a picture is proved once the user rests on it, and not while they move", async () => {
  const { transport, screen } = setUp();
  const states = [];
  transport.addEventListener("proof", () => states.push([transport.proof.frame, transport.proof.state]));
  await transport.show(5);
  await screen.run(40);
  await transport.show(6);
  assert.deepEqual(states, []);
  await screen.run(120);
  assert.deepEqual(states, [[6, "proving"], [6, "proved"]]);
});

test("a picture that is found wrong is replaced by the server's", async () => {
  const { transport, screen, frames } = setUp();
  await transport.show(13);
  await screen.run(300);
  assert.deepEqual(frames(), [13, 13]);
  assert.equal(transport.picture.source, "server");
  assert.equal(transport.proof.state, "server");
});

test("playing shows every frame at the file's own times", async () => {
  const { transport, screen, painted, source } = setUp();
  const times = [0, 0.1, 0.12, 0.5, 0.55, 0.6, 1.4];
  source.frameCount = times.length;
  source.seconds = (frame) => times[frame];
  await transport.show(0);
  const begun = screen.time;
  transport.play();
  await screen.run(2000);
  assert.deepEqual(painted.map(({ frame }) => frame), [0, 1, 2, 3, 4, 5, 6]);
  for (const { frame, at } of painted.slice(1)) {
    const late = at - begun - times[frame] * 1000;
    assert.ok(late >= -5 && late <= 34, `frame ${frame} is ${late} ms late`);
  }
  assert.equal(transport.playing, false);
  assert.equal(transport.painted, 6);
});

test("twelve seconds of playing take twelve seconds, also where the rate is none of the screen's", async () => {
  const { transport, screen, painted, source } = setUp();
  source.seconds = (frame) => frame / 25;
  await transport.show(0);
  const begun = screen.time;
  transport.play();
  await screen.run(12_500);
  assert.equal(painted.length, 300);
  assert.ok(Math.abs(painted[299].at - begun - 299_000 / 25) < 40);
  assert.equal(transport.skipped, 0);
});

test("pausing lands on the frame that is on the screen", async () => {
  const { transport, screen, painted } = setUp();
  await transport.show(0);
  transport.play();
  await screen.run(1000);
  transport.pause();
  const { frame } = painted.at(-1);
  assert.equal(transport.painted, frame);
  assert.equal(transport.target, frame);
  await screen.run(500);
  assert.equal(painted.at(-1).frame, frame);
  assert.equal(transport.proof.frame, frame);
});

test("slow reading stretches time and skips nothing where every frame is to be shown", async () => {
  const { transport, screen, source, frames } = setUp();
  await transport.show(0);
  const { read } = source;
  source.read = async (...args) => {
    await new Promise((resolve) => screen.setTimeout(resolve, 100));
    return read.apply(source, args);
  };
  transport.play();
  await screen.run(3000);
  transport.pause();
  assert.ok(frames().length > 15 && frames().length < 35, String(frames().length));
  frames().forEach((frame, i) => assert.equal(frame, i));
  assert.equal(transport.skipped, 0);
});

test("slow reading keeps time and counts what it skips where time is real", async () => {
  const { transport, screen, source, painted } = setUp();
  transport.mode = "real";
  await transport.show(0);
  const { read } = source;
  source.read = async (...args) => {
    await new Promise((resolve) => screen.setTimeout(resolve, 100));
    return read.apply(source, args);
  };
  const begun = screen.time;
  transport.play();
  await screen.run(3000);
  transport.pause();
  const last = painted.at(-1);
  assert.ok(Math.abs(last.frame / 30 - (last.at - begun) / 1000) < 0.3, JSON.stringify(last));
  assert.equal(transport.skipped, last.frame - (painted.length - 1));
});

test("above real time, frames may be left out unless it is forbidden", () => {
  const { transport } = setUp();
  assert.equal(transport.mode, "every");
  transport.rate = 4;
  assert.equal(transport.mode, "real");
  transport.mode = "every";
  assert.equal(transport.mode, "every");
  transport.rate = 99;
  assert.equal(transport.rate, 16);
});

test("beyond what decoding reaches, pictures near by are shown under their own numbers", async () => {
  const { transport, screen, source, frames } = setUp();
  await transport.show(0);
  source.decodeRate = 100;
  transport.rate = 8; // 240 pictures a second
  transport.play();
  await screen.run(2000);
  assert.ok(source.reads.some(({ purpose }) => purpose === "scrub"));
  assert.ok(frames().slice(1, -1).every((frame) => frame % 10 === 0));
  assert.equal(transport.painted, 299);
  assert.equal(transport.playing, false);
  assert.equal(source.open, 1);
});

test("J plays backwards to the first frame, L again goes faster", async () => {
  const { transport, screen, frames } = setUp();
  await transport.show(20);
  transport.shuttle(-1);
  await screen.run(1000);
  assert.deepEqual(frames(), Array.from({ length: 21 }, (_, i) => 20 - i));
  transport.shuttle(1);
  assert.equal(transport.rate, 1);
  transport.shuttle(1);
  assert.equal(transport.rate, 2);
  transport.shuttle(-1);
  assert.equal(transport.rate, -1);
  transport.pause();
});

test("playing from the last frame begins anew, and a loop repeats", async () => {
  const { transport, screen, frames } = setUp();
  await transport.show(299);
  transport.play();
  await screen.run(50);
  assert.equal(frames()[1], 0);
  transport.pause();
  await transport.show(10);
  transport.loop = { first: 10, last: 12 };
  transport.play();
  await screen.run(400);
  transport.pause();
  assert.deepEqual(frames().slice(-9, -6), frames().slice(-6, -3));
  assert.ok(frames().slice(-9).every((frame) => frame >= 10 && frame <= 12));
});

test("a drag paints what it passes under its own number, and the exact frame after a rest", async () => {
  const { transport, screen, painted } = setUp();
  await transport.show(0);
  for (let frame = 0; frame <= 157; frame += 5) {
    transport.scrub(frame);
    await screen.run(16);
  }
  transport.scrub(157);
  assert.ok(painted.length > 12, String(painted.length));
  assert.notEqual(transport.painted, transport.target);
  await screen.run(150);
  assert.equal(transport.painted, 157);
  await transport.endScrub();
  assert.equal(transport.scrubbing, false);
});

test("a drag pauses playing, and letting go resumes it", async () => {
  const { transport, screen } = setUp();
  await transport.show(0);
  transport.play();
  await screen.run(200);
  transport.scrub(100);
  assert.equal(transport.playing, false);
  await screen.run(30);
  await transport.endScrub();
  assert.equal(transport.playing, true);
  await screen.run(200);
  assert.ok(transport.painted > 100);
  transport.pause();
});

test("more is made ready in the direction of travel, never more than fits", () => {
  assert.deepEqual(prefetchWindow({ frame: 100, travel: 1, moving: false, capacity: 1000 }), { first: 80, last: 130 });
  assert.deepEqual(prefetchWindow({ frame: 100, travel: 1, moving: true, capacity: 1000 }), { first: 80, last: 140 });
  const back = prefetchWindow({ frame: 100, travel: -1, moving: true, capacity: 1000 });
  assert.ok(100 - back.first > back.last - 100);
  const small = prefetchWindow({ frame: 100, travel: 1, moving: true, capacity: 10 });
  assert.ok(small.last - small.first < 10);
});

test("after a shuttle, rate and mode are again what was chosen before", async () => {
  const { transport, screen } = setUp();
  await transport.show(100);
  transport.rate = 0.5;
  for (const way of [-1, 1]) {
    transport.shuttle(way);
    transport.shuttle(way);
    transport.shuttle(way);
    assert.equal(transport.rate, way * 4);
    assert.equal(transport.mode, "real");
    await screen.run(100);
    transport.pause();
    assert.equal(transport.rate, 0.5);
    assert.equal(transport.mode, "every");
  }
  transport.shuttle(-1);
  await transport.step(1); // a step stops it as well
  assert.equal(transport.rate, 0.5);
});

test("a rate and a mode that are chosen while shuttling stay", async () => {
  const { transport } = setUp();
  await transport.show(100);
  transport.shuttle(1);
  transport.mode = "real";
  transport.pause();
  assert.equal(transport.rate, 1);
  assert.equal(transport.mode, "real");
  transport.shuttle(1);
  transport.rate = 2;
  transport.pause();
  assert.equal(transport.rate, 2);
});
