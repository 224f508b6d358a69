/** A video as a FrameSource: exact pictures from the decoding worker, and the server's own where that cannot be. */

import { FrameTable, UNCLEAN } from "./frame_table.js";
import { ServerPictures } from "./server_pictures.js";

/** @import { FrameSource, Picture, Proof, Purpose } from "./frame_source.js" */
/** @import { FromWorker, ToWorker } from "./video_worker.js" */

const MB = 1 << 20;

/**
 * @typedef {object} VideoAddress
 * @property {string} framesUrl of the table
 * @property {string} digestsUrl
 * @property {string} mediaUrl of the file
 * @property {string} sideUrl of the packets, where the file's byte ranges are none
 * @property {(frame: number) => string} pictureUrl of the server's picture
 * @property {number} proved frames that the server has verified
 */

/**
 * Emits `buffered`, and `sample` (detail: bytes, seconds, at) for each finished request.
 * @implements {FrameSource}
 */
export class VideoSource extends EventTarget {
  /**
   * Open a video: fetches its table, starts the worker. Rejects with BadTable, or an Error with a sentence.
   * @param {VideoAddress} address
   * @param {{signal?: AbortSignal, makeWorker?: () => Worker}} [options]
   */
  static async open(address, { signal, makeWorker = videoWorker } = {}) {
    const worker = makeWorker(); // its modules load while the table comes
    try {
      const response = await fetch(address.framesUrl, { signal, credentials: "same-origin" });
      if (!response.ok) throw new Error(`The frame table could not be fetched: the server answered ${response.status}.`);
      const source = new VideoSource(address, await response.arrayBuffer(), worker);
      return source;
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  /** @type {readonly number[] | null} */
  #unclean = null;

  /** @param {VideoAddress} address @param {ArrayBuffer} table @param {Worker} worker */
  constructor(address, table, worker) {
    super();
    this.table = new FrameTable(table);
    this.frameCount = this.table.frameCount;
    this.decodeRate = 0;
    this.budget = (/** @type {any} */ (navigator).deviceMemory ?? 8) <= 4 ? 192 * MB : 384 * MB;
    this.capacity = Math.max(4, Math.floor(this.budget / (this.table.width * this.table.height * 1.5)));
    this.proved = address.proved;
    const busy = (/** @type {number} */ frame, /** @type {number | null} */ seconds) => this.dispatchEvent(new CustomEvent("busy", { detail: { frame, seconds } }));
    this.#server = new ServerPictures({ table: this.table, url: address.pictureUrl, busy });
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#hear(data);
    worker.onerror = () => this.#fail("the decoding worker could not be started");
    this.#send(
      {
        type: "open",
        table,
        url: new URL(this.table.media === "side" ? address.sideUrl : address.mediaUrl, location.href).href,
        digestsUrl: new URL(address.digestsUrl, location.href).href,
        proved: address.proved,
        budget: this.budget,
      },
      [table],
    );
  }

  #server;
  #worker;
  #ids = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (reason: Error) => void}>} */
  #asked = new Map();
  /** @type {WeakMap<Picture, number>} numbers of the worker's copies */
  #copies = new WeakMap();
  /** @type {[number, number][]} */
  #buffered = [];
  /** @type {(reason: string | null) => void} */
  #opened = () => {};
  /** @type {Promise<string | null>} why this browser cannot decode the video at all, or null */
  #unable = new Promise((resolve) => (this.#opened = resolve));
  /** @type {Map<number, string>} frames whose decoded picture was found wrong, and how */
  #distrusted = new Map();
  #decodingBackOff = new BackOff();
  #proofBackOff = new BackOff();

  /** @param {number} frame */
  ptsAt(frame) {
    return this.table.framePts[frame];
  }

  /** @param {number} frame */
  secondsAt(frame) {
    return this.table.secondsAt(frame);
  }

  /** @param {number} seconds */
  frameAt(seconds) {
    return this.table.frameAt(seconds);
  }

  /** @param {number} frame */
  typeAt(frame) {
    return this.table.typeAt(frame);
  }

  /** Whether the frame may be labelled: clean, one of the first's size, and verified by the server. @param {number} frame */
  mayLabel(frame) {
    return frame < this.proved && this.table.mayLabel(frame);
  }

  /** Why `mayLabel` is false for good, as words to go on with after “because”; null if it is not. @param {number} frame */
  whyNotLabel(frame) {
    return this.table.whyNotLabel(frame);
  }

  /** Frames for which the file has no clean picture, ascending. @returns {readonly number[]} */
  unclean() {
    this.#unclean ??= Array.from(this.table.frameFlags.keys()).filter((frame) => this.table.frameFlags[frame] & UNCLEAN);
    return this.#unclean;
  }

  /** Why this browser cannot decode the video, in words; null if it can. */
  get unable() {
    return this.#unable;
  }

  /**
   * The picture of a frame, and never another one's (save for `scrub`, under its own number). Rejects with AbortError,
   * or with an Error whose message is a sentence.
   * @param {number} frame
   * @param {{signal?: AbortSignal, purpose?: Purpose}} [options]
   * @returns {Promise<Picture>}
   */
  async read(frame, { signal, purpose = "show" } = {}) {
    if (!Number.isInteger(frame) || frame < 0 || frame >= this.frameCount) {
      throw new RangeError(`There is no frame ${frame}; the last one is ${this.frameCount - 1}.`);
    }
    signal?.throwIfAborted();
    const reason = await this.#whyServer(frame);
    if (reason !== null) return this.#server.read(frame, reason, signal);
    try {
      const picture = await this.#decoded(frame, purpose, signal);
      this.#decodingBackOff.succeeded();
      return picture;
    } catch (error) {
      const { name, message, code } = /** @type {Error & {code?: string}} */ (error);
      if (name === "AbortError" || name === "RangeError") throw error;
      if (code === "signed_out" || code === "gone" || code === "network") throw error;
      this.#decodingBackOff.failed(message);
      return this.#server.read(frame, message, signal);
    }
  }

  /** Say which frames are likely to be wanted next. @param {number} first @param {number} last */
  prefetch(first, last) {
    this.#send({ type: "prefetch", first, last });
  }

  /** The drag went on: what is read in passing is now sought for `frame`. @param {number} frame */
  aim(frame) {
    this.#send({ type: "aim", frame });
  }

  /** Frames whose encoded bytes are here, as [first, last] pairs. */
  buffered() {
    return this.#buffered;
  }

  /** The server has verified more frames. @param {number} count */
  setProved(count) {
    this.proved = count;
    this.#send({ type: "proved", count });
  }

  /**
   * Compute the digest of exactly the picture that was given out, and compare it with the server's.
   * @param {Picture} picture not yet closed
   * @returns {Promise<Proof>}
   */
  async prove(picture) {
    if (picture.source === "server") return this.#proveServer(picture);
    const copy = this.#copies.get(picture);
    if (copy === undefined) throw new Error("The picture was closed before it was proved.");
    /** @type {{digest: string | null, expected: string | null, error: string | null}} */
    const { digest, expected, error } = await this.#ask((id) => ({ type: "prove", id, copy }));
    picture.digest = digest;
    const { frame } = picture;
    if (error !== null) return { state: "unproved", digest, reason: error };
    if (digest === null) return this.#replace(frame, digest, "this browser does not give its pictures in a form that can be checked");
    if (frame >= this.proved) return { state: "unproved", digest, reason: "the server has not verified this frame yet" };
    if (expected === null) return this.#replace(frame, digest, "the server's decoder gives nothing to compare the picture with");
    if (digest !== expected) return this.#replace(frame, digest, "this browser decodes the picture differently from the server");
    this.#proofBackOff.succeeded();
    return { state: "proved", digest, reason: null };
  }

  /** @param {Picture} picture */
  async #proveServer(picture) {
    const proof = await this.#server.prove(picture);
    if (proof.state === "server" || picture.frame >= this.proved) return proof;
    return { ...proof, reason: "the file is damaged here, and the server does not decode it to the same picture twice" };
  }

