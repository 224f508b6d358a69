/** A lane a track: keyframes, where it is visible, the playhead. Drawn on a canvas; its focusable twin is the list of objects. */

import { oncePerFrame } from "../core/once_per_frame.js";
import { formatTime } from "./goto.js";
import { resolved } from "./theme_color.js";

/** @import {Desk} from "./desk.js" */

const LANE = 22; // CSS pixels, as everything here
const RULER = 22;
const NAMES = 152;
const SMALLEST_SPAN = 8; // frames that the lanes show at least
const DIAMOND = 5;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

export class Timeline {
  #host;
  #desk;
  #canvas;
  #spacer;
  #tip;
  /** Frames that the lanes show, fractional. */
  #from = 0;
  #to = 1;
  #whole = true;
  /** @type {"none" | "seek" | "pan" | "keyframe"} */
  #drag = "none";
  #pressed = { x: 0, y: 0, from: 0, to: 1 };
  /** @type {string | null} */
  #revealed = null;
  #followed = -1;
  draw = oncePerFrame(() => this.#draw());

  /**
   * @param {HTMLElement} host  scrolls; what is drawn stays in place
   * @param {Desk} desk
   */
  constructor(host, desk) {
    this.#host = host;
    this.#desk = desk;
    this.#canvas = document.createElement("canvas");
    this.#canvas.className = "timeline-canvas";
    this.#canvas.setAttribute("role", "img");
    this.#spacer = document.createElement("div");
    this.#tip = document.createElement("output");
    this.#tip.className = "scrub-tip";
    this.#tip.hidden = true;
    host.append(this.#canvas, this.#spacer);
    host.parentElement?.append(this.#tip);
    new ResizeObserver(() => this.draw()).observe(host);
    host.addEventListener("scroll", () => this.draw());
    host.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.#canvas.addEventListener("pointerleave", () => (this.#tip.hidden = true));
    for (const type of ["pointerup", "pointercancel"]) this.#canvas.addEventListener(type, () => this.#release());
    this.#canvas.addEventListener("dblclick", (event) => {
      if (event.offsetY < RULER) this.showAll();
    });
  }

  showAll() {
    this.#whole = true;
    this.draw();
  }

  /** @param {number} factor */
  zoom(factor) {
    this.#zoomAt(this.#desk.playing().painted ?? 0, factor);
  }

  get #width() {
    return Math.max(1, this.#host.clientWidth - NAMES);
  }

  /** @param {number} frame */
  #x(frame) {
    return NAMES + ((frame - this.#from) / (this.#to - this.#from)) * this.#width;
  }

  /** @param {number} x */
  #frame(x) {
    return this.#from + ((x - NAMES) / this.#width) * (this.#to - this.#from);
  }

  #draw() {
    const { frames, index, session } = this.#desk;
    const width = this.#host.clientWidth;
    const height = this.#host.clientHeight;
    if (height < LANE) return;
    if (this.#whole) {
      const last = Math.max(SMALLEST_SPAN, frames.frameCount) - 1;
      const room = (2 * DIAMOND * last) / this.#width; // so that what stands on the first and last frame is seen whole
      [this.#from, this.#to] = [-room, last + room];
    }
    const tracks = this.#desk.tracks();
    this.#spacer.style.height = `${Math.max(0, RULER + tracks.length * LANE - height)}px`;
    this.#revealSelected(tracks, height);
    this.#followPlayhead();

    const density = devicePixelRatio;
    const [pixelsX, pixelsY] = [Math.max(1, Math.round(width * density)), Math.max(1, Math.round(height * density))];
    if (this.#canvas.width !== pixelsX || this.#canvas.height !== pixelsY) {
      this.#canvas.width = pixelsX;
      this.#canvas.height = pixelsY;
      this.#canvas.style.width = `${width}px`;
      this.#canvas.style.height = `${height}px`;
    }
    this.#canvas.setAttribute("aria-label", `Timeline of ${tracks.length} objects; the list of objects has the same for the keyboard`);
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext("2d"));
    context.setTransform(density, 0, 0, density, 0, 0);
    const color = (/** @type {string} */ name) => resolved(this.#host, name);
    context.fillStyle = color("--surface");
    context.fillRect(0, 0, width, height);
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";

    const first = Math.floor(this.#host.scrollTop / LANE);
    const last = Math.min(tracks.length, Math.ceil((this.#host.scrollTop + height - RULER) / LANE));
    for (let lane = first; lane < last; lane++) {
      const { id } = tracks[lane];
      this.#drawLane(context, id, RULER + lane * LANE - this.#host.scrollTop, width, session.selection.includes(id), color);
    }
    if (tracks.length === 0) {
      context.fillStyle = color("--muted");
      context.fillText("One lane for each object will stand here.", NAMES + 12, RULER + 16);
    }
    this.#drawRuler(context, width, color);
    this.#drawPlayhead(context, height, color);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} id
   * @param {number} y
   * @param {number} width
   * @param {boolean} selected
   * @param {(name: string) => string} color
   */
  #drawLane(context, id, y, width, selected, color) {
    const desk = this.#desk;
    const { index, frames } = desk;
    const own = desk.colorOf(id);
    if (selected) {
      context.fillStyle = color("--selected");
      context.fillRect(0, y, width, LANE);
    }
    context.fillStyle = color("--line");
    context.fillRect(0, y + LANE - 1, width, 1);
    context.fillStyle = own;
    context.fillRect(10, y + 6, 10, 10);
    context.fillStyle = color(desk.session.isHidden(id) ? "--muted" : "--text");
    context.fillText(shortened(context, desk.nameOf(id), NAMES - 34), 26, y + LANE / 2);

    context.save();
    context.beginPath();
    context.rect(NAMES, y, width - NAMES, LANE);
    context.clip();
    const keyframes = index.keyframes(id);
    const extent = index.extent(id);
    if (extent && keyframes.length > 0) {
      const until = Math.min(extent.last, frames.frameCount - 1);
      const span = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ alpha) => {
        if (to < from) return;
        context.globalAlpha = alpha;
        context.fillStyle = own;
        context.fillRect(this.#x(from - 0.5), y + LANE / 2 - 3, Math.max(1, this.#x(to + 0.5) - this.#x(from - 0.5)), 6);
        context.globalAlpha = 1;
      };
      // After the last keyframe the shape is only held: paler, so that one sees where the work ends.
      const placedUntil = Math.min(until, keyframes[keyframes.length - 1].value.frame);
      let from = extent.first;
      for (const { value } of [...index.ranges(id), null].map((range) => range ?? { value: { first: until + 1, last: null } })) {
        const to = Math.min(value.first - 1, until);
        span(from, Math.min(to, placedUntil), 0.55);
        span(Math.max(from, placedUntil + 1), to, 0.22);
        from = Math.max(from, (value.last ?? Infinity) + 1);
      }
    }
    const step = this.#width / (this.#to - this.#from);
    let lastX = -Infinity;
    for (const { value } of keyframes) {
      if (value.frame < this.#from - 1 || value.frame > this.#to + 1) continue;
      const x = this.#x(value.frame);
      if (x - lastX < 1) continue; // more than one a pixel says nothing more
      lastX = x;
      drawDiamond(context, x, y + LANE / 2, step < 0.5 ? DIAMOND - 1 : DIAMOND, own, color("--surface"), value.interpolation === "hold");
    }
    context.restore();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} width
   * @param {(name: string) => string} color
   */
  #drawRuler(context, width, color) {
    const { frames } = this.#desk;
    context.fillStyle = color("--raised");
    context.fillRect(0, 0, width, RULER);
    context.fillStyle = color("--line");
    context.fillRect(0, RULER - 1, width, 1);
    context.fillRect(NAMES - 1, 0, 1, this.#host.clientHeight);
    context.fillStyle = color("--muted");
    const perFrame = this.#width / (this.#to - this.#from);
    const step = STEPS.find((each) => each * perFrame >= 64) ?? 100_000;
    for (let frame = Math.max(0, Math.ceil(this.#from / step) * step); frame <= Math.min(this.#to, frames.frameCount - 1); frame += step) {
      const x = this.#x(frame);
      context.fillRect(Math.round(x), RULER - 6, 1, 5);
      context.fillText(String(frame), x + 4, RULER / 2);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} height
   * @param {(name: string) => string} color
   */
  #drawPlayhead(context, height, color) {
    const { target, painted, playing } = this.#desk.playing();
    const line = (/** @type {number} */ frame, /** @type {number} */ alpha) => {
      const x = this.#x(frame);
      if (x < NAMES) return;
      context.globalAlpha = alpha;
      context.fillStyle = color("--accent");
      context.fillRect(Math.round(x) - 1, 0, 2, height);
      context.globalAlpha = 1;
    };
    if (painted !== null) line(painted, 1);
    if (target !== painted && !playing) line(target, 0.4);
  }

  /**
   * @param {readonly {id: string}[]} tracks
   * @param {number} height
   */
  #revealSelected(tracks, height) {
    const { current } = this.#desk.session;
    if (current === this.#revealed) return;
    this.#revealed = current;
    const lane = tracks.findIndex(({ id }) => id === current);
    if (lane < 0) return;
    const top = lane * LANE;
    const room = height - RULER;
    if (top < this.#host.scrollTop) this.#host.scrollTop = top;
    else if (top + LANE > this.#host.scrollTop + room) this.#host.scrollTop = top + LANE - room;
  }

  /** A playhead that leaves the view takes the view along, a page at a time. */
  #followPlayhead() {
    const { painted } = this.#desk.playing();
    if (painted === null || painted === this.#followed) return;
    this.#followed = painted;
    if (this.#whole || this.#drag === "pan" || (painted >= this.#from && painted <= this.#to)) return;
    const span = this.#to - this.#from;
    this.#pan(painted < this.#from ? painted - span * 0.9 - this.#from : painted - span * 0.1 - this.#from);
  }

  /** @param {number} by  frames */
  #pan(by) {
    const { frameCount } = this.#desk.frames;
    const span = this.#to - this.#from;
    this.#from = Math.max(-0.5, Math.min(frameCount - 0.5 - span, this.#from + by));
    this.#to = this.#from + span;
    this.draw();
  }

  /**
   * @param {number} frame  that stays where it is
   * @param {number} factor
   */
  #zoomAt(frame, factor) {
    const whole = Math.max(SMALLEST_SPAN, this.#desk.frames.frameCount);
    const span = Math.min(whole, Math.max(SMALLEST_SPAN, (this.#to - this.#from) / factor));
    const part = (frame - this.#from) / (this.#to - this.#from);
    this.#whole = span >= whole;
    this.#from = frame - part * span;
    this.#to = this.#from + span;
    this.#pan(0);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    const along = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.#zoomAt(this.#frame(event.offsetX), Math.exp(-event.deltaY * 0.002));
    } else if (along !== 0) {
      event.preventDefault();
      this.#pan((along / this.#width) * (this.#to - this.#from));
    }
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const { offsetX: x, offsetY: y } = event;
    this.#pressed = { x, y, from: this.#from, to: this.#to };
    if (event.button === 1) {
      event.preventDefault();
      this.#drag = "pan";
    } else if (event.button === 0 && y >= RULER) {
      const id = this.#trackAt(y);
      if (id !== null) this.#desk.select([id]);
      const keyframe = id === null ? null : this.#keyframeNear(id, x);
      if (keyframe !== null) {
        this.#drag = "keyframe";
        this.#desk.go(keyframe);
      } else if (x >= NAMES) this.#drag = "seek";
    } else if (event.button === 0 && x >= NAMES) this.#drag = "seek";
    if (this.#drag === "none") return;
    this.#canvas.setPointerCapture(event.pointerId);
    if (this.#drag === "seek") this.#desk.scrub(this.#clamped(x));
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { offsetX: x, offsetY: y } = event;
    if (this.#drag === "seek") this.#desk.scrub(this.#clamped(x));
    else if (this.#drag === "pan") {
      this.#whole = false;
      [this.#from, this.#to] = [this.#pressed.from, this.#pressed.to];
      this.#pan(((this.#pressed.x - x) / this.#width) * (this.#to - this.#from));
    } else if (this.#drag === "keyframe" && Math.abs(x - this.#pressed.x) > 6) {
      this.#drag = "none";
      this.#desk.say("A keyframe stays with the picture that it was drawn on. Go to the other frame and place the shape there.");
    }
    this.#hint(x, y);
  }

  #release() {
    if (this.#drag === "seek") this.#desk.endScrub();
    this.#drag = "none";
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #hint(x, y) {
    const frame = this.#clamped(x);
    this.#tip.hidden = x < NAMES;
    if (x < NAMES) {
      const id = this.#trackAt(y);
      this.#canvas.title = id === null ? "" : this.#desk.nameOf(id);
      return;
    }
    this.#canvas.title = "";
    const id = this.#trackAt(y);
    this.#tip.textContent = `${frame}   ${formatTime(this.#desk.frames.secondsAt(frame))}${id === null ? "" : `   ${this.#desk.nameOf(id)}`}`;
    this.#tip.style.left = `${Math.min(this.#host.clientWidth - this.#tip.offsetWidth, Math.max(0, x - this.#tip.offsetWidth / 2))}px`;
  }

  /** @param {number} x */
  #clamped(x) {
    return Math.min(this.#desk.frames.frameCount - 1, Math.max(0, Math.round(this.#frame(x))));
  }

  /** @param {number} y */
  #trackAt(y) {
    if (y < RULER) return null;
    return this.#desk.tracks()[Math.floor((y - RULER + this.#host.scrollTop) / LANE)]?.id ?? null;
  }

  /**
   * @param {string} id
   * @param {number} x
   */
  #keyframeNear(id, x) {
    let best = null;
    let least = DIAMOND + 2;
    for (const { value } of this.#desk.index.keyframes(id)) {
      const distance = Math.abs(this.#x(value.frame) - x);
      if (distance <= least) [best, least] = [value.frame, distance];
    }
    return best;
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
