/** What stands on the timeline: a lane a track, the ruler, the playhead. */

import { spansOf } from "../labels/spans.js";
import { resolved } from "./theme_color.js";

/** @import {PanelContext} from "./panel_context.js" */
/** @import {TimelineScale} from "./timeline_scale.js" */

export const LANE = 22; // CSS pixels, as everything here
export const RULER = 22;
export const NAMES = 152;
export const DIAMOND = 5;

/** Draws on one canvas; coordinates are CSS pixels of its host. */
export class TimelineDrawing {
  #context;
  #editor;
  #scale;
  #width;
  #height;
  #color;

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {PanelContext} editor
   * @param {TimelineScale} scale
   * @param {HTMLElement} host
   */
  constructor(context, editor, scale, host) {
    this.#context = context;
    this.#editor = editor;
    this.#scale = scale;
    this.#width = host.clientWidth;
    this.#height = host.clientHeight;
    this.#color = (/** @type {string} */ name) => resolved(host, name);
    context.fillStyle = this.#color("--surface");
    context.fillRect(0, 0, this.#width, this.#height);
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
  }

  empty() {
    this.#context.fillStyle = this.#color("--muted");
    this.#context.fillText("One lane for each object will stand here.", NAMES + 12, RULER + 16);
  }

  /** @param {string} id of a track @param {number} y of its lane's upper edge */
  lane(id, y) {
    const context = this.#context;
    const { session, colorOf, nameOf } = this.#editor;
    if (session.selection.includes(id)) {
      context.fillStyle = this.#color("--selected");
      context.fillRect(0, y, this.#width, LANE);
    }
    context.fillStyle = this.#color("--line");
    context.fillRect(0, y + LANE - 1, this.#width, 1);
    context.fillStyle = colorOf(id);
    context.fillRect(10, y + 6, 10, 10);
    context.fillStyle = this.#color(session.isHidden(id) ? "--muted" : "--text");
    context.fillText(shortened(context, nameOf(id), NAMES - 34), 26, y + LANE / 2);
    context.save();
    context.beginPath();
    context.rect(NAMES, y, this.#width - NAMES, LANE);
    context.clip();
    this.#spans(id, y + LANE / 2);
    this.#keyframes(id, y + LANE / 2);
    context.restore();
  }

  /** @param {string} id @param {number} middle */
  #spans(id, middle) {
    const { index, frames, colorOf } = this.#editor;
    const keyframes = index.keyframes(id);
    const extent = index.extent(id);
    if (!extent || keyframes.length === 0) return;
    const until = Math.min(extent.last, frames.frameCount - 1);
    const context = this.#context;
    context.fillStyle = colorOf(id);
    for (const { from, to, held } of spansOf(extent.first, keyframes[keyframes.length - 1].value.frame, until, index.ranges(id).map(({ value }) => value))) {
      context.globalAlpha = held ? 0.22 : 0.55; // paler, so that one sees where the work ends
      const left = this.#scale.x(from - 0.5);
      context.fillRect(left, middle - 3, Math.max(1, this.#scale.x(to + 0.5) - left), 6);
    }
    context.globalAlpha = 1;
  }

  /** @param {string} id @param {number} middle */
  #keyframes(id, middle) {
    const { index, colorOf, review } = this.#editor;
    const scale = this.#scale;
    const size = scale.pixelsPerFrame < 0.5 ? DIAMOND - 1 : DIAMOND;
    let lastX = -Infinity;
    for (const { value } of index.keyframes(id)) {
      if (value.frame < scale.from - 1 || value.frame > scale.to + 1) continue;
      const x = scale.x(value.frame);
      if (x - lastX < 1) continue; // more than one a pixel says nothing more
      lastX = x;
      drawDiamond(this.#context, x, middle, size, colorOf(id), this.#color("--surface"), value.interpolation === "hold");
    }
    for (const { kind, frame, frame_now: now } of review?.of(id) ?? []) if (kind === "keyframe") this.#toReview(scale.x(now ?? frame), middle);
  }

  /** A keyframe to review: larger than others, with a stroke through it. @param {number} x @param {number} middle */
  #toReview(x, middle) {
    drawDiamond(this.#context, x, middle, DIAMOND + 2, this.#color("--warning"), this.#color("--text"), false);
    this.#context.fillStyle = this.#color("--surface");
    this.#context.fillRect(x - 1, middle - 4, 2, 5);
    this.#context.fillRect(x - 1, middle + 2, 2, 2);
  }

  ruler() {
    const context = this.#context;
    context.fillStyle = this.#color("--raised");
    context.fillRect(0, 0, this.#width, RULER);
    context.fillStyle = this.#color("--line");
    context.fillRect(0, RULER - 1, this.#width, 1);
    context.fillRect(NAMES - 1, 0, 1, this.#height);
    context.fillStyle = this.#color("--muted");
    for (const frame of this.#scale.ticks()) {
      const x = this.#scale.x(frame);
      context.fillRect(Math.round(x), RULER - 6, 1, 5);
      context.fillText(String(frame), x + 4, RULER / 2);
    }
  }

  playhead() {
    const { target, painted, playing } = this.#editor.playing();
    if (painted !== null) this.#line(painted, 1);
    if (target !== painted && !playing) this.#line(target, 0.4);
  }

  /** @param {number} frame @param {number} alpha */
  #line(frame, alpha) {
    const x = this.#scale.x(frame);
    if (x < NAMES) return;
    this.#context.globalAlpha = alpha;
    this.#context.fillStyle = this.#color("--accent");
    this.#context.fillRect(Math.round(x) - 1, 0, 2, this.#height);
    this.#context.globalAlpha = 1;
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} fill
 * @param {string} edge
 * @param {boolean} square  the shape is held from here on
 */
function drawDiamond(context, x, y, size, fill, edge, square) {
  context.beginPath();
  if (square) context.rect(x - size * 0.8, y - size * 0.8, size * 1.6, size * 1.6);
  else {
    context.moveTo(x, y - size);
    context.lineTo(x + size, y);
    context.lineTo(x, y + size);
    context.lineTo(x - size, y);
    context.closePath();
  }
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = edge;
  context.lineWidth = 1;
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 */
function shortened(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end--;
  return `${text.slice(0, end)}…`;
}
