/** Proves the picture on the screen once the user rests on it; one that is found wrong is replaced by the server's. */

import { REST } from "./screen.js";

/** @import { FrameSource, Proof } from "../sources/frame_source.js" */
/** @import { Monitor, ProofOf } from "./monitor.js" */
/** @import { Screen } from "./screen.js" */

export class Prover {
  /**
   * @param {FrameSource} source
   * @param {Monitor} monitor
   * @param {Screen} screen
   * @param {{isMoving: () => boolean, replace: (frame: number) => void}} page `isMoving`: another picture is on its way
   */
  constructor(source, monitor, screen, { isMoving, replace }) {
    this.#source = source;
    this.#monitor = monitor;
    this.#screen = screen;
    this.#isMoving = isMoving;
    this.#replace = replace;
  }

  #source;
  #monitor;
  #screen;
  #isMoving;
  #replace;
  /** @type {any} */
  #timer = 0;
  #closed = false;

  /** The user may rest here: wait and see. */
  rest() {
    this.stop();
    this.#timer = this.#screen.setTimeout(() => void this.#atRest(), REST);
  }

  stop() {
    this.#screen.clearTimeout(this.#timer);
  }

  /** As `Transport.prove`. @returns {Promise<ProofOf | null>} */
  async prove() {
    const monitor = this.#monitor;
    const { picture, proof: known } = monitor;
    if (picture === null) return null;
    if (known && known.state !== "proving" && known.state !== "unproved") return known;
    const { frame } = picture;
    monitor.tell({ frame, state: "proving", digest: null, reason: null });
    /** @type {Proof} */
    let proof;
    try {
      proof = await this.#source.prove(picture);
    } catch (error) {
      proof = { state: "unproved", digest: null, reason: /** @type {Error} */ (error).message };
    }
    if (monitor.picture !== picture || this.#closed) return null;
    monitor.tell({ frame, state: proof.state, digest: proof.digest, reason: proof.reason });
    if (proof.replace && !this.#isMoving() && monitor.target === frame) {
      monitor.painted = null;
      this.#replace(frame);
    }
    return monitor.proof;
  }

  close() {
    this.#closed = true;
    this.stop();
  }

  async #atRest() {
    const { picture, painted, target } = this.#monitor;
    if (this.#isMoving() || picture === null || painted !== target) return;
    this.#monitor.prefetch(false);
    await this.prove();
  }
}
