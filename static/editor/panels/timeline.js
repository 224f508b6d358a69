/** A lane a track: keyframes, where it is visible, the playhead. Drawn on a canvas; its focusable twin is the list of objects. */

import { oncePerFrame } from "../../shared/core/once_per_frame.js";
import { formatTime } from "../../shared/core/words.js";
import { DIAMOND, LANE, NAMES, RULER, TimelineDrawing } from "./timeline_drawing.js";
import { TimelineScale } from "./timeline_scale.js";

/** @import {PanelContext} from "./panel_context.js" */

const SLIP = 6; // CSS pixels that a hand may move without meaning to drag

export class Timeline {
  #host;
  #editor;
  #canvas;
  #spacer;
  #tip;
  #scale = new TimelineScale(2 * DIAMOND);
  /** @type {"none" | "seek" | "pan" | "keyframe"} */
  #drag = "none";
  #pressed = { x: 0, from: 0 };
  /** @type {string | null} */
  #revealed = null;
  #followed = -1;
  draw = oncePerFrame(() => this.#draw());

  /**
   * @param {HTMLElement} host  scrolls; what is drawn stays in place
   * @param {PanelContext} editor
   */
  constructor(host, editor) {
    this.#host = host;
    this.#editor = editor;
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
    this.#canvas.addEventListener("contextmenu", (event) => this.#menu(event));
    this.#canvas.addEventListener("dblclick", (event) => {
      if (event.offsetY >= RULER) return;
      this.#scale.whole = true;
      this.draw();
    });
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (height < LANE) return;
    this.#scale.layOut(NAMES, width, this.#editor.frames.frameCount);
    const tracks = this.#editor.tracks();
    this.#spacer.style.height = `${Math.max(0, RULER + tracks.length * LANE - height)}px`;
    this.#revealSelected(tracks, height);
    this.#followPlayhead();
    this.#canvas.setAttribute("aria-label", `Timeline of ${tracks.length} objects; the list of objects has the same for the keyboard`);
    const drawing = new TimelineDrawing(this.#context(width, height), this.#editor, this.#scale, this.#host);
    const { scrollTop } = this.#host;
    const first = Math.floor(scrollTop / LANE);
    const last = Math.min(tracks.length, Math.ceil((scrollTop + height - RULER) / LANE));
    for (let lane = first; lane < last; lane++) drawing.lane(tracks[lane].id, RULER + lane * LANE - scrollTop);
    if (tracks.length === 0) drawing.empty();
    drawing.ruler();
    drawing.playhead();
  }

  /** Of the canvas, as large as its host, in CSS pixels. @param {number} width @param {number} height */
  #context(width, height) {
    const canvas = this.#canvas;
    const density = devicePixelRatio;
    const [pixelsX, pixelsY] = [Math.max(1, Math.round(width * density)), Math.max(1, Math.round(height * density))];
    if (canvas.width !== pixelsX || canvas.height !== pixelsY) {
      canvas.width = pixelsX;
      canvas.height = pixelsY;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.setTransform(density, 0, 0, density, 0, 0);
    return context;
  }

