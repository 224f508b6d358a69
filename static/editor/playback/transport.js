/**
 * Moves through a source of frames: shows, steps, plays, scrubs. `target` is where the user wants to be, `painted` is
 * what they see; labels know only `painted`, and tools are live when the two are equal.
 */

import { Emitter } from "../../shared/core/emitter.js";
import { Monitor } from "./monitor.js";
import { Player } from "./player.js";
import { Prover } from "./prover.js";
import { browserScreen } from "./screen.js";
import { Scrubber } from "./scrubber.js";
import { Seeker } from "./seeker.js";

/** @import { FrameSource, Picture } from "../sources/frame_source.js" */
/** @import { ProofOf } from "./monitor.js" */
/** @import { Mode } from "./player.js" */
/** @import { Screen } from "./screen.js" */

/**
 * `playing`: play, pause, rate, mode, skipped. `failed`: a picture cannot be had at all, or not be drawn.
 * @typedef {{target: null, painted: null, playing: null, proof: null, failed: {frame: number, error: unknown}}} TransportEvents
 */

/** @extends {Emitter<TransportEvents>} */
export class Transport extends Emitter {
  /**
   * @param {object} options
   * @param {FrameSource} options.source
   * @param {(picture: Picture) => void} options.paint draws the picture; it is on the canvas on return. The picture
   *   stays open until the next one is painted, for drawing it again at another zoom: see `picture`.
   * @param {Screen} [options.screen]
   */
  constructor({ source, paint, screen = browserScreen() }) {
    super();
    this.source = source;
    const rest = () => this.#prover.rest();
    this.#monitor = new Monitor(source, paint, this);
    this.#player = new Player(source, this.#monitor, screen, this, rest);
    this.#seeker = new Seeker(source, this.#monitor, this, rest);
    this.#scrubber = new Scrubber(source, this.#monitor, this.#seeker, screen, this);
    this.#prover = new Prover(source, this.#monitor, screen, {
      isMoving: () => this.playing || this.#seeker.sought !== null,
      replace: (frame) => void this.#seeker.seek(frame).catch(() => {}), // `failed` tells of it
    });
  }

  #monitor;
  #player;
  #seeker;
  #scrubber;
  #prover;

  get frameCount() {
    return this.source.frameCount;
  }

  /** Frame that is sought. */
  get target() {
    return this.#monitor.target;
  }

  /** Frame that is on the screen, or null. */
  get painted() {
    return this.#monitor.painted;
  }

  /** The painted picture, open, or null. */
  get picture() {
    return this.#monitor.picture;
  }

  /** Of the painted picture; null until the user rests on it. */
  get proof() {
    return this.#monitor.proof;
  }

  get playing() {
    return this.#player.playing;
  }

  /** Frames left out since playing began. */
  get skipped() {
    return this.#player.skipped;
  }

  /** Frames to repeat, or null. @returns {{first: number, last: number} | null} */
  get loop() {
    return this.#player.loop;
  }

  set loop(loop) {
    this.#player.loop = loop;
  }

  /** Speed, times real time: 0.1 to 16, negative backwards. */
  get rate() {
    return this.#player.rate;
  }

  set rate(rate) {
    this.#player.rate = rate;
  }

  /** Unless chosen, every frame is shown up to real time, and time is kept above it. @returns {Mode} */
  get mode() {
    return this.#player.mode;
  }

  set mode(mode) {
    this.#player.mode = mode;
  }

  get scrubbing() {
    return this.#scrubber.active;
  }

  /** Frames of which everything needed is here, for the bar. */
  buffered() {
    return this.source.buffered();
  }

  /**
   * Show exactly this frame. Resolves once it is painted; rejects with AbortError if something else was asked for
   * meanwhile, RangeError for a frame that does not exist, or an Error with a sentence.
   * @param {number} frame
   * @returns {Promise<void>}
   */
  show(frame) {
    if (!Number.isInteger(frame) || frame < 0 || frame >= this.frameCount) {
      return Promise.reject(new RangeError(`There is no frame ${frame}; the last one is ${this.frameCount - 1}.`));
    }
    this.#stopAll();
    return this.#seeker.seek(frame);
  }

  /**
   * Go `count` frames on from the target, or back. Steps are never skipped: each waits until the one before is painted,
   * and one more waits behind it. Resolves once painted; rejects as `show` does.
   * @param {number} count
   * @returns {Promise<void>}
   */
  step(count) {
    this.#stopAll();
    return this.#seeker.step(count);
  }

  /** Play from the painted frame at `rate`; from the beginning if it is the last. */
  play() {
    if (this.playing) return;
    this.#leaveScrub();
    this.#player.play();
  }

  /** Stop on the frame that is on the screen. */
  pause() {
    this.#player.pause();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /**
   * J (-1) and L (1): play that way; again, faster. K is `pause`. However it stops, the rate is then again what it was before.
   * @param {1 | -1} direction
   */
  shuttle(direction) {
    if (!this.playing) this.#leaveScrub();
    this.#player.shuttle(direction);
  }

  /**
   * Follow a drag: what can be had at once is painted under its own number; the exact picture after a short rest.
   * @param {number} frame
   */
  scrub(frame) {
    if (!this.scrubbing) {
      const { playing } = this;
      this.#player.stop();
      this.#scrubber.begin(playing);
    }
    if (this.#scrubber.to(frame)) this.#prover.stop();
  }

  /** The drag is over: the exact picture now. Playing goes on if the drag began while playing. @returns {Promise<void>} */
  async endScrub() {
    if (!this.scrubbing) return;
    const { resumes } = this.#scrubber;
    this.#leaveScrub();
    await this.#seeker.seek(this.target);
    if (resumes) this.play();
  }

  /**
   * Prove the painted picture now. A picture that is found wrong is replaced by the server's.
   * @returns {Promise<ProofOf | null>} null if another picture came meanwhile
   */
  prove() {
    return this.#prover.prove();
  }

  /** Draw the painted picture again. */
  repaint() {
    this.#monitor.repaint();
  }

  close() {
    this.#stopAll();
    this.#prover.close();
    this.#monitor.close();
  }

  #stopAll() {
    this.#player.stop();
    this.#leaveScrub();
  }

  #leaveScrub() {
    this.#prover.stop();
    this.#scrubber.end();
  }
}

/**
 * The frame that the counter names: while it plays the one on the screen, as clock and status do; else where it goes.
 * @param {{playing: boolean, painted: number | null, target: number}} state
 */
export function frameNamed({ playing, painted, target }) {
  return playing ? (painted ?? target) : target;
}
