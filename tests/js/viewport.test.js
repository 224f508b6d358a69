import assert from "node:assert/strict";
import { test } from "node:test";
import { Viewport } from "../../static/editor/render/viewport.js";

/** @param {{x: number, y: number}} actual @param {{x: number, y: number}} expected */
function near(actual, expected) {
  assert.ok(Math.abs(actual.x - expected.x) < 1e-9 && Math.abs(actual.y - expected.y) < 1e-9, `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
}

function view({ canvas = [1000, 800], picture = [640, 480], sar = [1, 1], rotation = 0 } = {}) {
  const viewport = new Viewport();
  viewport.setCanvas(canvas[0], canvas[1]);
  viewport.setPicture(picture[0], picture[1], /** @type {[number, number]} */ (sar), rotation);
  return viewport;
}

test("a fitted picture touches the nearer edges and stands in the middle", () => {
  const { rect, scale } = view();
  assert.equal(scale, 1000 / 640);
  assert.deepEqual([rect.x, rect.width], [0, 1000]);
  assert.equal(rect.height, 750);
  assert.equal(rect.y, 25);
});

test("a point goes to the canvas and back unchanged, whatever zoom, pan, pixel shape and rotation", () => {
  for (const sar of [[1, 1], [4, 3], [3, 4], [16, 11]]) {
    for (const rotation of [0, 90, 180, 270]) {
      const viewport = view({ sar, rotation });
      viewport.zoomAt({ x: 137, y: 411 }, 3.7);
      viewport.panBy(-41, 77);
      const point = { x: 12.345, y: 400.5 };
      near(viewport.canvasToImage(viewport.imageToCanvas(point)), point);
    }
  }
});

test("wide pixels are stretched sideways, and upwards when the picture is turned by a quarter", () => {
  const lying = view({ picture: [720, 576], sar: [16, 11] });
  assert.ok(Math.abs(lying.step.x / lying.step.y - 16 / 11) < 1e-12);
  const turned = view({ picture: [576, 720], sar: [16, 11], rotation: 90 });
  assert.ok(Math.abs(turned.step.y / turned.step.x - 16 / 11) < 1e-12);
});

test("narrow pixels lose no row: the other side is stretched", () => {
  const viewport = view({ sar: [3, 4] });
  assert.ok(viewport.step.y > viewport.step.x);
  assert.equal(viewport.step.x, viewport.scale);
});

test("a file that says nothing useful of its pixels has square ones", () => {
  const viewport = view({ sar: [0, 1] });
  assert.equal(viewport.step.x, viewport.step.y);
});

test("zooming keeps what is under the pointer under it, to the rounding of the corner", () => {
  const viewport = view({ sar: [4, 3] });
  const pointer = { x: 700, y: 300 };
  const before = viewport.canvasToImage(pointer);
  for (const factor of [1.3, 5, 0.2, 1.9, 8, 0.9, 3]) viewport.zoomAt(pointer, factor);
  const after = viewport.imageToCanvas(before);
  assert.ok(Math.hypot(after.x - pointer.x, after.y - pointer.y) <= 1, JSON.stringify(after));
});

test("the corner of the picture is on a whole pixel of the canvas", () => {
  const viewport = view();
  viewport.zoomAt({ x: 333, y: 222 }, 1.37);
  viewport.panBy(0.4, 0.7);
  assert.ok(Number.isInteger(viewport.rect.x) && Number.isInteger(viewport.rect.y));
});

test("a fitted picture stays fitted when the canvas changes its size, a zoomed one keeps its scale", () => {
  const viewport = view();
  viewport.setCanvas(500, 400);
  assert.equal(viewport.scale, 500 / 640);
  viewport.zoomAt({ x: 10, y: 10 }, 2);
  const { scale } = viewport;
  viewport.setCanvas(900, 900);
  assert.equal(viewport.scale, scale);
});

test("panning cannot lose the picture", () => {
  const viewport = view();
  viewport.panBy(1e6, -1e6);
  const { rect } = viewport;
  assert.ok(rect.x < 1000 && rect.y + rect.height > 0);
});

test("pixels are shown as they are above 200 %", () => {
  const viewport = view({ picture: [1000, 800] });
  viewport.zoomAt({ x: 500, y: 400 }, 2);
  assert.equal(viewport.pixelated, false);
  viewport.zoomAt({ x: 500, y: 400 }, 1.01);
  assert.equal(viewport.pixelated, true);
});

test("revealing what is seen moves nothing; what is not seen comes into view", () => {
  const viewport = view({ picture: [2000, 2000] });
  viewport.zoomTo({ x: 900, y: 900, width: 100, height: 100 });
  const before = viewport.rect;
  viewport.reveal({ x: 920, y: 920, width: 10, height: 10 });
  assert.deepEqual(viewport.rect, before);
  viewport.reveal({ x: 100, y: 1500, width: 20, height: 20 });
  const corner = viewport.imageToCanvas({ x: 100, y: 1500 });
  assert.ok(corner.x >= -1 && corner.y >= -1 && corner.x < 1000 && corner.y < 800, JSON.stringify(corner));
});
