/** Shows exactly the frames that are asked for, one at a time; a step waits for the one before it. */

import { isAbort, superseded } from "./monitor.js";

/** @import { Emitter } from "../../shared/core/emitter.js" */
/** @import { FrameSource } from "../sources/frame_source.js" */
/** @import { Monitor } from "./monitor.js" */
/** @import { TransportEvents } from "./transport.js" */

/** Over when `turn` is aborted. @typedef {{frame: number, done: Promise<void>, turn: AbortSignal}} Show */
/** @typedef {{count: number, done: Promise<void>, turn: AbortSignal, replaced: boolean}} Step */

export class Seeker {
  /**
   * @param {FrameSource} source
   * @param {Monitor} monitor
   * @param {Emitter<TransportEvents>} events
   * @param {() => void} rest the frame that was asked for is on the screen
   */
  constructor(source, monitor, events, rest) {
    this.#source = source;
    this.#monitor = monitor;
    this.#events = events;
    this.#rest = rest;
  }

  #source;
  #monitor;
  #events;
  #rest;
  /** @type {Show | null} */
  #show = null;
  /** @type {Step | null} the step after it */
  #queued = null;

  /** The frame that is being sought, or null. */
  get sought() {
    return this.#underWay?.frame ?? null;
  }

  /** As `Transport.show`, for a frame that exists. @param {number} frame @returns {Promise<void>} */
  seek(frame) {
    const underWay = this.#underWay;
    if (underWay?.frame === frame) return underWay.done;
    const monitor = this.#monitor;
    const turn = monitor.takeTurn();
    monitor.seek(frame);
    if (monitor.painted === frame) {
      this.#rest();
      return Promise.resolve();
    }
    const show = { frame, turn, done: this.#showExactly(frame, turn) };
    this.#show = show;
    const finish = () => {
      if (this.#show === show) this.#show = null;
    };
    show.done.then(finish, finish);
    return show.done;
  }

  /** As `Transport.step`. @param {number} count @returns {Promise<void>} */
  step(count) {
    const underWay = this.#underWay;
    if (underWay === null) return this.seek(this.#stepped(count));
    const queued = this.#queued?.turn.aborted ? null : this.#queued;
    if (queued?.count === count) return queued.done; // a held key: one waits already
    if (queued) queued.replaced = true;
    return this.#queue(count, underWay);
  }

  get #underWay() {
    return this.#show?.turn.aborted ? null : this.#show;
  }

  /** @param {number} count */
  #stepped(count) {
    return this.#monitor.clamp(this.#monitor.target + count);
  }

  /** @param {number} frame @param {AbortSignal} turn */
  async #showExactly(frame, turn) {
    try {
      const picture = await this.#source.read(frame, { signal: turn, purpose: "show" });
      if (turn.aborted) {
        picture.close();
        throw superseded();
      }
      this.#monitor.put(picture);
      this.#monitor.prefetch(true); // now: what is asked for is fetched and decoded before what may be
    } catch (error) {
      if (!turn.aborted && !isAbort(error)) this.#events.emit("failed", { frame, error });
      throw error;
    }
    this.#rest();
  }

  /** @param {number} count @param {Show} before */
  #queue(count, { done: before, turn }) {
    const goOn = () => {
      if (step.replaced || turn.aborted) throw superseded();
      this.#queued = null;
      return this.seek(this.#stepped(count));
    };
    const done = before.then(goOn, goOn); // a frame that cannot be had does not stop the next one
    done.catch(() => {}); // whoever pressed the key may not listen
    /** @type {Step} */
    const step = { count, turn, done, replaced: false };
    this.#queued = step;
    return done;
  }
}
