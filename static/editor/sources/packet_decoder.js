/**
 * One VideoDecoder that is led towards a frame packet by packet. Every chunk carries its packet's number as timestamp,
 * so every picture that comes out names its packet, and no time is ever computed.
 */

/** @import { FrameTable, Run } from "./frame_table.js" */
/** @import { ByteRanges } from "./byte_ranges.js" */

import { START } from "./frame_table.js";

const QUEUE = 6; // packets that wait in the decoder; more would only be work to throw away at the next reset
const OPEN = 4; // decoder frames alive at once: hardware decoders stall when all of theirs are held
const PAST = 16; // packets after the target that a decoder may want before it lets the picture go
const STUCK = 15; // milliseconds without a sign of life after which the decoder is taken to withhold pictures
const SILENCE = 120; // milliseconds without a picture after which it is flushed out

/** @typedef {"fed" | "waiting" | "missing"} Step */

/** The decoder gave up on the stream. */
export class DecodeFailed extends Error {}

/**
 * @typedef {object} Codecs What the browser brings, or a test in its stead.
 * @property {typeof VideoDecoder} VideoDecoder
 * @property {typeof EncodedVideoChunk} EncodedVideoChunk
 */

export class PacketDecoder {
  /**
   * @param {object} options
   * @param {FrameTable} options.table
   * @param {ByteRanges} options.bytes
   * @param {Codecs} options.codecs
   * @param {HardwareAcceleration} options.hardware
   * @param {(frame: number, picture: VideoFrame) => Promise<void>} options.onPicture takes the picture and closes it
   * @param {() => void} options.onChange something happened: approach again
   */
  constructor({ table, bytes, codecs, hardware, onPicture, onChange }) {
    this.#table = table;
    this.#bytes = bytes;
    this.#codecs = codecs;
    this.#hardware = hardware;
    this.#onPicture = onPicture;
    this.#onChange = onChange;
  }

  #table;
  #bytes;
  #codecs;
  #hardware;
  #onPicture;
  #onChange;
  /** @type {VideoDecoder | null} */
  #decoder = null;
  /** @type {DOMException | Error | null} */
  #error = null;
  #generation = 0; // a flush that a reset cut short is not ours any more
  #start = -1;
  #next = -1; // packet to feed next; -1 before the first start
  #goal = -1;
  #lastOut = -1; // highest frame that came out since the start
  #open = 0;
  #ended = false; // flushed: only a start point may be fed now
  #flushing = false;
  #newestOut = -1; // highest packet whose picture came out
  /** How many packets are fed before pictures come out. Grows with what this decoder turns out to withhold. */
  allowance = 8;
  #progress = 0; // when something last went in or came out
  /** @type {Run | null} */
  #run = null;
  #timer = 0;

  /** Packet to be fed next, -1 if the decoder stands nowhere. */
  get next() {
    return this.#ended || this.#error ? -1 : this.#next;
  }

  /** The start that decoding began at, -1 if the decoder stands nowhere. */
  get start() {
    return this.next < 0 ? -1 : this.#start;
  }

  /** Whether `frame` comes out without going back to a start point. @param {number} frame */
  reaches(frame) {
    const start = this.#table.startOf(frame);
    return (
      start !== null && this.#decoder !== null && this.#error === null && !this.#ended && !this.#flushing &&
      frame > this.#lastOut && start >= this.#start && start <= this.#next
    );
  }