  /**
   * @param {readonly {id: string}[]} tracks
   * @param {number} height
   */
  #revealSelected(tracks, height) {
    const { current } = this.#editor.session;
    if (current === this.#revealed) return;
    this.#revealed = current;
    const lane = tracks.findIndex(({ id }) => id === current);
    if (lane < 0) return;
    const top = lane * LANE;
    const room = height - RULER;
    if (top < this.#host.scrollTop) this.#host.scrollTop = top;
    else if (top + LANE > this.#host.scrollTop + room) this.#host.scrollTop = top + LANE - room;
  }

  #followPlayhead() {
    const { painted } = this.#editor.playing();
    if (painted === null || painted === this.#followed) return;
    this.#followed = painted;
    if (this.#drag !== "pan" && this.#scale.follow(painted)) this.draw();
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    const along = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
    const zooms = event.ctrlKey || event.metaKey;
    if (!zooms && along === 0) return;
    event.preventDefault();
    if (zooms) this.#scale.zoom(this.#scale.at(event.offsetX), Math.exp(-event.deltaY * 0.002));
    else this.#scale.pan(along);
    this.draw();
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const { offsetX: x, offsetY: y } = event;
    this.#pressed = { x, from: this.#scale.from };
    if (event.button === 1) {
      event.preventDefault();
      this.#drag = "pan";
    } else if (event.button === 0 && y >= RULER) {
      const id = this.#trackAt(y);
      if (id !== null) this.#editor.select([id]);
      const keyframe = id === null ? null : this.#keyframeNear(id, x);
      if (keyframe !== null) {
        this.#drag = "keyframe";
        this.#editor.go(keyframe);
      } else if (x >= NAMES) this.#drag = "seek";
    } else if (event.button === 0 && x >= NAMES) this.#drag = "seek";
    if (this.#drag === "none") return;
    this.#canvas.setPointerCapture(event.pointerId);
    if (this.#drag === "seek") this.#editor.scrub(this.#scale.frameAt(x));
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { offsetX: x, offsetY: y } = event;
    if (this.#drag === "seek") this.#editor.scrub(this.#scale.frameAt(x));
    else if (this.#drag === "pan") {
      this.#scale.whole = false;
      this.#scale.moveTo(this.#pressed.from + (this.#pressed.x - x) / this.#scale.pixelsPerFrame);
      this.draw();
    } else if (this.#drag === "keyframe" && Math.abs(x - this.#pressed.x) > SLIP) {
      this.#drag = "none";
      this.#editor.say("A keyframe stays with the picture that it was drawn on. Go to the other frame and place the shape there.");
    }
    this.#hint(x, y);
  }

  /** @param {MouseEvent} event */
  #menu(event) {
    const id = this.#trackAt(event.offsetY);
    if (id === null) return;
    event.preventDefault();
    const keyframe = event.offsetX < NAMES ? null : this.#keyframeNear(id, event.offsetX);
    if (!this.#editor.session.selection.includes(id)) this.#editor.select([id]);
    if (keyframe !== null) this.#editor.go(keyframe);
    this.#editor.menu(keyframe === null ? "track" : "keyframe", { x: event.clientX, y: event.clientY });
  }

  #release() {
    if (this.#drag === "seek") this.#editor.endScrub();
    this.#drag = "none";
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #hint(x, y) {
    const id = this.#trackAt(y);
    this.#tip.hidden = x < NAMES;
    this.#canvas.title = x < NAMES && id !== null ? this.#editor.nameOf(id) : "";
    if (x < NAMES) return;
    const frame = this.#scale.frameAt(x);
    const { frames, review, nameOf } = this.#editor;
    const toReview = id !== null && review?.of(id).some(({ kind, frame: was, frame_now: now }) => kind === "keyframe" && (now ?? was) === frame);
    const words = [String(frame), formatTime(frames.secondsAt(frame)), id === null ? "" : nameOf(id), toReview ? "to review" : ""];
    this.#tip.textContent = words.filter((word) => word !== "").join("   ");
    this.#tip.style.left = `${Math.min(this.#host.clientWidth - this.#tip.offsetWidth, Math.max(0, x - this.#tip.offsetWidth / 2))}px`;
  }

  /** @param {number} y */
  #trackAt(y) {
    if (y < RULER) return null;
    return this.#editor.tracks()[Math.floor((y - RULER + this.#host.scrollTop) / LANE)]?.id ?? null;
  }

  /**
   * @param {string} id
   * @param {number} x
   */
  #keyframeNear(id, x) {
    let best = null;
    let least = DIAMOND + 2;
    for (const { value } of this.#editor.index.keyframes(id)) {
      const distance = Math.abs(this.#scale.x(value.frame) - x);
      if (distance <= least) [best, least] = [value.frame, distance];
    }
    return best;
  }
}
