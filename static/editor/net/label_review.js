/** The labels of a row that stand on frames of an older table which are not the same now (docs/labels.md, "Review"). */

import { Emitter } from "../../shared/core/emitter.js";
import { grouped } from "../../shared/core/words.js";
import { ApiError, get, post } from "../../shared/net/api.js";

/** @import {Store} from "../core/store.js" */

const AGAIN_MS = 2000;

/** @typedef {"moved" | "taken" | "changed" | "gone"} Verdict */
/**
 * `frame` is that of its author, by the older table; `frame_now` shows its picture, or what has become of it. Null: none does.
 * @typedef {{kind: "keyframe" | "range", id: string, track: string, frame: number, frame_now: number | null, verdict: Verdict}} ReviewRecord
 */
/** @typedef {{table: number | null, counts: Partial<Record<Verdict, number>>, records: ReviewRecord[]}} Answer */

/**
 * What the server listed, less what has the proof of a frame of the current table by now: whoever gave it that, and undone or not.
 * `change` is emitted when it is another list than before; `message` with a sentence for the user.
 * @extends {Emitter<{change: null, message: string}>}
 */
export class LabelReview extends Emitter {
  /** What is left of the list, in the order of the frames; the server lists 1,000 at most. @type {readonly ReviewRecord[]} */
  records = [];
  /** The one that the user has taken up. @type {string | null} */
  chosen = null;
  /** Moving, as the user asked. */
  busy = false;
  /** Whether the server has said what there is. */
  known = false;
  #url;
  #store;
  #fetch;
  /** @type {Answer} */
  #answer = { table: null, counts: {}, records: [] };
  /** All that the server listed. @type {ReadonlySet<string>} */
  #listed = new Set();
  /** Of what is left, by record. @type {ReadonlyMap<string, ReviewRecord>} */
  #left = new Map();
  /** @type {Map<string, ReviewRecord[]>} */
  #ofTrack = new Map();
  /** How often it was asked: only the last answer counts. */
  #asked = 0;
  #stop;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {number} labelRow
   * @param {Store} store
   * @param {typeof globalThis.fetch} [fetch]
   */
  constructor(labelRow, store, fetch = globalThis.fetch.bind(globalThis)) {
    super();
    this.#url = `/api/label-rows/${labelRow}/review/`;
    this.#store = store;
    this.#fetch = fetch;
    this.#stop = store.on("change", ({ records }) => {
      if (records.some(({ id }) => this.#listed.has(id))) this.#sift();
    });
  }

  /** How many are left, those that the server did not list included. */
  get count() {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /** By verdict. @returns {Record<Verdict, number>} */
  get counts() {
    const counts = { moved: 0, taken: 0, changed: 0, gone: 0, ...this.#answer.counts };
    for (const { id, verdict } of this.#answer.records) if (!this.#left.has(id)) counts[verdict] -= 1;
    return counts;
  }

  /** What is left of a track. @param {string} trackId @returns {readonly ReviewRecord[]} */
  of(trackId) {
    return this.#ofTrack.get(trackId) ?? [];
  }

  /** The keyframe that was taken up, where its picture is `frame`, or is none any more: its shape is to be seen there. @param {number} frame */
  chosenOn(frame) {
    const record = this.chosen === null ? undefined : this.#left.get(this.chosen);
    return record?.kind === "keyframe" && (record.frame_now ?? frame) === frame ? record : null;
  }

  /** @param {string | null} id */
  choose(id) {
    this.chosen = id;
    this.emit("change", null);
  }

  /**
   * What confirming on `frame` is about: the one that was taken up, if it is of this track, or else the one of the track on that frame.
   * @param {string} trackId
   * @param {number} frame
   */
  find(trackId, frame) {
    const own = this.of(trackId);
    return own.find(({ id }) => id === this.chosen) ?? own.find((record) => record.frame_now === frame) ?? own.find((record) => record.frame === frame) ?? null;
  }

  /** Ask the server anew. What fails is asked for again by whoever sees a reason to. */
  async ask() {
    const asked = ++this.#asked;
    try {
      const answer = await get(this.#url, { fetch: this.#fetch });
      if (asked === this.#asked) this.#take(answer);
    } catch {
      // The list is as it was: nobody is in a hurry.
    }
  }

  /** Have the server move every label whose picture has another number now. The records come as changes of others do. */
  async move() {
    if (this.busy) return;
    this.busy = true;
    this.emit("change", null);
    try {
      const asked = ++this.#asked;
      const answer = await post(this.#url, undefined, { fetch: this.#fetch });
      this.emit("message", `${counted(answer.moved)} moved to ${answer.moved === 1 ? "its picture" : "their pictures"}.`);
      if (asked === this.#asked) this.#take(answer);
    } catch (error) {
      this.emit("message", error instanceof ApiError ? error.detail : "The server cannot be reached: nothing was moved.");
      void this.ask();
    } finally {
      this.busy = false;
      this.emit("change", null);
    }
  }

  close() {
    this.#stop();
    clearTimeout(this.#timer);
    this.#asked += 1;
  }

  /** @param {Answer} answer */
  #take(answer) {
    this.#answer = answer;
    this.#listed = new Set(answer.records.map(({ id }) => id));
    this.known = true;
    this.#sift();
  }

  #sift() {
    const { table, records } = this.#answer;
    this.records = records.filter(({ id }) => {
      const value = this.#store.get(id);
      return value !== null && value.receipt.table !== table;
    });
    this.#left = new Map(this.records.map((record) => [record.id, record]));
    this.#ofTrack = new Map();
    for (const record of this.records) this.#ofTrack.set(record.track, [...this.of(record.track), record]);
    if (this.chosen !== null && !this.#left.has(this.chosen)) this.chosen = null;
    this.emit("change", null);
    // Those beyond the first 1,000, once the server has what was done about these.
    clearTimeout(this.#timer);
    if (this.records.length === 0 && this.count > 0) this.#timer = setTimeout(() => void this.ask(), AGAIN_MS);
  }
}

/** @param {number} labels */
function counted(labels) {
  return `${grouped(labels)} ${labels === 1 ? "label was" : "labels were"}`;
}
