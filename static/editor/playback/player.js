/** Plays: each picture at the file's own time, at a rate, forwards or backwards, once or in a loop. */

import { Clock } from "./clock.js";
import { isAbort } from "./monitor.js";

/** @import { Emitter } from "../../shared/core/emitter.js" */
/** @import { FrameSource, Picture } from "../sources/frame_source.js" */
/** @import { Monitor } from "./monitor.js" */
/** @import { Screen } from "./screen.js" */
/** @import { TransportEvents } from "./transport.js" */

const EARLY = 4; // milliseconds that a picture may be ahead of its time rather than a screen refresh late
const LATE = 50; // milliseconds that can be caught up without anyone seeing it
const PAUSE = 1000; // milliseconds without an animation frame: the page was hidden, and nothing was played
const WITHIN_REACH = 0.7; // of the measured decode rate; above it only pictures that can be had at once are shown

export const RATES = [0.1, 0.25, 0.5, 1, 1.5, 2, 4, 8, 16];

/** @typedef {"every" | "real"} Mode every: no frame is left out, time may stretch; real: time is kept, frames may be left out */

export class Player {
  /**
   * @param {FrameSource} source
   * @param {Monitor} monitor
   * @param {Screen} screen
   * @param {Emitter<TransportEvents>} events
   * @param {() => void} rest playing has stopped on the frame that is on the screen
   */
  constructor(source, monitor, screen, events, rest) {
    this.#source = source;
    this.#monitor = monitor;
    this.#screen = screen;
    this.#events = events;
    this.#rest = rest;
  }

  playing = false;
  /** Frames left out since playing began. */
  skipped = 0;
  /** @type {{first: number, last: number} | null} frames to repeat */
  loop = null;
  #source;
  #monitor;
  #screen;
  #events;
  #rest;
  #rate = 1;
  /** @type {Mode | null} */
  #mode = null;
  /** @type {{rate: number, mode: Mode | null} | null} what was chosen before J or L, while these last */
  #beforeShuttle = null;

  get rate() {
    return this.#rate;
  }

  set rate(rate) {
    const sign = rate < 0 ? -1 : 1;
    this.#rate = sign * Math.min(16, Math.max(0.1, Math.abs(rate)));
    this.#beforeShuttle = null; // chosen now
    this.#goOn();
  }

  /** @returns {Mode} */
  get mode() {
    return this.#mode ?? (Math.abs(this.#rate) > 1 ? "real" : "every");
  }

