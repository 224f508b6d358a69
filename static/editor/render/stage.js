/** The two canvases: the picture of a frame, said on its attributes once it is really drawn, and the shapes above it. */

import { oncePerFrame } from "../../shared/core/once_per_frame.js";
import { drawOverlay } from "./overlay.js";
import { drawPicture } from "./picture.js";

/** @import {Picture} from "../sources/frame_source.js" */
/** @import {Scene} from "./overlay.js" */
/** @import {Viewport} from "./viewport.js" */

const MARGIN = 12; // CSS pixels around a fitted picture

export class Stage {
  #host;
  #frame;
  #overlay;
  #viewport;
  #scene;
  #context;
  #above;
  /** @type {Picture | null} open until another one stands in its place: who gave it closes it then */
  #picture = null;
  density = 1;

  /**
   * @param {{host: HTMLElement, frame: HTMLCanvasElement, overlay: HTMLCanvasElement, viewport: Viewport,
   *   scene: () => Omit<Scene, "viewport" | "density">}} parts
   */
  constructor({ host, frame, overlay, viewport, scene }) {
    this.#host = host;
    this.#frame = frame;
    this.#overlay = overlay;
    this.#viewport = viewport;
    this.#scene = scene;
    // Read by tests and by people with the console: no GPU-only surface.
    this.#context = /** @type {CanvasRenderingContext2D} */ (frame.getContext("2d", { alpha: false }));
    this.#above = /** @type {CanvasRenderingContext2D} */ (overlay.getContext("2d"));
    new ResizeObserver(() => this.#resize()).observe(host);
    viewport.on("change", () => this.#redraw());
    this.#resize();
  }

  /** Ask for the shapes to be drawn again. */
  invalidate = oncePerFrame(() => this.#drawShapes());
  #redraw = oncePerFrame(() => {
    this.#drawPicture();
    this.#drawShapes();
  });

  /** The picture on the canvas, or null. */
  get picture() {
    return this.#picture;
  }

  /**
   * Draw a picture, and the shapes of its frame in the same breath; what is on the canvas is said on it afterwards.
   * @param {Picture} picture  must stay open until the next one is shown
   */
  show(picture) {
    this.#picture = picture;
    this.#viewport.setPicture(picture.width, picture.height, picture.sampleAspectRatio, 0);
    this.#drawPicture();
    const { dataset } = this.#frame;
    dataset.frame = String(picture.frame);
    dataset.pts = String(picture.pts);
    dataset.source = picture.source;
    this.#drawShapes();
  }

  /** @param {"seeking" | "shown" | "failed"} state */
  setState(state) {
    if (this.#frame.dataset.state !== state) this.#frame.dataset.state = state;
  }

  #resize() {
    this.density = devicePixelRatio;
    const width = Math.max(1, Math.round(this.#host.clientWidth * this.density));
    const height = Math.max(1, Math.round(this.#host.clientHeight * this.density));
    for (const canvas of [this.#frame, this.#overlay]) {
      if (canvas.width === width && canvas.height === height) continue;
      canvas.width = width;
      canvas.height = height;
    }
    this.#viewport.setCanvas(width, height, MARGIN * this.density);
    // A canvas that changes its size is empty: it must not be seen so, nor say that it shows something.
    this.#drawPicture();
    this.#drawShapes();
  }

  #drawPicture() {
    const { width, height } = this.#frame;
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.fillStyle = getComputedStyle(this.#host).backgroundColor;
    this.#context.fillRect(0, 0, width, height);
    if (!this.#picture) return;
    this.#context.imageSmoothingEnabled = !this.#viewport.pixelated;
    this.#context.imageSmoothingQuality = "high";
    drawPicture(this.#context, this.#picture, this.#viewport.rect);
  }

  #drawShapes() {
    if (!this.#picture) return;
    drawOverlay(this.#above, { viewport: this.#viewport, density: this.density, ...this.#scene() });
  }
}
