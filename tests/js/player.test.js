import assert from "node:assert/strict";
import test from "node:test";

import { setUp } from "./transport_builder.js";

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

test("a frame that cannot be had stops playing there, and it is told", async () => {
  const { transport, screen, source } = setUp();
  source.fails = new Set([12]);
  const failed = [];
  transport.addEventListener("failed", ({ detail }) => failed.push([detail.frame, transport.target, detail.error.message]));
  await transport.show(8);
  transport.play();
  await screen.run(1000);
  assert.deepEqual([transport.playing, transport.painted, failed], [false, 11, [[12, 12, "no picture"]]]);
  await transport.step(1);
  assert.equal(transport.painted, 13);
});

test("a picture that cannot be drawn stops playing, and it is told", async () => {
  const failed = [];
  const { transport, screen, source } = setUp({
    paint: ({ frame }) => {
      if (frame === 5) throw new Error("no canvas");
    },
  });
  transport.addEventListener("failed", ({ detail }) => failed.push([detail.frame, detail.error.message]));
  await transport.show(3);
  transport.play();
  await screen.run(500);
  assert.deepEqual([transport.playing, failed], [false, [[5, "no canvas"]]]);
  transport.close();
  assert.equal(source.open, 0);
});

test("whoever goes elsewhere on seeing a picture is not brought back by the player", async () => {
  const { transport, screen } = setUp();
  await transport.show(0);
  transport.addEventListener("painted", () => {
    if (transport.painted === 5) void transport.show(100);
  });
  transport.play();
  await screen.run(500);
  assert.deepEqual([transport.target, transport.painted], [100, 100]);
});
