/** The picture on the screen and the frame that is sought; who may paint next. */

import { prefetchWindow } from "./prefetch.js";

/** @import { Emitter } from "../../shared/core/emitter.js" */
/** @import { FrameSource, Picture, Proof } from "../sources/frame_source.js" */
/** @import { TransportEvents } from "./transport.js" */

/**
 * @typedef {object} ProofOf What is known about the painted picture.
 * @property {number} frame
 * @property {Proof["state"] | "proving"} state
 * @property {string | null} digest
 * @property {string | null} reason
 */

export class Monitor {
  /**
   * @param {FrameSource} source
   * @param {(picture: Picture) => void} paint
   * @param {Emitter<TransportEvents>} events
   */
  constructor(source, paint, events) {
    this.#source = source;
    this.#paint = paint;
    this.#events = events;
  }

  /** Frame that is sought. */
  target = 0;
  /** @type {number | null} frame that is on the screen */
  painted = null;
  /** @type {Picture | null} the painted picture, open */
  picture = null;
  /** @type {ProofOf | null} of the painted picture */
  proof = null;
  #source;
  #paint;
  #events;
  /** @type {1 | -1} the way the target went last */
  #travel = 1;
  #turn = new AbortController();

  /** Whoever was about to paint is superseded. Returns the caller's turn: aborted once somebody else takes over. */
  takeTurn() {
    this.#turn.abort(superseded());
    this.#turn = new AbortController();
    return this.#turn.signal;
  }

  /** Show a picture, which is the monitor's from now on. @param {Picture} picture */
  put(picture) {
    const before = this.picture;
    try {
      this.#paint(picture);
    } catch (error) {
      picture.close();
      throw error;
    }
    this.picture = picture;
    before?.close();
    const moved = this.painted !== picture.frame;
    this.painted = picture.frame;
    this.proof = null;
    if (moved || before !== picture) this.#events.emit("painted", null);
  }

  repaint() {
    if (this.picture) this.#paint(this.picture);
  }

  /** @param {number} frame */
  seek(frame) {
    if (frame === this.target) return;
    this.#travel = frame < this.target ? -1 : 1;
    this.target = frame;
    this.#events.emit("target", null);
  }

  /** What is on the screen is what was sought. */
  land() {
    if (this.painted === null || this.painted === this.target) return;
    this.target = this.painted;
    this.#events.emit("target", null);
  }

  /** Have the frames around the target made ready. @param {boolean} moving */
  prefetch(moving) {
    const { capacity, frameCount } = this.#source;
    const { first, last } = prefetchWindow({ frame: this.target, travel: this.#travel, moving, capacity });
    this.#source.prefetch(Math.max(0, first), Math.min(frameCount - 1, last));
  }

  /** The frame of the video that is nearest. @param {number} frame */
  clamp(frame) {
    return Math.min(this.#source.frameCount - 1, Math.max(0, Math.round(frame)));
  }

  /** What is known of the picture now. @param {ProofOf} proof */
  tell(proof) {
    this.proof = proof;
    this.#events.emit("proof", null);
  }

  close() {
    this.takeTurn();
    this.picture?.close();
    this.picture = null;
  }
}

export function superseded() {
  return new DOMException("Another frame was asked for.", "AbortError");
}

/** @param {unknown} error */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
