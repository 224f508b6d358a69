/**
 * Moves through a source of frames: shows, steps, plays, scrubs. `target` is where the user wants to be, `painted` is
 * what they see; labels know only `painted`, and tools are live when the two are equal.
 */

import { Clock } from "./clock.js";
import { prefetchWindow } from "./prefetch.js";

/** @import { FrameSource, Picture, Proof } from "../sources/frame_source.js" */

const REST = 80; // milliseconds without a new target after which the exact picture is sought, and proved
const EARLY = 4; // milliseconds that a picture may be ahead of its time rather than a screen refresh late
const LATE = 50; // milliseconds that can be caught up without anyone seeing it
const PAUSE = 1000; // milliseconds without an animation frame: the page was hidden, and nothing was played
const WITHIN_REACH = 0.7; // of the measured decode rate; above it only pictures that can be had at once are shown

export const RATES = [0.1, 0.25, 0.5, 1, 1.5, 2, 4, 8, 16];

/** @typedef {"every" | "real"} Mode every: no frame is left out, time may stretch; real: time is kept, frames may be left out */

/**
 * @typedef {object} ProofOf What is known about the painted picture.
 * @property {number} frame
 * @property {Proof["state"] | "proving"} state
 * @property {string | null} digest
 * @property {string | null} reason
 */

/**
 * @typedef {object} Screen What the transport needs of the page; a test brings its own.
 * @property {(callback: (now: number) => void) => number} requestAnimationFrame
 * @property {(handle: number) => void} cancelAnimationFrame
 * @property {(callback: () => void, milliseconds: number) => any} setTimeout
 * @property {(handle: any) => void} clearTimeout
 * @property {() => number} now
 */

/**
 * Emits `target`, `painted`, `playing` (play, pause, rate, mode, skipped), `proof`, and `failed` (detail: frame, error)
 * when a picture cannot be had at all.
 */
