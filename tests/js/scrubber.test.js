import assert from "node:assert/strict";
import test from "node:test";

import { setUp } from "./transport_builder.js";

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

test("a drag that rests is proved, though the hand trembles", async () => {
  const { transport, screen } = setUp();
  await transport.show(0);
  transport.scrub(157);
  while (transport.painted !== 157) await screen.run(16);
  for (let i = 0; i < 10; i++) {
    transport.scrub(157);
    await screen.run(16);
  }
  assert.equal(transport.scrubbing, true);
  assert.deepEqual([transport.proof.frame, transport.proof.state], [157, "proved"]);
});
