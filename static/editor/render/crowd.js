/** The outlines of thousands of shapes, as pixels: a canvas takes ten times as long to stroke them. */

/** @import {Visible} from "../labels/tracks.js" */
/** @import {Scene} from "./overlay.js" */

/** The last, and what it was made from: what is pointed at and selected is drawn over it, and changes much more often. @type {{image: ImageData, shapes: readonly Visible[], key: string} | null} */
let last = null;

/**
 * All shapes of the scene, one canvas pixel of a CSS pixel wide, on nothing.
 * @param {Pick<Scene, "viewport" | "density" | "shapes" | "colorOf">} scene
 * @param {number} width
 * @param {number} height
 */
export function crowd({ viewport, density, shapes, colorOf }, width, height) {
  const { x: left, y: top } = viewport.imageToCanvas({ x: 0, y: 0 });
  const { step } = viewport;
  const key = [width, height, left, top, step.x, step.y, density].join();
  if (last?.shapes === shapes && last.key === key) return last.image;
  const image = last?.image.width === width && last.image.height === height ? last.image : new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  pixels.fill(0);
  const line = Math.max(1, Math.round(density));
  const bar = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ wide, /** @type {number} */ high, /** @type {number} */ color) => {
    const [from, to] = [Math.max(0, x), Math.min(width, x + wide)];
    for (let row = Math.max(0, y); row < Math.min(height, y + high); row++) if (from < to) pixels.fill(color, row * width + from, row * width + to);
  };
  for (const shape of shapes) {
    const box = shape.shape;
    const x = Math.round(left + box.x * step.x);
    const y = Math.round(top + box.y * step.y);
    const wide = Math.max(line, Math.round(box.width * step.x));
    const high = Math.max(line, Math.round(box.height * step.y));
    if (x > width || y > height || x + wide < 0 || y + high < 0) continue;
    const color = packed(colorOf(shape));
    bar(x, y, wide, line, color);
    bar(x, y + high - line, wide, line, color);
    bar(x, y, line, high, color);
    bar(x + wide - line, y, line, high, color);
  }
  last = { image, shapes, key };
  return image;
}

/** @type {Map<string, number>} */
const colors = new Map();

/** As it stands in the memory of an image, whose bytes are red, green, blue, alpha. @param {string} color  #rrggbb */
function packed(color) {
  let number = colors.get(color);
  if (number === undefined) {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
    number = new Uint32Array(new Uint8Array([red, green, blue, 255]).buffer)[0];
    colors.set(color, number);
  }
  return number;
}
