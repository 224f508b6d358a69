/**
 * Exact pictures of a video by frame: decides which decoder goes where, what is kept and what is fetched ahead.
 *
 * Two decoders at most. F follows the user; B makes pictures in passing and those before the target, and yields to F.
 * One loop takes one small step at a time towards the most urgent frame, so that nothing has to be cancelled.
 */

import { ByteRanges, BytesUnavailable } from "./byte_ranges.js";
import { UNCLEAN } from "./frame_table.js";
import { configuration, PacketDecoder, Reclaimed } from "./packet_decoder.js";
import { PictureCache } from "./picture_cache.js";
import { digestOf } from "./picture_digest.js";

/** @import { FrameTable } from "./frame_table.js" */
/** @import { Codecs } from "./packet_decoder.js" */
/** @import { Copy } from "./picture_cache.js" */
/** @import { Sample, Wish } from "./byte_ranges.js" */

/**
 * @typedef {"show" | "play" | "scrub"} Purpose `scrub` may be answered with a picture near by, under its own number.
 */

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

const BEHIND = 20; // frames before the target that are kept when they come by
const AHEAD = 30;
const OPENING_BYTES = 4 << 20; // decoded ahead before the user has moved
const STREAM_BYTES = 8 << 20; // fetched ahead of one who goes on frame by frame
const STREAK = 10; // frames in a row after which someone is taken to go on
const KEY_BYTES = 2 << 20; // of neighbouring groups of pictures, fetched once the user moves

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
  /** @type {HardwareAcceleration} */
  #hardware = "prefer-software";
  /** @type {PacketDecoder | null} */
  #f = null;
  /** @type {PacketDecoder | null} */
  #b = null;
  /** @type {Read[]} newest last */
  #reads = [];
  #window = { first: 0, last: -1 };
  /** @type {{first: number, last: number} | null} frames that B is on its way to */
  #block = null;
  /** @type {Map<number, {tries: number, reason: string}>} by frame */
  #trouble = new Map();
  /** @type {Set<number>} start packets of groups in which decoding failed: not decoded ahead again */
  #damaged = new Set();
  #pictureBytes; // of one copy: a guess until the first one
  #given = -1; // the frame that was given out last
  #streak = 0; // frames asked for in a row, forwards
  #moves = 0;
  #copies = 0;
  #running = false;
  #again = false;
  #closed = false;
  /** @type {number[]} when the last pictures came out, for the rate */
  #times = [];

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
      this.#f = this.#decoder();
      this.#b = this.#decoder();
      return null;
    }
    return `this browser cannot decode ${this.table.codec}`;
  }

  /** Pictures a second that come out at present, 0 if nothing was decoded lately. */
  get decodeRate() {
    const times = this.#times;
    return times.length < 10 ? 0 : ((times.length - 1) * 1000) / (times[times.length - 1] - times[0]);
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
    if (this.#isHopeless(frame)) throw this.#noPicture(frame);
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
    this.#window = { first: Math.max(0, first), last: Math.min(this.table.frameCount - 1, last) };
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
    this.#f?.close();
    this.#b?.close();
    this.bytes.close();
    this.cache.clear();
    for (const read of this.#reads.splice(0)) read.reject(new DOMException("The video was closed.", "AbortError"));
  }

  #decoder() {
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
    const { cache } = this;
    if (frame !== cache.target) {
      cache.travel = frame < cache.target ? -1 : 1;
      this.#moves++;
      this.#streak = frame === cache.target + 1 ? this.#streak + 1 : 0;
    }
    cache.target = frame;
    if (frame < this.#window.first || frame > this.#window.last) this.prefetch(frame - BEHIND, frame + AHEAD);
    // A drag to the left wants each frame before the one that it is decoded for: keep those that come by.
    if (purpose === "scrub" && cache.travel < 0) this.#block = this.#blockBefore(frame);
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
    if (this.#closed || this.#f === null) return false;
    const goal = this.#goal();
    if (!goal) return false;
    const { frame, decoder, read } = goal;
    try {
      // After a failure nothing past the frame is fed: what stopped the decoder may stand there.
      const step = decoder.approach(frame, { exact: this.#trouble.has(frame) });
      if (step === "missing") this.#failed(frame, "the decoder gives no picture for this frame");
      if (step !== "fed") this.#wish(decoder, frame);
      return step !== "waiting";
    } catch (error) {
      if (error instanceof Reclaimed) return true;
      if (error instanceof BytesUnavailable) {
        for (const each of this.#reads.splice(0)) each.reject(error);
        return false;
      }
      this.stats.errors++;
      const start = this.table.startOf(frame);
      if (!read && start !== null) this.#damaged.add(start);
      this.#failed(frame, `the decoder stopped: ${/** @type {Error} */ (error).message}`);
      return true;
    }
  }

  /** The most urgent frame that is not here, and the decoder to get it with. */
  #goal() {
    const [f, b] = this.#decoders;
    const read = this.#reads.at(-1);
    if (read) return { frame: read.frame, decoder: this.#nearer(read.frame), read };
    const ahead = this.#missingAhead();
    const behind = this.#missingBehind();
    if (behind !== null && (this.cache.travel < 0 || ahead === null)) {
      return { frame: behind, decoder: b, read: null };
    }
    return ahead === null ? null : { frame: ahead, decoder: f, read: null };
  }

  /** F and B. */
  get #decoders() {
    return [/** @type {PacketDecoder} */ (this.#f), /** @type {PacketDecoder} */ (this.#b)];
  }

  /** F, unless it would have to begin again where B only has to go on. @param {number} frame */
  #nearer(frame) {
    const [f, b] = this.#decoders;
    if (f.reaches(frame) || !b.reaches(frame)) return f;
    return b;
  }

  /** The window, cut so that what is decoded ahead never pushes out what nobody has seen yet. */
  #bounds() {
    const { target, travel } = this.cache;
    const room = this.cache.capacity(this.#pictureBytes);
    const last = Math.min(this.#window.last, target + Math.floor(room * (travel < 0 ? 0.1 : 0.4)));
    return {
      first: Math.max(this.#window.first, target - Math.floor(room * (travel < 0 ? 0.5 : 0.4))),
      // Whoever has moved will move again. Before that, a page that was only opened costs little more than it shows.
      last: this.#hasMoved ? last : this.#lastWithin(OPENING_BYTES, target, last),
      block: Math.floor(room * 0.4),
    };
  }

  /** The last of frames first..last whose packets end within `bytes` of the first's. @param {number} bytes @param {number} first @param {number} last */
  #lastWithin(bytes, first, last) {
    const { packetPosition, framePacket } = this.table;
    const begin = packetPosition[framePacket[first]];
    while (last > first && packetPosition[framePacket[last]] - begin > bytes) last--;
    return last;
  }

  get #hasMoved() {
    return this.#moves > 1;
  }

  #missingAhead() {
    const { last } = this.#bounds();
    for (let frame = this.cache.target + 1; frame <= last; frame++) if (this.#lacks(frame)) return frame;
    return null;
  }

  /** The end of the block of frames before the target that B is to decode. */
  #missingBehind() {
    const { cache } = this;
    const bounds = this.#bounds();
    for (let frame = cache.target - 1; frame >= bounds.first; frame--) {
      if (!this.#lacks(frame)) continue;
      const block = this.#block;
      if (!block || frame < block.first || frame > block.last) this.#block = this.#blockBefore(frame);
      return frame;
    }
    this.#block = null;
    return null;
  }

  /**
   * Frames up to `last` that come out with it: whoever wants the last of a group decodes all, so many are kept at once.
   * @param {number} last
   */
  #blockBefore(last) {
    const { cache, table } = this;
    const start = table.startOf(last);
    const earliest = start === null ? last : Math.max(0, table.frameOfStart(start));
    const { block } = this.#bounds();
    const size = cache.travel < 0 ? block : Math.min(block, BEHIND);
    return { first: Math.max(earliest, last - size + 1), last };
  }

  /** @param {number} frame */
  #lacks(frame) {
    if (this.cache.has(frame) || this.#trouble.has(frame) || this.table.frameFlags[frame] & UNCLEAN) return false;
    const start = this.table.startOf(frame);
    return start !== null && !this.#damaged.has(start);
  }

  /** Tell what bytes are wanted, most urgent first. @param {PacketDecoder} decoder @param {number} frame */
  #wish(decoder, frame) {
    const { table, cache } = this;
    const [first, last] = decoder.packetsFor(frame);
    /** @type {Wish[]} */
    const wishes = [{ first, last }];
    if (!this.#reads.some((read) => read.purpose === "scrub")) {
      const ahead = Math.min(this.#hasMoved ? this.#window.last : this.#bounds().last, table.frameCount - 1);
      wishes.push({ first: last, last: Math.max(last, table.lastPacketOf(ahead)) });
      if (this.#streak >= STREAK) wishes.push(this.#bytesAfter(table.lastPacketOf(ahead), STREAM_BYTES));
      if (this.#hasMoved) wishes.push(...this.#neighbours(table.framePacket[cache.target]));
    }
    this.bytes.want(wishes);
  }

  /** The beginnings of the groups around `packet`. @param {number} packet @returns {Wish[]} */
  #neighbours(packet) {
    const { table } = this;
    const after = table.startAfter(packet);
    const before = table.startBefore(table.startOf(this.cache.target) ?? 0);
    const inside = (/** @type {number} */ first) => first >= 0 && first < table.packetCount;
    return [after, before].filter(inside).map((first) => ({ ...this.#bytesAfter(first, KEY_BYTES), exact: true }));
  }

  /** Packets from `first` on, as many as `bytes` hold. @param {number} first @param {number} bytes @returns {Wish} */
  #bytesAfter(first, bytes) {
    const { packetSize, packetCount } = this.table;
    let last = first;
    for (let sum = packetSize[first]; last < packetCount - 1 && sum < bytes; sum += packetSize[last]) last++;
    return { first, last };
  }

  // -- what comes out -------------------------------------------------------------------------------------------

  /** @param {number} frame @param {VideoFrame} picture */
  async #take(frame, picture) {
    this.#count();
    try {
      if (this.cache.has(frame) || !this.#keeps(frame)) return;
      const copy = await this.#copy(frame, picture);
      if (this.#closed) return;
      this.stats.kept++;
      this.#trouble.delete(frame);
      this.cache.add(copy);
      this.#answer(this.cache.get(frame) ?? copy);
    } catch (error) {
      this.#trouble.set(frame, { tries: 2, reason: /** @type {Error} */ (error).message });
      this.#giveUp(frame);
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
    const { first, last } = this.#bounds();
    const { travel } = this.cache;
    // A decoder that was to give the last one has some more on the way, and would have to begin again for them.
    if (frame >= first && frame <= last + (travel > 0 && this.#f ? this.#f.allowance : 0)) return true;
    return this.#block !== null && frame >= this.#block.first && frame <= this.#block.last;
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

  #count() {
    this.stats.decoded++;
    const now = performance.now();
    if (this.#times.length && now - this.#times[this.#times.length - 1] > 250) this.#times = [];
    this.#times.push(now);
    if (this.#times.length > 60) this.#times.shift();
  }

  // -- what goes wrong ------------------------------------------------------------------------------------------

  /** Count a try that brought nothing. The second one is final. @param {number} frame @param {string} reason */
  #failed(frame, reason) {
    const tries = (this.#trouble.get(frame)?.tries ?? 0) + 1;
    this.#trouble.set(frame, { tries, reason });
    if (tries > 1) this.#giveUp(frame);
  }

  /** @param {number} frame */
  #isHopeless(frame) {
    return (this.#trouble.get(frame)?.tries ?? 0) > 1;
  }

  /** @param {number} frame */
  #noPicture(frame) {
    return new NoPicture("no_picture", this.#trouble.get(frame)?.reason ?? "");
  }

  /** Tell those who wait for `frame` that it does not come. @param {number} frame */
  #giveUp(frame) {
    this.stats.missing++;
    for (const read of this.#reads.filter((each) => each.frame === frame)) read.reject(this.#noPicture(frame));
    this.#reads = this.#reads.filter((read) => read.frame !== frame);
  }
}
