import assert from "node:assert/strict";
import test from "node:test";

import { playerCommands } from "../../static/editor/panels/player_commands.js";
import { proofWords } from "../../static/editor/panels/status_chip.js";
import { convertCommand } from "../../static/shared/core/shell.js";
import { PaintedRate } from "../../static/editor/playback/painted_rate.js";
import { frameNamed } from "../../static/editor/playback/transport.js";

test("while it plays the counter names the frame on the screen, while it seeks where it goes", () => {
  assert.equal(frameNamed({ playing: true, painted: 41, target: 44 }), 41);
  assert.equal(frameNamed({ playing: false, painted: 41, target: 44 }), 44);
  assert.equal(frameNamed({ playing: true, painted: null, target: 3 }), 3);
});

test("what is said of a shuttle is taken away when it stops", () => {
  const transport = Object.assign(new EventTarget(), {
    frameCount: 10, rate: 1, playing: false,
    shuttle(way) {
      Object.assign(this, { rate: way, playing: true });
      this.dispatchEvent(new Event("playing"));
    },
    pause() {
      this.playing = false;
      this.dispatchEvent(new Event("playing"));
    },
  });
  const said = [];
  const commands = playerCommands(/** @type {any} */ (transport), (sentence) => {
    said.push(sentence);
    return () => said.pop();
  });
  commands.shuttleBack();
  assert.deepEqual(said, ["Playing backwards at 1×"]);
  transport.pause();
  assert.deepEqual(said, []);
});

test("the command that converts a file names it so that no shell and no FFmpeg reads it otherwise", () => {
  const facts = { width: 640, height: 360 };
  assert.equal(
    convertCommand({ title: "it's a $HOME clip.avi", facts }),
    "ffmpeg -i 'it'\\''s a $HOME clip.avi' -map 0:v:0 -c:v libx264 -crf 16 -preset medium -pix_fmt yuv420p " +
      "-fps_mode passthrough -an -movflags +faststart 'it'\\''s a $HOME clip-h264.mp4'",
  );
  assert.match(convertCommand({ title: "-y.mp4", facts }), /-i '\.\/-y\.mp4' .* '\.\/-y-h264\.mp4'$/);
  assert.match(convertCommand({ title: "cam 12:30.ts", facts }), /-i '\.\/cam 12:30\.ts'/);
  assert.match(convertCommand({ title: ".hidden", facts }), / '\.hidden-h264\.mp4'$/);
  assert.match(convertCommand({ title: "a.gif", facts: { width: 641, height: 360 } }), / -vf 'pad=ceil\(iw\/2\)\*2:ceil\(ih\/2\)\*2' /);
});

test("while the server's pictures play the chip says so, and how many come a second", () => {
  const proof = { state: "playing", frame: 14, source: "server", perSecond: null };
  const words = (/** @type {object} */ more) => proofWords(/** @type {any} */ ({ ...proof, ...more }), null, 14);
  assert.equal(words({}), "Playing, frame 14: the server's pictures");
  assert.equal(words({ perSecond: 5.2 }), "Playing, frame 14: the server's pictures, 5 a second");
  assert.equal(words({ perSecond: 0.84 }), "Playing, frame 14: the server's pictures, 0.8 a second");
  assert.equal(words({ source: "webcodecs" }), "Playing, frame 14");
});

test("the rate of pictures is that of the last seconds, of this run alone", () => {
  const rate = new PaintedRate();
  rate.add(0);
  rate.add(200);
  assert.equal(rate.perSecond, null);
  rate.add(400);
  assert.equal(rate.perSecond, 5);
  for (let now = 10_000; now <= 11_000; now += 500) rate.add(now);
  assert.equal(rate.perSecond, 2);
  rate.clear();
  assert.equal(rate.perSecond, null);
});