  set mode(mode) {
    this.#mode = mode;
    if (this.#beforeShuttle) this.#beforeShuttle.mode = mode;
    this.#goOn();
  }

  play() {
    if (this.playing || this.#source.frameCount < 2) return;
    this.skipped = 0;
    this.playing = true;
    this.#goOn();
  }

  /** Stop on the frame that is on the screen. */
  pause() {
    if (!this.playing) return;
    this.stop();
    this.#monitor.land();
    this.#rest();
  }

  /** Stop; what was sought stays so. */
  stop() {
    if (!this.playing) return;
    this.playing = false;
    if (this.#beforeShuttle) {
      this.#rate = this.#beforeShuttle.rate;
      this.#mode = this.#beforeShuttle.mode;
      this.#beforeShuttle = null;
    }
    this.#monitor.takeTurn();
    this.#events.emit("playing", null);
  }

  /** @param {1 | -1} direction */
  shuttle(direction) {
    if (this.#source.frameCount < 2) return;
    this.#beforeShuttle ??= { rate: this.#rate, mode: this.#mode };
    const again = this.playing && Math.sign(this.#rate) === direction;
    const faster = RATES.find((rate) => rate > Math.abs(this.#rate) && Number.isInteger(rate)) ?? 16;
    this.#rate = again ? direction * faster : direction;
    if (this.playing) this.#goOn();
    else this.play();
  }

  /** Begin to play, or go on in another way, from what is on the screen. */
  #goOn() {
    if (this.playing) void this.#run(this.#monitor.takeTurn());
    this.#events.emit("playing", null);
  }

  /** Play until the end or until the turn is over. An error stops at the frame that could not be shown. @param {AbortSignal} turn */
  async #run(turn) {
    try {
      await this.#playOn(turn);
    } catch (error) {
      if (turn.aborted) {
        if (!isAbort(error)) console.error(error);
        return;
      }
      if (isAbort(error)) return this.pause();
      this.stop();
      this.#events.emit("failed", { frame: this.#monitor.target, error });
    }
  }

  get #bounds() {
    return this.loop ?? { first: 0, last: this.#source.frameCount - 1 };
  }

  /** @param {AbortSignal} turn */
  async #playOn(turn) {
    const monitor = this.#monitor;
    const direction = this.#rate < 0 ? -1 : 1;
    const isAtEnd = () => (direction > 0 ? at >= this.#bounds.last : at <= this.#bounds.first);
    const beforeStart = () => (direction > 0 ? this.#bounds.first - 1 : this.#bounds.last + 1);
    let at = monitor.painted ?? monitor.target - direction;
    if (isAtEnd()) at = beforeStart();
    let refreshed = this.#screen.now();
    let clock = at === monitor.painted ? new Clock(this.#source, this.#rate, at, refreshed) : null;
    for (;;) {
      if (isAtEnd()) {
        if (!this.loop) return this.pause();
        at = beforeStart();
        clock = null;
      }
      const next = this.#nextFrame(at, direction, clock);
      monitor.seek(next);
      monitor.prefetch(true);
      const picture = await this.#source.read(next, { purpose: this.#purpose(next) });
      if (turn.aborted) return picture.close();
      if ((picture.frame - at) * direction <= 0) {
        picture.close(); // the nearest that can be had is on the screen already
        await this.#nextRefresh();
        if (turn.aborted) return;
        continue;
      }
      const now = await this.#due(turn, clock?.dueAt(picture.frame) ?? 0);
      if (now === null) return picture.close();
      const hidden = now - refreshed > PAUSE && clock !== null && now - clock.dueAt(picture.frame) > PAUSE;
      refreshed = now;
      this.skipped += Math.max(0, (picture.frame - at) * direction - 1);
      at = picture.frame;
      monitor.put(picture);
      if (turn.aborted) return; // whoever saw it went elsewhere
      clock ??= new Clock(this.#source, this.#rate, at, now);
      // Every frame: a late picture stretches time. Real time: only a page that was not on show, or a stall, does.
      if (hidden || (this.mode === "every" && now - clock.dueAt(at) > LATE)) clock.anchor(at, now);
      monitor.seek(at);
    }
  }

  /** @param {number} at @param {1 | -1} direction @param {Clock | null} clock */
  #nextFrame(at, direction, clock) {
    const { first, last } = this.#bounds;
    let next = at + direction;
    if (clock !== null && this.mode === "real") {
      const due = clock.frameAt(this.#screen.now() + EARLY);
      next = direction > 0 ? Math.max(next, due) : Math.min(next, due);
    }
    return Math.min(last, Math.max(first, next));
  }

  /** Whether the frame itself is needed, or one near by will do. @param {number} frame */
  #purpose(frame) {
    const { first, last } = this.#bounds;
    return this.mode === "real" && this.#beyondReach() && frame !== first && frame !== last ? "scrub" : "play";
  }

  /** Whether the rate asks for more pictures a second than decoding reaches. */
  #beyondReach() {
    const { decodeRate, frameCount } = this.#source;
    const seconds = this.#source.secondsAt(frameCount - 1) - this.#source.secondsAt(0);
    if (!decodeRate || seconds <= 0) return false;
    return ((frameCount - 1) / seconds) * Math.abs(this.#rate) > decodeRate * WITHIN_REACH;
  }

  /** Wait for the animation frame at which a picture is due. @param {AbortSignal} turn @param {number} due @returns {Promise<number | null>} */
  async #due(turn, due) {
    for (;;) {
      const now = await this.#nextRefresh();
      if (turn.aborted) return null;
      if (now + EARLY >= due) return now;
    }
  }

  /** @returns {Promise<number>} */
  #nextRefresh() {
    return new Promise((resolve) => this.#screen.requestAnimationFrame(() => resolve(this.#screen.now())));
  }
}
