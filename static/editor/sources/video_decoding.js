/**
 * Exact pictures of a video by frame: leads the decoders, keeps what comes out, answers who waits.
 *
 * Two decoders at most. The forward one follows the user; the backward one makes pictures in passing and those before the
 * target, and yields to it. One loop takes one small step at a time towards the most urgent frame (decode_plan.js says
 * which), so that nothing has to be cancelled.
 */

import { ByteRanges, BytesUnavailable } from "./byte_ranges.js";
import { DecodePlan } from "./decode_plan.js";
import { DecodeRate } from "./decode_rate.js";
import { FailedFrames } from "./failed_frames.js";
import { UNCLEAN } from "./frame_table.js";
import { configuration, PacketDecoder, Reclaimed } from "./packet_decoder.js";
import { PictureCache } from "./picture_cache.js";
import { digestOf } from "./picture_digest.js";

/** @import { Purpose } from "./frame_source.js" */
/** @import { FrameTable } from "./frame_table.js" */
/** @import { Codecs } from "./packet_decoder.js" */
/** @import { Copy } from "./picture_cache.js" */
/** @import { Sample } from "./byte_ranges.js" */

/** Why there is no picture; `code` for the page, the message for people. */
export class NoPicture extends Error {
  /** @param {string} code @param {string} reason */
  constructor(code, reason) {
    super(reason);
    this.code = code;
  }
}

/**
 * @typedef {object} Read
 * @property {number} frame
 * @property {Purpose} purpose
 * @property {(copy: Copy) => void} resolve
 * @property {(reason: Error) => void} reject
 */

/** @typedef {{forward: PacketDecoder, backward: PacketDecoder}} Decoders */

