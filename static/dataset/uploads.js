/** Files on their way to the server: in pieces of 8 MB by tus, taken up again after a broken connection or a reload. */
/** @import { DetailedError, PreviousUpload, Upload, UploadOptions } from "tus-js-client" */
/** @import { DataUnit } from "./types.js" */
import "tus-js-client";
import { csrfToken, request } from "../shared/net/api.js";

const CHUNK = 8_000_000; // bytes
const AT_ONCE = 2; // files
const WAITS = [1, 2, 4, 8, 15]; // seconds between attempts; the last one again and again
const ENDPOINT = "/api/uploads/";

/** @type {{Upload: typeof Upload, defaultOptions: Required<Pick<UploadOptions, "urlStorage">>}} */
const tus = /** @type {any} */ (window).tus;

/**
 * @typedef {"queued" | "sending" | "waiting" | "paused" | "checking" | "done" | "failed" | "left"} State
 *   `waiting`: the connection is broken, and it goes on by itself · `left`: begun before this page was loaded, file not at hand
 */

/**
 * @typedef {{key: number, name: string, size: number, sent: number, speed: number, state: State, sentence: string, again: number, final: boolean,
 *   dataUnit: number | null, unit: DataUnit | null}} Item
 *   `speed` in bytes a second · `again`: seconds until the next attempt, while `waiting` · `final`: it failed for good · `dataUnit`: what it has become,
 *   once it is `done` · `unit`: what is known of that
 */

const FINAL = ["too_large", "empty_file"]; // the same file will not do better

/**
 * The sentence in the body of a refusal, and whether it is for good.
 * @param {string} body
 * @param {number} status
 * @returns {{sentence: string, final: boolean}}
 */
function refusalOf(body, status) {
  try {
    const { code, detail } = JSON.parse(body);
    if (typeof detail === "string") return { sentence: detail, final: FINAL.includes(code) };
  } catch {
    // Not ours: a proxy's page, say.
  }
  return { sentence: `The server answered ${status}. Try again.`, final: false };
}