  close() {
    this.#send({ type: "close" });
    for (const { reject } of this.#asked.values()) reject(new DOMException("The video was closed.", "AbortError"));
    this.#asked.clear();
  }

  /** Why the server's picture of `frame` is to be shown without trying, or null. @param {number} frame */
  async #whyServer(frame) {
    const unable = await this.#unable;
    if (unable !== null) return unable;
    if (this.table.frameFlags[frame] & UNCLEAN) return "the file is damaged here";
    if (this.table.startOf(frame) === null) return "decoding cannot start before this frame";
    return this.#distrusted.get(frame) ?? this.#decodingBackOff.reason() ?? this.#proofBackOff.reason();
  }

  /** @param {number} frame @param {string | null} digest @param {string} reason @returns {Proof} */
  #replace(frame, digest, reason) {
    this.#distrusted.set(frame, reason);
    this.#proofBackOff.failed(reason);
    return { state: "unproved", digest, reason, replace: true };
  }

  /** @param {number} frame @param {Purpose} purpose @param {AbortSignal} [signal] @returns {Promise<Picture>} */
  async #decoded(frame, purpose, signal) {
    let asked = 0;
    const abort = () => this.#send({ type: "abort", id: asked });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      /** @type {Extract<FromWorker, {type: "picture"}>} */
      const answer = await this.#ask((id) => ({ type: "read", id: (asked = id), frame, purpose }));
      if (signal?.aborted) {
        this.#giveBack(answer.image, answer.copy);
        throw signal.reason;
      }
      this.decodeRate = answer.decodeRate || this.decodeRate;
      this.capacity = answer.capacity;
      return this.#picture(answer);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** @param {Extract<FromWorker, {type: "picture"}>} answer @returns {Picture} */
  #picture({ frame, packet, copy, image, width, height }) {
    const { table } = this;
    const rotation = /** @type {0 | 90 | 180 | 270} */ (table.rotation);
    const upright = rotation % 180 === 0;
    const [across, down] = table.runOf(packet).sampleAspectRatio;
    let open = true;
    /** @type {Picture} */
    const picture = {
      frame,
      pts: table.framePts[frame],
      packet: table.framePacket[frame],
      source: "webcodecs",
      image,
      width: upright ? width : height,
      height: upright ? height : width,
      rotation,
      sampleAspectRatio: upright ? [across, down] : [down, across],
      digest: null,
      reason: null,
      close: () => {
        if (open) this.#giveBack(image, copy);
        open = false;
        this.#copies.delete(picture);
      },
    };
    this.#copies.set(picture, copy);
    return picture;
  }

  /** @param {VideoFrame} image @param {number} copy */
  #giveBack(image, copy) {
    image.close();
    this.#send({ type: "release", copy });
  }

  /** @param {(id: number) => ToWorker} message @returns {Promise<any>} */
  #ask(message) {
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#send(message(id));
    });
  }

  /** @param {ToWorker} message @param {Transferable[]} [transfer] */
  #send(message, transfer = []) {
    this.#worker.postMessage(message, transfer);
  }

  /** @param {FromWorker} message */
  #hear(message) {
    if (message.type === "opened") this.#opened(message.reason);
    else if (message.type === "buffered") {
      this.#buffered = message.ranges;
      this.dispatchEvent(new Event("buffered"));
    } else if (message.type === "sample") this.dispatchEvent(new CustomEvent("sample", { detail: message }));
    else this.#answer(message);
  }

  /** @param {Extract<FromWorker, {id: number}>} message */
  #answer(message) {
    const asked = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    if (message.type !== "failed") {
      if (asked) asked.resolve(message);
      else if (message.type === "picture") this.#giveBack(message.image, message.copy);
      return;
    }
    const { name, reason, code } = message;
    asked?.reject(name === "AbortError" ? new DOMException(reason, name) : Object.assign(new Error(reason), { code }));
  }

  /** The worker is lost: everything comes from the server from now on. @param {string} reason */
  #fail(reason) {
    this.#opened(reason);
    this.#unable = Promise.resolve(reason);
    for (const { reject } of this.#asked.values()) reject(new Error(reason));
    this.#asked.clear();
  }
}

/** When to stop trying: after three failures in a row, for half a second, then twice as long each time. */
class BackOff {
  #failures = 0;
  #until = 0;
  #reason = "";

  /** @param {string} reason */
  failed(reason) {
    this.#reason = reason;
    this.#failures++;
    if (this.#failures >= 3) this.#until = performance.now() + Math.min(30_000, 500 * 2 ** (this.#failures - 3));
  }

  succeeded() {
    this.#failures = 0;
    this.#until = 0;
  }

  /** Why not to try now, or null. */
  reason() {
    return performance.now() < this.#until ? this.#reason : null;
  }
}

function videoWorker() {
  return new Worker(new URL("./video_worker.js", import.meta.url), { type: "module" });
}
