/** The one way to put something on a frame: only on the frame that is seen, as one step, with the proof of that frame. */

import { Emitter } from "../../shared/core/emitter.js";

/** @import {History} from "../core/history.js" */
/** @import {Change, Store, Write} from "../core/store.js" */
/** @import {Receipt} from "../labels/records.js" */

/** @typedef {Omit<Receipt, "proof" | "digest">} SeenFrame  what the table says of the frame on the screen */
/** @extends {Emitter<{change: null}>} */
export class Placement extends Emitter {
  #store;
  #history;
  #seen;
  #prove;
  #say;
  #refuse;
  /** @type {{frame: SeenFrame, proof: Promise<Receipt>, receipt: Receipt, touched: Set<string>, waiting: boolean} | null} */
  #open = null;
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve();

  /**
   * @param {object} options
   * @param {Store} options.store
   * @param {History} options.history
   * @param {() => {frame: SeenFrame} | {problem: string}} options.seen  the frame that stands on the screen, or a sentence why nothing
   *   can be placed now
   * @param {(frame: SeenFrame) => Promise<Receipt>} options.prove  resolves to the receipt of the picture that is on the screen when it
   *   is called, or rejects with a sentence
   * @param {(sentence: string) => void} options.say
   * @param {(sentence: string) => void} options.refuse  says why there is nothing to be placed on now
   */
  constructor({ store, history, seen, prove, say, refuse }) {
    super();
    this.#store = store;
    this.#history = history;
    this.#seen = seen;
    this.#prove = prove;
    this.#say = say;
    this.#refuse = refuse;
    store.on("change", (change) => this.#follow(change));
  }

  /** Why nothing can be placed now, as a sentence, or null. */
  get problem() {
    if (this.#open) return this.#open.waiting ? "The last shape is waiting for the proof of its frame." : null;
    const seen = this.#seen();
    return "problem" in seen ? seen.problem : null;
  }

  /** A gesture is open: being drawn, or waiting for its proof. */
  get open() {
    return this.#open !== null;
  }

  /** The frame of the open gesture. */
  get frame() {
    return this.#gesture().frame.frame;
  }

  /** Stands in the open gesture's records until the proof is there; it is never saved. */
  get receipt() {
    return this.#gesture().receipt;
  }

  /**
   * Open a gesture on the frame that is seen. False, and a sentence for the user, if there is none to be labelled.
   * @param {string} name  "Move car 3"
   */
  begin(name) {
    const problem = this.problem;
    const seen = this.#seen();
    if (problem !== null || "problem" in seen || this.#open) {
      this.#refuse(problem ?? "Finish the shape in hand first.");
      return false;
    }
    // Of the picture that the hand begins on, and asked for at once; who waits for it hears of a failure.
    const proof = this.#prove(seen.frame);
    proof.catch(() => {});
    this.#history.begin(name);
    this.#open = {
      frame: seen.frame,
      proof,
      receipt: Object.freeze({ ...seen.frame, proof: "browser_digest", digest: "" }),
      touched: new Set(),
      waiting: false,
    };
    this.emit("change", null);
    return true;
  }

  /** @param {readonly Write[]} writes */
  write(writes) {
    this.#gesture();
    this.#store.write(writes, "user");
  }

  /** End the gesture: commit it when the proof is there. False if it had to be given up. */
  async finish() {
    const gesture = this.#gesture();
    gesture.waiting = true;
    this.emit("change", null);
    try {
      const receipt = gesture.touched.size > 0 ? await gesture.proof : null;
      if (this.#open !== gesture) return false;
      if (receipt) this.#store.write(this.#proved(gesture, receipt), "user");
      this.#history.commit();
      return true;
    } catch (error) {
      if (this.#open !== gesture) return false;
      this.#history.cancel();
      this.#say(`Not placed: ${error instanceof Error ? error.message : error}`);
      return false;
    } finally {
      if (this.#open === gesture) this.#open = null;
      this.emit("change", null);
    }
  }

  /**
   * The receipt of the frame that is seen, for an edit of several frames.
   * @returns {Promise<Receipt>} @throws {Error} with a sentence, if nothing can be placed on it now
   */
  async proof() {
    const seen = this.#seen();
    if (this.#open) throw new Error("Finish the shape in hand first.");
    if ("problem" in seen) throw new Error(seen.problem);
    return this.#prove(seen.frame);
  }

  /** Give the gesture up; everything is as it was before it. */
  cancel() {
    if (!this.#open) return;
    this.#open = null;
    this.#history.cancel();
    this.emit("change", null);
  }

  /**
   * A gesture of one moment, after those before it: for keys and buttons.
   * @param {string} name
   * @param {(receipt: Receipt, frame: number) => readonly Write[]} writes
   * @returns {Promise<boolean>}
   */
  do(name, writes) {
    const seen = this.#seen();
    const asked = "frame" in seen ? seen.frame.frame : null;
    const run = async () => {
      const now = this.#seen();
      // By the time that it is its turn, the user may have moved on: it was meant for the frame seen when asked.
      if (asked !== null && "frame" in now && now.frame.frame !== asked) {
        this.#say(`“${name}” was given up: frame ${asked} is no longer on the screen.`);
        return false;
      }
      if (!this.begin(name)) return false;
      try {
        this.write(writes(this.receipt, this.frame));
      } catch (error) {
        this.cancel();
        throw error;
      }
      return this.finish();
    };
    const done = this.#queue.then(run);
    this.#queue = done.catch(() => {});
    return done;
  }

  #gesture() {
    if (!this.#open) throw new Error("No gesture is open");
    return this.#open;
  }

  /** @param {Change} change */
  #follow({ origin, records }) {
    if (!this.#open) return;
    if (origin === "user") for (const { id } of records) this.#open.touched.add(id);
    // Undo in mid-gesture gives it up (History does the same).
    else if (origin === "history") this.#open = null;
  }

  /**
   * @param {{touched: Set<string>}} gesture
   * @param {Receipt} receipt
   * @returns {Write[]}
   */
  #proved({ touched }, receipt) {
    /** @type {Write[]} */
    const writes = [];
    for (const kind of ["keyframe", "range"]) {
      for (const id of touched) {
        const value = this.#store.all(kind).get(id);
        if (value && value.receipt.digest === "") writes.push({ id, kind, value: { ...value, receipt } });
      }
    }
    return writes;
  }
}