/** Emits `change`, and `done` when a file has arrived whole. */
export class Uploads extends EventTarget {
  /** @param {number} dataset */
  constructor(dataset) {
    super();
    this.dataset = dataset;
    /** @type {Item[]} */
    this.items = [];
    /** @type {Map<number, {file: File, upload: Upload | null, failures: number, timer?: ReturnType<typeof setTimeout>, at: number, from: number}>} */
    this.work = new Map();
    /** @type {Map<number, PreviousUpload>} */
    this.left = new Map();
    this.nextKey = 1;
    addEventListener("online", () => this.#retryNow());
    addEventListener("beforeunload", (event) => {
      if (this.active > 0) event.preventDefault();
    });
  }

  /** Files that are not through yet. */
  get active() {
    return this.items.filter(({ state }) => ["queued", "sending", "waiting", "checking"].includes(state)).length;
  }

  /** List what was begun in this browser and never finished. */
  async findLeft() {
    for (const previous of await tus.defaultOptions.urlStorage.findAllUploads()) {
      if (previous.metadata?.dataset !== String(this.dataset) || previous.uploadUrl === null) continue;
      const answer = await fetch(previous.uploadUrl, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } }).catch(() => null);
      if (answer === null) continue;
      const sent = Number(answer.headers.get("Upload-Offset"));
      if (!answer.ok || answer.headers.has("Onframe-Data-Unit")) {
        await tus.defaultOptions.urlStorage.removeUpload(previous.urlStorageKey); // finished, cancelled or swept away
        continue;
      }
      if (this.items.some((item) => item.name === previous.metadata.filename && item.size === previous.size)) continue;
      const item = this.#item(previous.metadata.filename ?? "", previous.size ?? 0, "left");
      item.sent = sent;
      item.sentence = "Stopped when the page was closed. Drop the same file again and it goes on from here.";
      this.left.set(item.key, previous);
    }
    this.#changed();
  }

  /** @param {Iterable<File>} files */
  add(files) {
    for (const file of files) {
      const was = this.items.find(({ state, name, size }) => state === "left" && name === file.name && size === file.size);
      if (was !== undefined) this.#forget(was);
      const item = this.#item(file.name, file.size, "queued");
      this.work.set(item.key, { file, upload: null, failures: 0, at: 0, from: 0 });
    }
    this.#next();
    this.#changed();
  }

  /** Stop, and have the server forget what it has. @param {Item} item */
  async cancel(item) {
    const work = this.work.get(item.key);
    clearTimeout(work?.timer);
    const previous = this.left.get(item.key);
    this.#forget(item);
    this.#next();
    this.#changed();
    const url = work?.upload?.url ?? previous?.uploadUrl ?? null;
    try {
      await work?.upload?.abort();
      if (previous !== undefined) await tus.defaultOptions.urlStorage.removeUpload(previous.urlStorageKey);
      if (work !== undefined && work.upload !== null) {
        for (const known of await work.upload.findPreviousUploads()) await tus.defaultOptions.urlStorage.removeUpload(known.urlStorageKey);
      }
      if (url !== null) await fetch(url, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0", "X-CSRFToken": csrfToken() } });
    } catch {
      // The server sweeps away what nobody continues for a day.
    }
  }

  /** @param {Item} item */
  pause(item) {
    const work = this.work.get(item.key);
    clearTimeout(work?.timer);
    void work?.upload?.abort();
    item.state = "paused";
    item.speed = 0;
    this.#next();
    this.#changed();
  }

  /** Go on after a pause or a failure. @param {Item} item */
  resume(item) {
    const work = this.work.get(item.key);
    if (work === undefined) return;
    clearTimeout(work.timer);
    work.failures = 0;
    item.state = "queued";
    item.sentence = "";
    this.#next();
    this.#changed();
  }

  /** Take finished ones out of the list. */
  clearDone() {
    this.items = this.items.filter(({ state }) => state !== "done");
    this.#changed();
  }

  /** A data unit has changed: what was uploaded is followed until it can be labelled. @param {DataUnit} unit */
  tell(unit) {
    for (const item of this.items) {
      if (item.dataUnit !== unit.id) continue;
      item.unit = unit;
      this.#changed();
    }
  }

  /** A data unit was removed. @param {number} id */
  tellRemoved(id) {
    this.items = this.items.filter(({ dataUnit }) => dataUnit !== id);
    this.#changed();
  }

  /** Events may have been missed: ask anew what has become of the files. */
  askAgain() {
    for (const item of this.items) if (item.dataUnit !== null) void this.#ask(item);
  }

  /** @param {Item} item */
  async #ask(item) {
    const { unit } = item;
    const answer = await request("GET", `/api/data-units/${item.dataUnit}/`).catch(() => null);
    if (answer === null || item.unit !== unit) return; // an event has told more meanwhile
    item.unit = answer;
    this.#changed();
  }

  /**
   * @param {string} name
   * @param {number} size
   * @param {State} state
   * @returns {Item}
   */
  #item(name, size, state) {
    /** @type {Item} */
    const item = { key: this.nextKey++, name, size, sent: 0, speed: 0, state, sentence: "", again: 0, final: false, dataUnit: null, unit: null };
    this.items.push(item);
    return item;
  }

  /** @param {Item} item */
  #forget(item) {
    this.items = this.items.filter((other) => other !== item);
    this.work.delete(item.key);
    this.left.delete(item.key);
  }

  /** Begin what waits, as far as there is room. */
  #next() {
    let room = AT_ONCE - this.items.filter(({ state }) => state === "sending" || state === "checking" || state === "waiting").length;
    for (const item of this.items) {
      if (room <= 0) return;
      if (item.state !== "queued") continue;
      room -= 1;
      item.state = "sending";
      void this.#start(item);
    }
  }

  /** @param {Item} item */
  async #start(item) {
    const work = this.work.get(item.key);
    if (work === undefined) return;
    work.at = performance.now();
    work.from = item.sent;
    if (work.upload === null) {
      work.upload = new tus.Upload(work.file, this.#options(item, work));
      const previous = (await work.upload.findPreviousUploads()).filter(({ uploadUrl }) => uploadUrl !== null);
      if (item.state !== "sending") return;
      if (previous.length > 0) work.upload.resumeFromPreviousUpload(previous[0]);
    }
    work.upload.start();
  }

  /**
   * @param {Item} item
   * @param {{file: File, upload: Upload | null, failures: number, at: number, from: number}} work
   * @returns {UploadOptions}
   */
  #options(item, work) {
    return {
      endpoint: ENDPOINT,
      chunkSize: CHUNK,
      retryDelays: null, // ours says what it waits for, and goes on for as long as the page is open
      metadata: { dataset: String(this.dataset), filename: work.file.name },
      fingerprint: async (file) => ["onframe", this.dataset, file.name, file.size, file.lastModified].join("-"),
      removeFingerprintOnSuccess: true,
      onBeforeRequest: (request) => request.setHeader("X-CSRFToken", csrfToken()),
      onProgress: (sent) => {
        const now = performance.now();
        if (item.sent > sent || work.at === 0) {
          work.at = now; // taken up where the server is, which may be behind
          work.from = sent;
        }
        item.sent = sent;
        const seconds = (now - work.at) / 1000;
        if (seconds > 0.5) {
          const speed = (sent - work.from) / seconds;
          item.speed = item.speed === 0 ? speed : 0.7 * item.speed + 0.3 * speed;
          work.at = now;
          work.from = sent;
        }
        // The server reads all of it once more for its SHA-256 before it answers the last piece.
        item.state = sent >= item.size ? "checking" : "sending";
        item.sentence = "";
        this.#changed();
      },
      onChunkComplete: () => {
        work.failures = 0;
      },
      onSuccess: ({ lastResponse }) => {
        const became = Number(lastResponse.getHeader("Onframe-Data-Unit") ?? Number.NaN);
        item.dataUnit = Number.isNaN(became) ? null : became;
        item.state = "done";
        item.sent = item.size;
        item.speed = 0;
        item.sentence = "";
        this.work.delete(item.key);
        this.#next();
        this.#changed();
        this.dispatchEvent(new Event("done"));
        if (item.dataUnit !== null) void this.#ask(item);
      },
      onError: (error) => this.#failed(item, /** @type {DetailedError} */ (error)),
    };
  }

  /**
   * @param {Item} item
   * @param {DetailedError} error
   */
  #failed(item, error) {
    const work = this.work.get(item.key);
    if (work === undefined || item.state === "paused") return;
    const answer = error.originalResponse ?? null;
    const status = answer?.getStatus() ?? 0;
    item.speed = 0;
    if (status === 0 || status === 409 || status === 423 || status === 429 || status === 502 || status === 503 || status === 504) {
      const seconds = WAITS[Math.min(work.failures, WAITS.length - 1)];
      work.failures += 1;
      item.state = "waiting";
      item.again = seconds;
      item.sentence = status === 0 ? "The connection is broken." : "The server is busy.";
      work.timer = setTimeout(() => this.#again(item), seconds * 1000);
    } else {
      item.state = "failed";
      const refusal = answer === null ? { sentence: error.message, final: false } : refusalOf(answer.getBody(), status);
      Object.assign(item, refusal);
      // Begun anew when it is tried again: the server has refused this one.
      work.upload = null;
      item.sent = 0;
    }
    this.#next();
    this.#changed();
  }

  /** @param {Item} item */
  #again(item) {
    if (item.state !== "waiting") return;
    item.state = "sending";
    this.#changed();
    void this.#start(item);
  }

  #retryNow() {
    for (const item of this.items) {
      clearTimeout(this.work.get(item.key)?.timer);
      this.#again(item);
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