export class Transport extends EventTarget {
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
    this.#paint = paint;
    this.#screen = screen;
  }

  /** Frame that is sought. */
  target = 0;
  /** @type {number | null} frame that is on the screen */
  painted = null;
  /** @type {Picture | null} the painted picture, open */
  picture = null;
  /** @type {ProofOf | null} of the painted picture */
  proof = null;
  playing = false;
  /** Frames left out since playing began. */
  skipped = 0;
  /** @type {{first: number, last: number} | null} frames to repeat */
  loop = null;

  #paint;
  #screen;
  #rate = 1;
  /** @type {Mode | null} */
  #mode = null;
  /** @type {{rate: number, mode: Mode | null} | null} what was chosen before J or L, while these last */
  #beforeShuttle = null;
  /** @type {1 | -1} */
  #travel = 1;
  /** @type {{frame: number, done: Promise<void>, abort: AbortController} | null} the show under way */
  #show = null;
  /** @type {{count: number, done: Promise<void>, cancel: () => void} | null} the step after it */
  #queued = null;
  #scrubbing = false;
  #scrubTurn = -1; // the turn in which pictures in passing are painted
  #resume = false;
  /** @type {any} */
  #restTimer = 0;
  #closed = false;
  /** Counts what takes over the picture: whoever finds another number than its own is superseded. */
  #turn = 0;

  get frameCount() {
    return this.source.frameCount;
  }

  /** Speed, times real time: 0.1 to 16, negative backwards. */
  get rate() {
    return this.#rate;
  }

  set rate(rate) {
    const sign = rate < 0 ? -1 : 1;
    this.#rate = sign * Math.min(16, Math.max(0.1, Math.abs(rate)));
    this.#beforeShuttle = null; // chosen now
    if (this.playing) this.#play();
    this.#emit("playing");
  }

  /** Unless chosen, every frame is shown up to real time, and time is kept above it. @returns {Mode} */
  get mode() {
    return this.#mode ?? (Math.abs(this.#rate) > 1 ? "real" : "every");
  }

  set mode(mode) {
    this.#mode = mode;
    if (this.#beforeShuttle) this.#beforeShuttle.mode = mode;
    if (this.playing) this.#play();
    this.#emit("playing");
  }

  get scrubbing() {
    return this.#scrubbing;
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
    this.#stopPlaying();
    this.#leaveScrub();
    return this.#seek(frame);
  }

  /**
   * Go `count` frames on from the target, or back. Steps are never skipped: each waits until the one before is painted,
   * and one more waits behind it. Resolves once painted; rejects as `show` does.
   * @param {number} count
   * @returns {Promise<void>}
   */
  step(count) {
    this.#stopPlaying();
    this.#leaveScrub();
    if (this.#show === null) return this.#seek(this.#clamp(this.target + count));
    if (this.#queued?.count === count) return this.#queued.done; // a held key: one waits already
    this.#queued?.cancel();
    return this.#queueStep(count, this.#show);
  }

  /** Play from the painted frame at `rate`; from the beginning if it is the last. */
  play() {
    if (this.playing || this.frameCount < 2) return;
    this.#leaveScrub();
    this.skipped = 0;
    this.playing = true;
    this.#play();
    this.#emit("playing");
  }

  /** Stop on the frame that is on the screen. */
  pause() {
    if (!this.playing) return;
    this.#stopPlaying();
    if (this.painted !== null && this.painted !== this.target) {
      this.target = this.painted;
      this.#emit("target");
    }
    this.#rest();
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
    if (this.frameCount < 2) return;
    this.#beforeShuttle ??= { rate: this.#rate, mode: this.#mode };
    const again = this.playing && Math.sign(this.#rate) === direction;
    const faster = RATES.find((rate) => rate > Math.abs(this.#rate) && Number.isInteger(rate)) ?? 16;
    this.#rate = again ? direction * faster : direction;
    if (!this.playing) return this.play();
    this.#play();
    this.#emit("playing");
  }

  /**
   * Follow a drag: what can be had at once is painted under its own number; the exact picture after a short rest.
   * @param {number} frame
   */
  scrub(frame) {
    if (!this.#scrubbing) {
      this.#resume = this.playing;
      this.#stopPlaying();
      this.#supersede();
      this.#scrubbing = true;
    }
    const target = this.#clamp(frame);
    if (target === this.target && this.#show === null && this.painted === target) return;
    this.#setTarget(target);
    this.#screen.clearTimeout(this.#restTimer);
    this.#restTimer = this.#screen.setTimeout(() => void this.#seek(this.target).catch(ignore), REST);
    this.source.aim(target);
    if (this.#scrubTurn === this.#turn || this.#show?.frame === target) return;
    this.#supersede(); // an exact picture that was sought while the drag rested
    this.#scrubOn();
  }

  /** The drag is over: the exact picture now. Playing goes on if the drag began while playing. @returns {Promise<void>} */
  async endScrub() {
    if (!this.#scrubbing) return;
    const resume = this.#resume;
    this.#leaveScrub();
    await this.#seek(this.target);
    if (resume) this.play();
  }

  /** Draw the painted picture again. */
  repaint() {
    if (this.picture) this.#paint(this.picture);
  }

  close() {
    this.#closed = true;
    this.#stopPlaying();
    this.#supersede();
    this.#screen.clearTimeout(this.#restTimer);
    this.picture?.close();
    this.picture = null;
  }

  // -- showing --------------------------------------------------------------------------------------------------

  /** @param {number} frame @returns {Promise<void>} */
  #seek(frame) {
    if (this.#show?.frame === frame) return this.#show.done;
    this.#supersede();
    this.#setTarget(frame);
    if (this.painted === frame) {
      this.#rest();
      return Promise.resolve();
    }
    const abort = new AbortController();
    const show = { frame, abort, done: this.#showExactly(frame, abort.signal) };
    this.#show = show;
    const finish = () => {
      if (this.#show === show) this.#show = null;
    };
    show.done.then(finish, finish);
    return show.done;
  }

  /** @param {number} frame @param {AbortSignal} signal */
  async #showExactly(frame, signal) {
    const turn = this.#turn;
    this.#prefetch(true);
    let picture;
    try {
      picture = await this.source.read(frame, { signal, purpose: "show" });
    } catch (error) {
      if (turn === this.#turn && !isAbort(error)) this.#emit("failed", { frame, error });
      throw error;
    }
    if (turn !== this.#turn) {
      picture.close();
      throw superseded();
    }
    this.#put(picture);
    this.#rest();
  }

  /** @param {number} count @param {{done: Promise<void>}} before */
  #queueStep(count, before) {
    let cancelled = false;
    const goOn = () => {
      if (cancelled) throw superseded();
      this.#queued = null;
      return this.#seek(this.#clamp(this.target + count));
    };
    const done = before.done.then(goOn, goOn); // a frame that cannot be had does not stop the next one
    done.catch(ignore); // whoever pressed the key may not listen
    this.#queued = { count, done, cancel: () => (cancelled = true) };
    return done;
  }

  /** Whatever is under way no longer counts. */
  #supersede() {
    this.#turn++;
    this.#queued?.cancel();
    this.#queued = null;
    const show = this.#show;
    this.#show = null;
    if (!show) return;
    show.done.catch(ignore);
    show.abort.abort(superseded());
  }

  /** @param {Picture} picture */
  #put(picture) {
    const before = this.picture;
    this.picture = picture;
    this.#paint(picture);
    before?.close();
    const moved = this.painted !== picture.frame;
    this.painted = picture.frame;
    this.proof = null;
    if (moved || before !== picture) this.#emit("painted");
  }

  /** @param {number} frame */
  #setTarget(frame) {
    if (frame === this.target) return;
    this.#travel = frame < this.target ? -1 : 1;
    this.target = frame;
    this.#emit("target");
  }

  /** @param {boolean} moving */
  #prefetch(moving) {
    const { target: frame, source } = this;
    const { first, last } = prefetchWindow({ frame, travel: this.#travel, moving, capacity: source.capacity });
    source.prefetch(Math.max(0, first), Math.min(this.frameCount - 1, last));
  }

  /** @param {number} frame */
  #clamp(frame) {
    return Math.min(this.frameCount - 1, Math.max(0, Math.round(frame)));
  }

  // -- proof ----------------------------------------------------------------------------------------------------

  /** Once the user rests on a picture, it is proved. */
  #rest() {
    this.#screen.clearTimeout(this.#restTimer);
    this.#restTimer = this.#screen.setTimeout(() => void this.#atRest(), REST);
  }

  async #atRest() {
    if (this.playing || this.#show || this.picture === null || this.painted !== this.target) return;
    this.#prefetch(false);
    await this.prove();
  }

  /**
   * Prove the painted picture now. A picture that is found wrong is replaced by the server's.
   * @returns {Promise<ProofOf | null>} null if another picture came meanwhile
   */
  async prove() {
    const picture = this.picture;
    if (picture === null) return null;
    if (this.proof && this.proof.state !== "proving" && this.proof.state !== "unproved") return this.proof;
    this.#setProof({ frame: picture.frame, state: "proving", digest: null, reason: null });
    /** @type {Proof} */
    let proof;
    try {
      proof = await this.source.prove(picture);
    } catch (error) {
      proof = { state: "unproved", digest: null, reason: /** @type {Error} */ (error).message };
    }
    if (this.picture !== picture || this.#closed) return null;
    this.#setProof({ frame: picture.frame, state: proof.state, digest: proof.digest, reason: proof.reason });
    if (proof.replace && !this.playing && this.#show === null && this.target === picture.frame) {
      this.painted = null;
      void this.#seek(picture.frame).catch(ignore);
    }
    return this.proof;
  }

  /** @param {ProofOf} proof */
  #setProof(proof) {
    this.proof = proof;
    this.#emit("proof");
  }

  // -- scrubbing ------------------------------------------------------------------------------------------------

  /** Paint what can be had at once for the target, at most once an animation frame, until the drag rests or ends. */
  #scrubOn() {
    const turn = ++this.#turn;
    this.#scrubTurn = turn;
    let asked = -1;
    const next = async () => {
      if (turn !== this.#turn || !this.#scrubbing) return;
      const { target } = this;
      if (target === asked || this.painted === target) return void this.#screen.requestAnimationFrame(next);
      asked = target;
      try {
        // A picture that comes late is painted all the same: to drop it would freeze the whole drag.
        const picture = await this.source.read(target, { purpose: "scrub" });
        if (turn !== this.#turn) return picture.close();
        if (picture.frame === this.painted) picture.close();
        else this.#put(picture);
      } catch (error) {
        if (!isAbort(error)) this.#emit("failed", { frame: target, error });
      }
      this.#screen.requestAnimationFrame(next);
    };
    this.#screen.requestAnimationFrame(next);
  }

  #leaveScrub() {
    this.#scrubbing = false;
    this.#resume = false;
    this.#screen.clearTimeout(this.#restTimer);
  }

  // -- playing --------------------------------------------------------------------------------------------------

  #stopPlaying() {
    if (!this.playing) return;
    this.playing = false;
    if (this.#beforeShuttle) {
      this.#rate = this.#beforeShuttle.rate;
      this.#mode = this.#beforeShuttle.mode;
      this.#beforeShuttle = null;
    }
    this.#turn++;
    this.#emit("playing");
  }

  /** Begin to play, or go on at another rate, from what is on the screen. */
  #play() {
    this.#supersede();
    const turn = this.#turn;
    const direction = this.#rate < 0 ? -1 : 1;
    let from = this.painted ?? this.target - direction;
    const { first, last } = this.#bounds();
    if (direction > 0 ? from >= last : from <= first) from = direction > 0 ? first - 1 : last + 1;
    void this.#run(turn, from, direction);
  }

  #bounds() {
    return this.loop ?? { first: 0, last: this.frameCount - 1 };
  }

  /**
   * @param {number} turn
   * @param {number} from frame on the screen, or one outside the bounds to begin anew
   * @param {1 | -1} direction
   */
  async #run(turn, from, direction) {
    const { source } = this;
    let at = from;
    /** @type {Clock | null} */
    let clock = at >= 0 && at < this.frameCount && at === this.painted ? new Clock(source, this.#rate, at, this.#screen.now()) : null;
    let refreshed = this.#screen.now();
    for (;;) {
      const { first, last } = this.#bounds();
      if (direction > 0 ? at >= last : at <= first) {
        if (!this.loop) return this.#end(turn);
        at = direction > 0 ? first - 1 : last + 1;
        clock = null;
      }
      const next = this.#nextFrame(at, direction, clock);
      this.#setTarget(next);
      this.#prefetch(true);
      const picture = await this.#readPlaying(turn, next);
      if (turn !== this.#turn || picture === null) return picture?.close();
      if ((picture.frame - at) * direction <= 0) {
        picture.close(); // the nearest that can be had is on the screen already
        await this.#nextRefresh();
        if (turn !== this.#turn) return;
        continue;
      }
      const now = await this.#due(turn, clock?.dueAt(picture.frame) ?? 0);
      if (now === null) return picture.close();
      const hidden = now - refreshed > PAUSE && clock !== null && now - clock.dueAt(picture.frame) > PAUSE;
      refreshed = now;
      this.skipped += Math.max(0, (picture.frame - at) * direction - 1);
      at = picture.frame;
      this.#put(picture);
      clock ??= new Clock(source, this.#rate, at, now);
      // Every frame: a late picture stretches time. Real time: only a page that was not on show, or a stall, does.
      if (hidden || (this.mode === "every" && now - clock.dueAt(at) > LATE)) clock.anchor(at, now);
      if (picture.frame !== next) this.#setTarget(at);
    }
  }

  /** @param {number} at @param {1 | -1} direction @param {Clock | null} clock */
  #nextFrame(at, direction, clock) {
    const { first, last } = this.#bounds();
    let next = at + direction;
    if (clock !== null && this.mode === "real") {
      const due = clock.frameAt(this.#screen.now() + EARLY);
      next = direction > 0 ? Math.max(next, due) : Math.min(next, due);
    }
    return Math.min(last, Math.max(first, next));
  }

  /** @param {number} turn @param {number} frame @returns {Promise<Picture | null>} null if there is none; playing has ended */
  async #readPlaying(turn, frame) {
    const { first, last } = this.#bounds();
    const passing = this.mode === "real" && this.#beyondReach() && frame !== first && frame !== last;
    try {
      return await this.source.read(frame, { purpose: passing ? "scrub" : "play" });
    } catch (error) {
      if (turn === this.#turn) {
        this.pause();
        if (!isAbort(error)) this.#emit("failed", { frame, error });
      }
      return null;
    }
  }

  /** Whether the rate asks for more pictures a second than decoding reaches. */
  #beyondReach() {
    const { source } = this;
    const seconds = source.secondsAt(this.frameCount - 1) - source.secondsAt(0);
    if (!source.decodeRate || seconds <= 0) return false;
    return ((this.frameCount - 1) / seconds) * Math.abs(this.#rate) > source.decodeRate * WITHIN_REACH;
  }

  /** Wait for the animation frame at which a picture is due. @param {number} turn @param {number} due @returns {Promise<number | null>} */
  async #due(turn, due) {
    for (;;) {
      const now = await this.#nextRefresh();
      if (turn !== this.#turn) return null;
      if (now + EARLY >= due) return now;
    }
  }

  /** @returns {Promise<number>} */
  #nextRefresh() {
    return new Promise((resolve) => this.#screen.requestAnimationFrame(() => resolve(this.#screen.now())));
  }

  /** @param {number} turn */
  #end(turn) {
    if (turn === this.#turn) this.pause();
  }

  /** @param {string} type @param {unknown} [detail] */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/**
 * The frame that the counter names: while it plays the one on the screen, as clock and status do; else where it goes.
 * @param {{playing: boolean, painted: number | null, target: number}} state
 */
export function frameNamed({ playing, painted, target }) {
  return playing ? (painted ?? target) : target;
}

/** @returns {Screen} */
function browserScreen() {
  return {
    requestAnimationFrame: (callback) => requestAnimationFrame(callback),
    cancelAnimationFrame: (handle) => cancelAnimationFrame(handle),
    setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clearTimeout: (handle) => clearTimeout(handle),
    now: () => performance.now(),
  };
}

function superseded() {
  return new DOMException("Another frame was asked for.", "AbortError");
}

/** @param {unknown} error */
function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

function ignore() {}
