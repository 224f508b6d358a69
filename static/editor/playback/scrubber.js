/** Follows a drag: what can be had at once is painted under its own number, the exact picture after a short rest. */

import { isAbort } from "./monitor.js";
import { REST } from "./screen.js";

/** @import { Emitter } from "../../shared/core/emitter.js" */
/** @import { FrameSource } from "../sources/frame_source.js" */
/** @import { Monitor } from "./monitor.js" */
/** @import { Screen } from "./screen.js" */
/** @import { Seeker } from "./seeker.js" */
/** @import { TransportEvents } from "./transport.js" */

export class Scrubber {
  /**
   * @param {FrameSource} source
   * @param {Monitor} monitor
   * @param {Seeker} seeker
   * @param {Screen} screen
   * @param {Emitter<TransportEvents>} events
   */
  constructor(source, monitor, seeker, screen, events) {
    this.#source = source;
    this.#monitor = monitor;
    this.#seeker = seeker;
    this.#screen = screen;
    this.#events = events;
  }

  /** Whether a drag is going on. */
  active = false;
  /** Whether it began while playing. */
  resumes = false;
  #source;
  #monitor;
  #seeker;
  #screen;
  #events;
  /** In which pictures in passing are painted. */
  #turn = AbortSignal.abort();
  /** @type {any} */
  #timer = 0;

  /** @param {boolean} resumes */
  begin(resumes) {
    this.active = true;
    this.resumes = resumes;
    this.#monitor.takeTurn();
  }

  /** The drag has come to this frame. Answers whether it moved. @param {number} frame */
  to(frame) {
    const monitor = this.#monitor;
    const target = monitor.clamp(frame);
    if (target === monitor.target && this.#seeker.sought === null && monitor.painted === target) return false;
    monitor.seek(target);
    this.#screen.clearTimeout(this.#timer);
    this.#timer = this.#screen.setTimeout(() => void this.#seeker.seek(monitor.target).catch(() => {}), REST); // `failed` tells of it
    this.#source.aim(target);
    if (this.#turn.aborted && this.#seeker.sought !== target) {
      this.#turn = monitor.takeTurn(); // also from an exact picture that was sought while the drag rested
      this.#pass(this.#turn);
    }
    return true;
  }

  end() {
    this.active = false;
    this.resumes = false;
    this.#screen.clearTimeout(this.#timer);
  }

  /** Paint what can be had at once for the target, at most once an animation frame, until the drag rests or ends. @param {AbortSignal} turn */
  #pass(turn) {
    const monitor = this.#monitor;
    let asked = -1;
    const next = async () => {
      if (turn.aborted || !this.active) return;
      const { target } = monitor;
      if (target === asked || monitor.painted === target) return void this.#screen.requestAnimationFrame(next);
      asked = target;
      try {
        // A picture that comes late is painted all the same: to drop it would freeze the whole drag.
        const picture = await this.#source.read(target, { purpose: "scrub" });
        if (turn.aborted) return picture.close();
        if (picture.frame === monitor.painted) picture.close();
        else monitor.put(picture);
      } catch (error) {
        if (!isAbort(error)) this.#events.emit("failed", { frame: target, error });
      }
      this.#screen.requestAnimationFrame(next);
    };
    this.#screen.requestAnimationFrame(next);
  }
}