export class VideoDecoding {
  /**
   * @param {object} options
   * @param {FrameTable} options.table
   * @param {string} options.url of the medium that the table's positions count in
   * @param {number} options.budget bytes of pictures kept
   * @param {Codecs} options.codecs
   * @param {typeof fetch} [options.fetch]
   * @param {() => void} [options.onBuffered]
   * @param {(sample: Sample) => void} [options.onSample]
   */
  constructor({ table, url, budget, codecs, fetch, onBuffered = () => {}, onSample }) {
    this.table = table;
    this.cache = new PictureCache(budget);
    this.stats = { decoded: 0, kept: 0, missing: 0, errors: 0 };
    this.#codecs = codecs;
    this.#pictureBytes = Math.ceil(table.width * table.height * 1.5);
    this.#plan = new DecodePlan(table, {
      lacks: (frame) => this.#lacks(frame),
      room: () => this.cache.capacity(this.#pictureBytes),
    });
    this.cache.wants = (frame) => this.#wants(frame);
    this.bytes = new ByteRanges({
      table,
      url,
      fetch,
      onSample,
      onChange: () => {
        onBuffered();
        this.#wake();
      },
    });
  }

  #codecs;
  #plan;
  #rate = new DecodeRate();
  /** @type {HardwareAcceleration} */
  #hardware = "prefer-software";
  /** @type {Decoders | null} */
  #decoders = null;
  /** @type {Read[]} newest last */
  #reads = [];
  #failed = new FailedFrames();
  /** @type {Set<number>} start packets of groups in which decoding failed: not decoded ahead again */
  #damaged = new Set();
  #pictureBytes; // of one copy: a guess until the first one
  #given = -1; // the frame that was given out last
  #copies = 0;
  #running = false;
  #again = false;
  #closed = false;

  /**
   * Find a decoder for the first run. Resolves to null, or to the reason why there is none, in words.
   * @returns {Promise<string | null>}
   */
  async prepare() {
    const run = this.table.runs[0];
    if (!this.#codecs.VideoDecoder) return "this browser has no WebCodecs, or the page is not secure (HTTPS)";
    if (run.codecString === null) return `this browser cannot decode ${this.table.codec}`;
    // Software decoders give the same pictures everywhere. Where there is none, the digest still tells.
    for (const hardware of /** @type {const} */ (["prefer-software", "no-preference"])) {
      try {
        const { supported } = await this.#codecs.VideoDecoder.isConfigSupported(configuration(this.table, run, hardware));
        if (!supported) continue;
      } catch {
        continue;
      }
      this.#hardware = hardware;
      this.#decoders = { forward: this.#makeDecoder(), backward: this.#makeDecoder() };
      return null;
    }
    return `this browser cannot decode ${this.table.codec}`;
  }

  /** Pictures a second that come out at present, 0 if nothing was decoded lately. */
  get decodeRate() {
    return this.#rate.perSecond;
  }

  /**
   * A copy of the decoded picture of `frame`; of a picture near by where the purpose is `scrub`. It is pinned: release
   * it. Rejects with NoPicture, BytesUnavailable, or AbortError.
   * @param {number} frame
   * @param {Purpose} purpose
   * @param {AbortSignal} [signal]
   * @returns {Promise<Copy>}
   */
  async read(frame, purpose, signal) {
    signal?.throwIfAborted();
    this.#follow(frame, purpose);
    const here = this.cache.get(frame) ?? (purpose === "scrub" ? this.#nearerCopy(frame) : null);
    if (here) return this.#give(here);
    if (this.#failed.isHopeless(frame)) throw this.#noPicture(frame);
    return new Promise((resolve, reject) => {
      /** @type {Read} */
      const read = { frame, purpose, resolve, reject };
      this.#reads.push(read);
      signal?.addEventListener("abort", () => {
        const at = this.#reads.indexOf(read);
        if (at >= 0) this.#reads.splice(at, 1);
        reject(signal.reason);
      }, { once: true });
      this.bytes.retry();
      this.#wake();
    });
  }

  /** The drag went on: what is read in passing is now sought for `frame`. @param {number} frame */
  aim(frame) {
    const passing = this.#reads.filter((read) => read.purpose === "scrub");
    if (!passing.length) return;
    this.#follow(frame, "scrub");
    for (const read of passing) read.frame = frame;
    const here = this.cache.get(frame) ?? this.#nearerCopy(frame);
    if (here) this.#answer(here);
    this.#wake();
  }

  /** Say which frames are likely to be wanted next. @param {number} first @param {number} last */
  prefetch(first, last) {
    this.#plan.expect(first, last);
    this.#wake();
  }

  /** @param {Copy} copy */
  release(copy) {
    copy.pins--;
  }

  /** @param {Copy} copy */
  digest(copy) {
    return digestOf(copy);
  }

  close() {
    this.#closed = true;
    this.#decoders?.forward.close();
    this.#decoders?.backward.close();
    this.bytes.close();
    this.cache.clear();
    for (const read of this.#reads.splice(0)) read.reject(new DOMException("The video was closed.", "AbortError"));
  }

  #makeDecoder() {
    return new PacketDecoder({
      table: this.table,
      bytes: this.bytes,
      codecs: this.#codecs,
      hardware: this.#hardware,
      onPicture: (frame, picture) => this.#take(frame, picture),
      onChange: () => this.#wake(),
    });
  }

  // -- what to do next ------------------------------------------------------------------------------------------

  /** Note where the user is and which way they go. @param {number} frame @param {Purpose} purpose */
  #follow(frame, purpose) {
    this.#plan.follow(frame, purpose);
    this.cache.target = frame;
    this.cache.travel = this.#plan.travel;
    this.#wake();
  }

  /** Of the copies that are here, the one nearest to `frame`, if it is nearer than what was given last. @param {number} frame */
  #nearerCopy(frame) {
    let nearest = null;
    for (const each of this.cache.frames()) {
      if (this.#isNearer(each, frame) && (nearest === null || Math.abs(each - frame) < Math.abs(nearest - frame))) nearest = each;
    }
    return nearest === null ? null : this.cache.get(nearest);
  }

  /** Whether a picture brings a drag to `frame` nearer than what it shows. @param {number} candidate @param {number} frame */
  #isNearer(candidate, frame) {
    return this.#given < 0 || Math.abs(candidate - frame) < Math.abs(this.#given - frame);
  }

  /** @param {Copy} copy */
  #give(copy) {
    copy.pins++;
    this.#given = copy.frame;
    this.#wake();
    return copy;
  }

  /** Give a copy to all who wait for it, or are content with it. @param {Copy} copy */
  #answer(copy) {
    const { frame } = copy;
    const served = this.#reads.filter(
      (read) => read.frame === frame || (read.purpose === "scrub" && this.#isNearer(frame, read.frame)),
    );
    this.#reads = this.#reads.filter((read) => !served.includes(read));
    for (const read of served) read.resolve(this.#give(copy));
  }

  #wake() {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    queueMicrotask(() => {
      do {
        this.#again = false;
        while (this.#step());
      } while (this.#again);
      this.#running = false;
    });
  }

  /** Take one step; false when there is nothing to do until something happens. */
  #step() {
    if (this.#closed || this.#decoders === null) return false;
    const goal = this.#goal(this.#decoders);
    if (!goal) return false;
    const { frame, decoder, isRead } = goal;
    // After a failure nothing past the frame is fed: what stopped the decoder may stand there.
    const options = { exact: goal.alone || this.#failed.has(frame) };
    try {
      const step = decoder.approach(frame, options);
      if (step === "missing") this.#fail(frame, "the decoder gives no picture for this frame");
      if (step !== "fed") {
        const inPassing = this.#reads.some((read) => read.purpose === "scrub");
        this.bytes.want(this.#plan.wishes(decoder.packetsFor(frame, options), inPassing));
      }
      return step !== "waiting";
    } catch (error) {
      if (error instanceof Reclaimed) return true;
      if (error instanceof BytesUnavailable) {
        for (const each of this.#reads.splice(0)) each.reject(error);
        return false;
      }
      this.stats.errors++;
      const start = this.table.startOf(frame);
      if (!isRead && start !== null) this.#damaged.add(start);
      this.#fail(frame, `the decoder stopped: ${/** @type {Error} */ (error).message}`);
      return true;
    }
  }

  /** The most urgent frame that is not here, and the decoder to get it with. @param {Decoders} decoders */
  #goal({ forward, backward }) {
    const read = this.#reads.at(-1);
    if (read) {
      const { frame } = read;
      if (this.#comesAlone(frame, forward)) return { frame, decoder: backward, isRead: true, alone: true };
      // The forward one, unless it would have to begin again where the other only has to go on.
      const decoder = forward.reaches(frame) || !backward.reaches(frame) ? forward : backward;
      return { frame, decoder, isRead: true, alone: false };
    }
    const next = this.#plan.next();
    return next && { frame: next.frame, decoder: next.way === "forward" ? forward : backward, isRead: false, alone: false };
  }

  /**
   * Whether `frame` is the picture of a start, which comes from its own packets, without the ten or so after it that a
   * decoder wants before it lets a picture go: when a video of high bitrate is opened, those are most of the wait.
   * @param {number} frame
   * @param {PacketDecoder} forward
   */
  #comesAlone(frame, forward) {
    const packet = this.table.framePacket[frame];
    if (this.table.startOf(frame) !== packet || this.#failed.has(frame)) return false;
    return !forward.reaches(frame) || forward.start === packet;
  }

  /** @param {number} frame */
  #lacks(frame) {
    if (this.cache.has(frame) || this.#failed.has(frame) || this.table.frameFlags[frame] & UNCLEAN) return false;
    const start = this.table.startOf(frame);
    return start !== null && !this.#damaged.has(start);
  }

  // -- what comes out -------------------------------------------------------------------------------------------

  /** @param {number} frame @param {VideoFrame} picture */
  async #take(frame, picture) {
    this.stats.decoded++;
    this.#rate.count(performance.now());
    try {
      if (this.cache.has(frame) || !this.#keeps(frame)) return;
      const copy = await this.#copy(frame, picture);
      if (this.#closed) return;
      this.stats.kept++;
      this.#failed.delete(frame);
      this.cache.add(copy);
      this.#answer(this.cache.get(frame) ?? copy);
    } catch (error) {
      this.#failed.giveUp(frame, /** @type {Error} */ (error).message);
      this.#refuse(frame);
    } finally {
      picture.close();
    }
  }

  /** Whether a picture that comes by is worth a copy. @param {number} frame */
  #keeps(frame) {
    const asked = (/** @type {Read} */ { frame: sought, purpose }) =>
      sought === frame || (purpose === "scrub" && this.#isNearer(frame, sought));
    return this.#reads.some(asked) || this.#wants(frame);
  }

  /** @param {number} frame */
  #wants(frame) {
    return this.#plan.wants(frame, this.#decoders?.forward.allowance ?? 0);
  }

  /** @param {number} frame @param {VideoFrame} picture @returns {Promise<Copy>} */
  async #copy(frame, picture) {
    if (picture.format === null) throw new NoPicture("no_format", "this browser does not say in which format it decodes the picture");
    const rect = /** @type {DOMRectReadOnly} */ (picture.visibleRect);
    const { format, timestamp } = picture;
    const { width, height } = rect;
    this.#pictureBytes = picture.allocationSize();
    const buffer = this.cache.buffer(this.#pictureBytes);
    const layout = await picture.copyTo(buffer);
    return { number: ++this.#copies, frame, packet: timestamp, format, width, height, layout, buffer, pins: 0 };
  }

  // -- what goes wrong ------------------------------------------------------------------------------------------

  /** A try brought nothing. @param {number} frame @param {string} reason */
  #fail(frame, reason) {
    if (this.#failed.count(frame, reason)) this.#refuse(frame);
  }

  /** @param {number} frame */
  #noPicture(frame) {
    return new NoPicture("no_picture", this.#failed.reason(frame));
  }

  /** Tell those who wait for `frame` that it does not come. @param {number} frame */
  #refuse(frame) {
    this.stats.missing++;
    for (const read of this.#reads.filter((each) => each.frame === frame)) read.reject(this.#noPicture(frame));
    this.#reads = this.#reads.filter((read) => read.frame !== frame);
  }
}
