/** The whole video as one bar: where one is, what is here already, how far verification has come, where the file is damaged. */

import { oncePerFrame } from "../../shared/core/once_per_frame.js";
import { formatTime } from "../../shared/core/words.js";
import { resolved } from "./theme_color.js";

/** @import {PanelContext} from "./panel_context.js" */

const NEAR = 2; // pixels from a mark within which it is meant

/** Drawn on a canvas: ten thousand buffered ranges are no elements. */
export class ScrubBar {
  #host;
  #canvas;
  #tip;
  #editor;
  #dragging = false;
  /** @type {number | null} CSS pixels from the left */
  #hoverAt = null;
  draw = oncePerFrame(() => this.#draw());

  /**
   * @param {HTMLElement} host  takes role slider
   * @param {PanelContext} editor
   */
  constructor(host, editor) {
    this.#host = host;
    this.#editor = editor;
    this.#canvas = document.createElement("canvas");
    this.#tip = document.createElement("output");
    this.#tip.className = "scrub-tip";
    this.#tip.hidden = true;
    host.append(this.#canvas, this.#tip);
    host.setAttribute("role", "slider");
    host.setAttribute("aria-label", "Position in the video");
    host.tabIndex = 0;
    new ResizeObserver(() => this.draw()).observe(host);
    host.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      host.setPointerCapture(event.pointerId);
      this.#dragging = true;
      this.#scrub(event);
    });
    host.addEventListener("pointermove", (event) => {
      this.#hoverAt = event.clientX - host.getBoundingClientRect().left;
      if (this.#dragging) this.#scrub(event);
      this.draw();
    });
    for (const type of ["pointerup", "pointercancel"]) {
      host.addEventListener(type, () => {
        if (this.#dragging) editor.endScrub();
        this.#dragging = false;
      });
    }
    host.addEventListener("pointerleave", () => {
      this.#hoverAt = null;
      this.draw();
    });
  }

  /** @param {PointerEvent} event */
  #scrub(event) {
    this.#editor.scrub(this.#frameAt(event.clientX - this.#host.getBoundingClientRect().left));
  }

  /** @param {number} x  CSS pixels */
  #frameAt(x) {
    const last = this.#editor.frames.frameCount - 1;
    return Math.min(last, Math.max(0, Math.round((x / Math.max(1, this.#host.clientWidth)) * last)));
  }

  #draw() {
    const { frames } = this.#editor;
    const { target, painted, playing, loop } = this.#editor.playing();
    const width = this.#host.clientWidth;
    const height = this.#host.clientHeight;
    const density = devicePixelRatio;
    this.#canvas.width = Math.max(1, Math.round(width * density));
    this.#canvas.height = Math.max(1, Math.round(height * density));
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext("2d"));
    context.scale(density, density);
    const last = Math.max(1, frames.frameCount - 1);
    const x = (/** @type {number} */ frame) => (frame / last) * width;
    const middle = Math.round(height / 2);

    context.fillStyle = resolved(this.#host, "--pressed");
    context.fillRect(0, middle - 3, width, 6);
    context.fillStyle = resolved(this.#host, "--edge");
    for (const [first, to] of frames.buffered()) context.fillRect(x(first), middle - 3, Math.max(1, x(to + 1) - x(first)), 6);
    const verification = this.#editor.verification();
    if (verification) {
      context.fillStyle = resolved(this.#host, "--good");
      context.fillRect(0, middle + 5, x(Math.max(0, verification.proved - 1)), 2);
      context.fillStyle = resolved(this.#host, "--line");
      context.fillRect(x(verification.proved), middle + 5, width, 2);
    }
    context.fillStyle = resolved(this.#host, "--warning");
    let drawn = -1;
    for (const frame of frames.unclean()) {
      const left = Math.floor(Math.min(width - 2, x(frame)));
      if (left > drawn) context.fillRect(left, middle - 9, 2, 5);
      drawn = left;
    }
    const at = painted ?? target;
    context.fillStyle = resolved(this.#host, "--accent");
    if (loop) context.fillRect(x(loop.first), middle - 7, Math.max(2, x(loop.last) - x(loop.first)), 2);
    context.fillRect(0, middle - 1, x(at), 2);
    if (target !== at && !playing) {
      context.globalAlpha = 0.5;
      context.fillRect(x(target) - 1, 2, 2, height - 4);
      context.globalAlpha = 1;
    }
    context.beginPath();
    context.arc(Math.min(width - 6, Math.max(6, x(at))), middle, 6, 0, 2 * Math.PI);
    context.fill();
    this.#speak(at);
    this.#drawTip();
  }

  /** @param {number} at */
  #speak(at) {
    const { frames } = this.#editor;
    this.#host.setAttribute("aria-valuemin", "0");
    this.#host.setAttribute("aria-valuemax", String(frames.frameCount - 1));
    this.#host.setAttribute("aria-valuenow", String(at));
    this.#host.setAttribute("aria-valuetext", `Frame ${at}, ${formatTime(frames.secondsAt(at))}`);
  }

  #drawTip() {
    this.#tip.hidden = this.#hoverAt === null;
    if (this.#hoverAt === null) return;
    const frame = this.#frameAt(this.#hoverAt);
    const damaged = between(this.#editor.frames.unclean(), this.#frameAt(this.#hoverAt - NEAR), this.#frameAt(this.#hoverAt + NEAR));
    const damage = damaged === null ? "" : `   Frame ${damaged} has no clean picture: the file is damaged there`;
    this.#tip.textContent = `${frame}   ${formatTime(this.#editor.frames.secondsAt(frame))}${damage}`;
    const width = this.#tip.offsetWidth;
    this.#tip.style.left = `${Math.min(this.#host.clientWidth - width, Math.max(0, this.#hoverAt - width / 2))}px`;
  }
}

/** The first of `frames` (ascending) from `first` to `last`, or null. @param {readonly number[]} frames @param {number} first @param {number} last */
function between(frames, first, last) {
  return frames.find((frame) => frame >= first && frame <= last) ?? null;
}
