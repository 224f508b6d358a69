/** Draws the shapes of one frame over its picture. Reads what it is given and changes nothing. */

import { HANDLES } from "./boxes.js";

/** @import {Point, Rect, Viewport} from "./viewport.js" */
/** @import {Visible} from "../labels/tracks.js" */

/**
 * `density`: canvas pixels a CSS pixel. `sweep`: the rectangle that is being dragged to select, image coordinates.
 * `crosshair`: the pointer in canvas pixels while a shape is about to be drawn.
 * @typedef {{viewport: Viewport, density: number, shapes: readonly Visible[], colorOf: (shape: Visible) => string,
 *   nameOf: (shape: Visible) => string, selection: readonly string[], hovered: string | null, locked: (id: string) => boolean,
 *   names: boolean, sweep: Rect | null, crosshair: Point | null}} Scene
 */

const LINE = 1.5;
const HANDLE = 8;
const DASH = [5, 4];
const INK = "#0b0d10"; // on the class colours, which are all light enough, and around handles

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 */
export function drawOverlay(context, scene) {
  const { width, height } = context.canvas;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  const chosen = new Set(scene.selection);
  const others = scene.shapes.filter((shape) => !chosen.has(shape.id));
  const selected = scene.shapes.filter((shape) => chosen.has(shape.id));
  for (const shape of others) drawBox(context, scene, shape, shape.id === scene.hovered);
  for (const shape of selected) drawBox(context, scene, shape, true);
  if (selected.length === 1 && !scene.locked(selected[0].id)) drawHandles(context, scene, selected[0]);
  const named = scene.names ? scene.shapes : scene.shapes.filter((shape) => chosen.has(shape.id) || shape.id === scene.hovered);
  for (const shape of named) drawName(context, scene, shape);
  if (scene.sweep) drawSweep(context, scene, scene.sweep);
  if (scene.crosshair) drawCrosshair(context, scene, scene.crosshair);
}

/**
 * @param {Scene} scene
 * @param {Rect} box
 * @returns {Rect} in canvas pixels
 */
function placed({ viewport }, box) {
  const { x, y } = viewport.imageToCanvas(box);
  return { x, y, width: box.width * viewport.step.x, height: box.height * viewport.step.y };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Visible} shape
 * @param {boolean} strong
 */
function drawBox(context, scene, shape, strong) {
  const { x, y, width, height } = placed(scene, shape.shape);
  if (x > context.canvas.width || y > context.canvas.height || x + width < 0 || y + height < 0) return;
  const color = scene.colorOf(shape);
  context.fillStyle = color;
  context.globalAlpha = strong ? 0.2 : 0.12;
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
  const line = (strong ? 2 : LINE) * scene.density;
  // A dark line beneath keeps the outline visible on a picture of its own colour.
  context.lineWidth = line + 1.5 * scene.density;
  context.strokeStyle = "rgb(0 0 0 / 0.45)";
  context.setLineDash([]);
  context.strokeRect(x, y, width, height);
  context.lineWidth = line;
  context.strokeStyle = color;
  context.setLineDash(shape.isKeyframe ? [] : DASH.map((length) => length * scene.density));
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
  if (shape.occluded) {
    context.lineWidth = scene.density;
    context.beginPath();
    context.moveTo(x, y + height);
    context.lineTo(x + width, y);
    context.stroke();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Visible} shape
 */
function drawHandles(context, scene, shape) {
  const { x, y, width, height } = placed(scene, shape.shape);
  const size = HANDLE * scene.density;
  context.lineWidth = scene.density;
  context.fillStyle = "#ffffff";
  context.strokeStyle = INK;
  for (const [name, [atX, atY]] of Object.entries(HANDLES)) {
    if (name.length === 1 && (atX === 0.5 ? width : height) < 4 * size) continue;
    const left = x + atX * width - size / 2;
    const top = y + atY * height - size / 2;
    context.fillRect(left, top, size, size);
    context.strokeRect(left, top, size, size);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Visible} shape
 */
function drawName(context, scene, shape) {
  const { x, y, height } = placed(scene, shape.shape);
  const { density } = scene;
  context.font = `${12 * density}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const text = scene.nameOf(shape);
  const width = context.measureText(text).width + 10 * density;
  const tall = 18 * density;
  const above = y - tall - 6 * density >= 0 ? y - tall - 5 * density : y + height + 5 * density;
  const top = Math.min(Math.max(above, 0), context.canvas.height - tall);
  const left = Math.min(Math.max(x - density, 0), Math.max(0, context.canvas.width - width));
  context.fillStyle = scene.colorOf(shape);
  context.fillRect(left, top, width, tall);
  context.fillStyle = isDark(scene.colorOf(shape)) ? "#ffffff" : INK;
  context.fillText(text, left + 5 * density, top + tall / 2 + 0.5 * density);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Rect} rect
 */
function drawSweep(context, scene, rect) {
  const { x, y, width, height } = placed(scene, rect);
  context.lineWidth = scene.density;
  context.strokeStyle = "#ffffff";
  context.fillStyle = "rgb(255 255 255 / 0.08)";
  context.fillRect(x, y, width, height);
  context.setLineDash([3 * scene.density, 3 * scene.density]);
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Point} point
 */
function drawCrosshair(context, { density }, point) {
  const { width, height } = context.canvas;
  for (const [color, line] of /** @type {const} */ ([["rgb(0 0 0 / 0.5)", 3], ["rgb(255 255 255 / 0.85)", 1]])) {
    context.strokeStyle = color;
    context.lineWidth = line * density;
    context.beginPath();
    context.moveTo(Math.round(point.x) + 0.5, 0);
    context.lineTo(Math.round(point.x) + 0.5, height);
    context.moveTo(0, Math.round(point.y) + 0.5);
    context.lineTo(width, Math.round(point.y) + 0.5);
    context.stroke();
  }
}

/**
 * Whether white text reads better on it than black.
 * @param {string} color  #rrggbb
 */
export function isDark(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179;
}
