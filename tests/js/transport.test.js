import assert from "node:assert/strict";
import test from "node:test";

import { settle, setUp } from "./transport_builder.js";

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

test("a picture that cannot be drawn is told as one that cannot be had", async () => {
  const failed = [];
  const { transport, source } = setUp({ paint: () => { throw new Error("no canvas"); } });
  transport.addEventListener("failed", ({ detail }) => failed.push(detail.frame));
  await assert.rejects(transport.show(3), /no canvas/);
  assert.deepEqual(failed, [3]);
  transport.close();
  assert.equal(source.open, 0);
});