  /**
   * Packets [first, last] that are still to be fed for `frame`.
   * @param {number} frame
   * @param {{exact?: boolean}} [options] as for `approach`
   * @returns {[number, number]}
   */
  packetsFor(frame, { exact = false } = {}) {
    const start = this.#table.startOf(frame) ?? 0;
    const first = this.#goal === frame || this.reaches(frame) ? Math.max(this.#next, 0) : start;
    const past = exact ? 0 : Math.min(this.allowance, PAST);
    const last = Math.min(this.#table.lastPacketOf(frame) + past, this.#table.packetCount - 1);
    return [Math.min(first, last), last];
  }

  /**
   * Take one step towards `frame`: feed a packet, or say why not. "missing" means that the decoder has been asked for
   * everything and did not give this picture. Throws DecodeFailed, and BytesUnavailable.
   * @param {number} frame
   * @param {{exact?: boolean}} [options] exact: feed nothing past the frame, flush it out
   * @returns {Step}
   */
  approach(frame, { exact = false } = {}) {
    if (this.#error) throw this.#takeError();
    if (this.#flushing) return "waiting";
    if (frame !== this.#goal || this.#decoder === null) {
      const start = this.#table.startOf(frame);
      if (start === null) return "missing";
      if (!this.reaches(frame)) this.#restart(start);
      this.#goal = frame;
      this.#progress = performance.now();
    } else if (this.#ended) {
      this.#goal = -1;
      return "missing";
    }
    return this.#feed(frame, exact);
  }

  close() {
    this.#generation++;
    clearTimeout(this.#timer);
    if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = null;
    this.#flushing = this.#ended = false;
    this.#next = -1;
    this.#goal = -1;
  }

  /** @param {number} frame @param {boolean} exact @returns {Step} */
  #feed(frame, exact) {
    const decoder = /** @type {VideoDecoder} */ (this.#decoder);
    if (decoder.decodeQueueSize >= QUEUE || this.#open >= OPEN) return "waiting";
    const last = this.#table.lastPacketOf(frame);
    const packet = this.#next;
    const atEnd = packet >= this.#table.packetCount;
    if (atEnd || packet > last + (exact ? 0 : PAST)) {
      if (atEnd || exact || this.#silentFor() >= SILENCE) this.#flush();
      else this.#lookAgainLater(SILENCE / 2);
      return "waiting";
    }
    // What is fed too far ahead comes out before anybody wants it, and has to be decoded again when they do.
    if (!exact && packet - this.#newestOut > this.allowance) {
      if (this.#silentFor() < STUCK || this.allowance > QUEUE + PAST) {
        this.#lookAgainLater(STUCK);
        return "waiting";
      }
      this.allowance++;
    }
    const run = this.#table.runOf(packet);
    if (run !== this.#run && this.#changesConfiguration(run)) {
      // Pictures of the configuration before must be out first; the decoder then begins anew at this packet.
      this.#flush(packet);
      return "waiting";
    }
    this.#run = run;
    const data = this.#bytes.get(packet);
    if (data === null) return "waiting";
    this.#decode(decoder, packet, data);
    this.#next = this.#table.packetAfter(packet, this.#start);
    return "fed";
  }

  /** @param {VideoDecoder} decoder @param {number} packet @param {Uint8Array<ArrayBuffer>} data */
  #decode(decoder, packet, data) {
    const isStart = packet === this.#start || this.#table.packetFlags[packet] & START;
    try {
      decoder.decode(new this.#codecs.EncodedVideoChunk({ type: isStart ? "key" : "delta", timestamp: packet, data }));
    } catch (error) {
      this.#error = /** @type {Error} */ (error);
      throw this.#takeError();
    }
    this.#progress = performance.now();
  }

  /** @param {number} start */
  #restart(start) {
    this.#generation++;
    const run = this.#table.runOf(start);
    // A decoder that was flushed goes on at any start as it is, and keeps what it has learned of the stream's
    // reordering: some lose a picture or two of each group until they know it.
    const asItIs = this.#ended && this.#run !== null && !this.#changesConfiguration(run);
    if (!asItIs) {
      if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.reset();
      else this.#decoder = this.#make();
    }
    this.#start = this.#next = start;
    this.#run = run;
    this.#lastOut = -1;
    this.#newestOut = start - 1;
    this.#ended = this.#flushing = false;
    if (asItIs) return;
    try {
      /** @type {VideoDecoder} */ (this.#decoder).configure(configuration(this.#table, run, this.#hardware));
    } catch (error) {
      this.#error = /** @type {Error} */ (error);
      throw this.#takeError();
    }
  }

  #make() {
    const decoder = new this.#codecs.VideoDecoder({
      output: (picture) => this.#output(decoder, picture),
      error: (error) => {
        if (decoder !== this.#decoder) return;
        this.#error = error;
        this.#onChange();
      },
    });
    decoder.ondequeue = () => {
      this.#progress = performance.now();
      this.#onChange();
    };
    return decoder;
  }

  /** @param {VideoDecoder} decoder @param {VideoFrame} picture */
  #output(decoder, picture) {
    const packet = picture.timestamp;
    // A picture that some implementation lets out after a reset still names its packet, but must not be counted.
    const ours = decoder === this.#decoder && packet >= this.#start && packet < this.#next;
    if (ours) this.#newestOut = Math.max(this.#newestOut, packet);
    const frame = ours ? this.#table.packetFrame[packet] : -1;
    if (frame < 0) {
      picture.close();
      return;
    }
    this.#lastOut = Math.max(this.#lastOut, frame);
    this.#progress = performance.now();
    this.#open++;
    void this.#onPicture(frame, picture).finally(() => {
      this.#open--;
      this.#onChange();
    });
  }

  /** @param {number} [resumeAt] packet of a new configuration to go on with; without it, the decoder ends here */
  #flush(resumeAt) {
    const generation = this.#generation;
    this.#flushing = true;
    const done = () => {
      if (generation !== this.#generation) return;
      this.#flushing = false;
      this.#progress = performance.now();
      if (resumeAt === undefined) this.#ended = true;
      else this.#reconfigure(resumeAt);
      this.#onChange();
    };
    /** @type {VideoDecoder} */ (this.#decoder).flush().then(done, done);
  }

  /** @param {number} packet */
  #reconfigure(packet) {
    this.#run = this.#table.runOf(packet);
    try {
      /** @type {VideoDecoder} */ (this.#decoder).configure(configuration(this.#table, this.#run, this.#hardware));
    } catch (error) {
      this.#error ??= /** @type {Error} */ (error);
    }
  }

  /** @param {Run} run */
  #changesConfiguration(run) {
    const a = /** @type {Run} */ (this.#run);
    return a.codecString !== run.codecString || !sameBytes(a.description, run.description);
  }

  #silentFor() {
    const busy = /** @type {VideoDecoder} */ (this.#decoder).decodeQueueSize > 0 || this.#open > 0;
    return busy ? 0 : performance.now() - this.#progress;
  }

  /** @param {number} milliseconds */
  #lookAgainLater(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = /** @type {any} */ (setTimeout(this.#onChange, milliseconds));
  }

  #takeError() {
    const error = /** @type {Error} */ (this.#error);
    this.#error = null;
    this.close();
    return error.name === "QuotaExceededError"
      ? new Reclaimed(error.message)
      : new DecodeFailed(error.message, { cause: error });
  }
}

/** The browser took the decoder away because it was idle. Nothing is wrong: begin again. */
export class Reclaimed extends Error {}

/**
 * @param {FrameTable} table
 * @param {Run} run
 * @param {HardwareAcceleration} hardware
 * @returns {VideoDecoderConfig}
 */
export function configuration(table, run, hardware) {
  const { matrix, primaries, transfer, fullRange } = table.colour;
  /** @type {any} */
  const colorSpace = { matrix, primaries, transfer, fullRange };
  return {
    codec: /** @type {string} */ (run.codecString),
    codedWidth: run.width,
    codedHeight: run.height,
    ...(run.description ? { description: run.description } : {}),
    colorSpace,
    hardwareAcceleration: hardware,
    // For latency, Chromium decodes on one thread, and drops the pictures that teach it the depth of reordering.
    optimizeForLatency: false,
  };
}

/** @param {Uint8Array | null} a @param {Uint8Array | null} b */
function sameBytes(a, b) {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
