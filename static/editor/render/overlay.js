/** Draws the shapes of one frame over its picture. Reads what it is given and changes nothing. */

import { HANDLES } from "./boxes.js";
import { crowd } from "./crowd.js";

/** @import {Point, Rect, Viewport} from "./viewport.js" */
/** @import {Visible} from "../labels/tracks.js" */

/**
 * `density`: canvas pixels a CSS pixel. `sweep`: the rectangle that is being dragged to select, image coordinates.
 * `crosshair`: the pointer in canvas pixels while a shape is about to be drawn.
 * `shapes`: the same array as long as they look the same. `moving`: pictures follow each other, and outlines alone must do where there are many.
 * `ghost`: what stood on another frame table, to be compared with the picture.
 * @typedef {{viewport: Viewport, density: number, moving: boolean, shapes: readonly Visible[], ghost: Visible | null, colorOf: (shape: Visible) => string,
 *   nameOf: (shape: Visible) => string, selection: readonly string[], hovered: string | null, locked: (id: string) => boolean,
 *   names: boolean, sweep: Rect | null, crosshair: Point | null}} Scene
 */

const LINE = 1.5;
const HANDLE = 8;
const DASH = [5, 4];
const MANY = 150; // shapes
const CROWD = 1500; // shapes: with so many, only outlines are to be told apart
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
  const selected = scene.shapes.filter((shape) => chosen.has(shape.id));
  const hovered = scene.shapes.filter(({ id }) => id === scene.hovered && !chosen.has(id));
  if (scene.shapes.length > CROWD) context.putImageData(crowd(scene, width, height), 0, 0);
  else drawBoxes(context, scene, scene.shapes.filter(({ id }) => id !== scene.hovered && !chosen.has(id)), false);
  drawBoxes(context, scene, [...hovered, ...selected], true);
  if (selected.length === 1 && !scene.locked(selected[0].id)) drawHandles(context, scene, selected[0]);
  const named = scene.names ? scene.shapes : scene.shapes.filter((shape) => chosen.has(shape.id) || shape.id === scene.hovered);
  for (const shape of named) drawName(context, scene, shape);
  if (scene.ghost) {
    drawBoxes(context, scene, [scene.ghost], true);
    drawName(context, scene, scene.ghost);
  }
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
 * All boxes of one look in one stroke: a thousand strokes of their own take ten times as long.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {readonly Visible[]} shapes
 * @param {boolean} strong
 */
function drawBoxes(context, scene, shapes, strong) {
  const { width: wide, height: high } = context.canvas;
  const under = new Path2D();
  /** @type {Map<string, {fill: Path2D, solid: Path2D, dashed: Path2D, crossed: Path2D}>} */
  const looks = new Map();
  for (const shape of shapes) {
    const { x, y, width, height } = placed(scene, shape.shape);
    if (x > wide || y > high || x + width < 0 || y + height < 0) continue;
    const color = scene.colorOf(shape);
    let look = looks.get(color);
    if (!look) looks.set(color, (look = { fill: new Path2D(), solid: new Path2D(), dashed: new Path2D(), crossed: new Path2D() }));
    under.rect(x, y, width, height);
    look.fill.rect(x, y, width, height);
    (shape.isKeyframe ? look.solid : look.dashed).rect(x, y, width, height);
    if (shape.occluded) {
      look.crossed.moveTo(x, y + height);
      look.crossed.lineTo(x + width, y);
    }
  }
  const line = (strong ? 2 : LINE) * scene.density;
  const outlinesOnly = scene.moving && shapes.length > MANY;
  if (!outlinesOnly) drawGround(context, scene, looks, under, line, strong);
  for (const [color, { solid, dashed, crossed }] of looks) {
    context.strokeStyle = color;
    context.lineWidth = scene.density;
    context.stroke(crossed);
    context.lineWidth = line;
    context.stroke(solid);
    if (!outlinesOnly) context.setLineDash(DASH.map((length) => length * scene.density));
    context.stroke(dashed);
    context.setLineDash([]);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {ReadonlyMap<string, {fill: Path2D}>} looks  by colour
 * @param {Path2D} under
 * @param {number} line
 * @param {boolean} strong
 */
function drawGround(context, scene, looks, under, line, strong) {
  context.globalAlpha = strong ? 0.2 : 0.12;
  for (const [color, { fill }] of looks) {
    context.fillStyle = color;
    context.fill(fill);
  }
  context.globalAlpha = 1;
  // A dark line beneath keeps the outline visible on a picture of its own colour.
  context.lineWidth = line + 1.5 * scene.density;
  context.strokeStyle = "rgb(0 0 0 / 0.45)";
  context.stroke(under);
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
