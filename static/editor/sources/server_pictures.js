/** The server's own pictures of frames, for whatever this browser cannot decode or prove. */

/** @import { FrameTable } from "./frame_table.js" */
/** @import { Picture, Proof } from "./frame_source.js" */

const KEPT = 16; // encoded pictures
const AROUND = 3; // fetched ahead on both sides while nothing else is asked for
const TRIES = 3;
const PATIENCE = 60; // seconds that a busy server is waited for in all

/** The server has no room for this now, and says when to come back. */
class BusyServer extends Error {
  /** @param {string} message @param {number} seconds */
  constructor(message, seconds) {
    super(message);
    this.seconds = seconds;
  }
}

/** @typedef {{blob: Blob, digest: string | null, proved: boolean}} Answer */
/** A picture that is here or on its way; given up when the last of its readers has gone. @typedef {{answer: Promise<Answer>, abort: AbortController, readers: number, wanted: boolean}} Load  `wanted`: by more than the fetching ahead */

export class ServerPictures {
  /**
   * @param {object} options
   * @param {FrameTable} options.table
   * @param {(frame: number) => string} options.url
   * @param {(frame: number, seconds: number | null) => void} [options.busy]  the server is busy, and is asked again in so many seconds;
   *   null: it is asked now
   * @param {typeof fetch} [options.fetch]
   * @param {(blob: Blob) => Promise<ImageBitmap>} [options.decode]
   */
  constructor({ table, url, busy = () => {}, fetch = globalThis.fetch.bind(globalThis), decode = asBitmap }) {
    this.#table = table;
    this.#url = url;
    this.#busy = busy;
    this.#fetch = fetch;
    this.#decode = decode;
  }

  #table;
  #url;
  #busy;
  #fetch;
  #decode;
  /** @type {Map<number, Load>} by frame, the least recently used first */
  #loads = new Map();
  /** @type {WeakMap<Picture, Answer>} */
  #of = new WeakMap();
  #target = -1;
  #prefetching = false;

  /**
   * @param {number} frame
   * @param {string} reason why this picture is shown
   * @param {AbortSignal} [signal]
   * @returns {Promise<Picture>}
   */
  async read(frame, reason, signal) {
    signal?.throwIfAborted();
    this.#target = frame;
    const answer = await this.#answer(frame, signal);
    const image = await this.#decode(answer.blob);
    if (signal?.aborted) {
      image.close();
      throw signal.reason;
    }
    void this.#prefetch();
    const [across, down] = this.#table.sampleAspectRatio;
    /** @type {Picture} */
    const picture = {
      frame,
      pts: this.#table.framePts[frame],
      packet: this.#table.framePacket[frame],
      source: "server",
      image,
      width: image.width,
      height: image.height,
      rotation: 0, // the server has turned it
      sampleAspectRatio: this.#table.rotation % 180 ? [down, across] : [across, down],
      digest: answer.digest,
      reason,
      close: () => image.close(),
    };
    this.#of.set(picture, answer);
    return picture;
  }

  /** @param {Picture} picture @returns {Promise<Proof>} */
  async prove(picture) {
    let answer = /** @type {Answer} */ (this.#of.get(picture));
    if (!answer.proved || answer.digest === null) {
      this.#loads.delete(picture.frame); // the server may have verified the frame since
      const again = await this.#answer(picture.frame);
      if (again.digest === answer.digest) answer = again;
    }
    if (answer.proved && answer.digest !== null) return { state: "server", digest: answer.digest, reason: picture.reason };
    return { state: "unproved", digest: answer.digest, reason: "the server has not verified this frame yet" };
  }

  /**
   * Who gives no signal waits to the end.
   * @param {number} frame
   * @param {AbortSignal} [signal]
   * @param {boolean} [ahead]  nobody waits for it yet
   * @returns {Promise<Answer>}
   */
  #answer(frame, signal, ahead = false) {
    const load = this.#loads.get(frame) ?? this.#begin(frame);
    this.#loads.delete(frame);
    this.#loads.set(frame, load);
    for (const oldest of this.#loads.keys()) {
      if (this.#loads.size <= KEPT) break;
      this.#loads.delete(oldest);
    }
    load.readers++;
    load.wanted ||= !ahead;
    if (!signal) return load.answer;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        if (--load.readers > 0) return;
        this.#forget(frame, load);
        load.abort.abort(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      load.answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }

  /** @param {number} frame @returns {Load} */
  #begin(frame) {
    const abort = new AbortController();
    const waiting = { abort, readers: 0, wanted: false };
    /** @type {Load} */
    const load = Object.assign(waiting, { answer: this.#fetchPicture(frame, waiting) });
    load.answer.catch(() => this.#forget(frame, load));
    return load;
  }

  /** @param {number} frame @param {Load} load */
  #forget(frame, load) {
    if (this.#loads.get(frame) === load) this.#loads.delete(frame);
  }

  /** @param {number} frame @param {Omit<Load, "answer">} load @returns {Promise<Answer>} */
  async #fetchPicture(frame, load) {
    const { signal } = load.abort;
    let waited = 0;
    for (let tries = 1; ; ) {
      try {
        return await this.#try(frame, signal);
      } catch (error) {
        if (error instanceof BusyServer) {
          waited += error.seconds;
          // What is fetched ahead must not keep a busy server busy.
          if (!load.wanted || waited > PATIENCE) throw error;
          this.#busy(frame, error.seconds);
          await pause(1000 * error.seconds, signal).finally(() => this.#busy(frame, null));
          continue;
        }
        // A connection that fails is tried again; an answer that says no is an answer.
        if (tries++ === TRIES || !(error instanceof TypeError)) throw error;
        await pause(250 * 2 ** tries, signal);
      }
    }
  }

  /** @param {number} frame @param {AbortSignal} signal @returns {Promise<Answer>} */
  async #try(frame, signal) {
    const response = await this.#fetch(this.#url(frame), { credentials: "same-origin", signal });
    const later = Number(response.headers.get("Retry-After") ?? Number.NaN);
    if ((response.status === 503 || response.status === 429) && later >= 0) throw new BusyServer(await explanation(response), later);
    if (!response.ok) throw new Error(`The server has no picture of frame ${frame}: ${await explanation(response)}`);
    const { headers } = response;
    if (headers.get("X-Frame") !== String(frame) || headers.get("X-Frame-Pts") !== String(this.#table.framePts[frame])) {
      throw new Error("The server's picture is of another table; open the video again.");
    }
    const digest = headers.get("X-Frame-Digest");
    return { blob: await response.blob(), digest: digest || null, proved: headers.get("X-Frame-Proved") === "1" };
  }

  async #prefetch() {
    if (this.#prefetching) return;
    this.#prefetching = true;
    for (const distance of [1, -1, 2, -2, AROUND, -AROUND]) {
      const target = this.#target;
      const frame = target + distance;
      if (frame < 0 || frame >= this.#table.frameCount || this.#loads.has(frame)) continue;
      await this.#answer(frame, undefined, true).catch(() => {}); // it is told when it is asked for
      if (this.#target !== target) break;
    }
    this.#prefetching = false;
  }
}

/** Rejects with the signal's reason. @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, ms);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

/** @param {Blob} blob */
function asBitmap(blob) {
  // The pixels are final: the server has applied the table's colour, and no profile may change them again.
  return createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}

/** @param {Response} response */
async function explanation(response) {
  try {
    return (await response.json()).detail;
  } catch {
    return `it answered ${response.status}.`;
  }
}
