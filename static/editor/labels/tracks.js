/** The tracks of the store, kept in order as it changes, and what they show on each frame. */

import { countUpTo, covers, shapeBetween, union } from "./interpolation.js";
import { KEYFRAME, RANGE, TRACK } from "./records.js";

/** @import {RecordChange, Store} from "../core/store.js" */
/** @import {Keyframe, Range, Shape, Track} from "./records.js" */

/** @typedef {{id: string, value: Track}} TrackRecord */
/** @typedef {{id: string, value: Keyframe}} KeyframeRecord */
/** @typedef {{id: string, value: Range}} RangeRecord */
/** @typedef {{shape: Shape, isKeyframe: boolean, keyframeId: string | null, occluded: boolean}} Shown  `keyframeId` of the keyframe on this very frame */
/** @typedef {Shown & {id: string, track: Track}} Visible */
/** @typedef {{id: string, kind: "keyframe" | "range", value: Keyframe | Range}} AsideRecord */
/**
 * `outside` is the union of the ranges; the track shows something within first..last at most. `aside` stands on another frame table.
 * @typedef {{id: string, value: Track | null, keyframes: KeyframeRecord[], ranges: RangeRecord[], aside: AsideRecord[],
 *   outside: {first: number, last: number}[], first: number, last: number}} Entry
 */

const byFrame = (/** @type {KeyframeRecord} */ a, /** @type {KeyframeRecord} */ b) =>
  a.value.frame - b.value.frame || (a.id < b.id ? -1 : 1);
const byFirst = (/** @type {RangeRecord} */ a, /** @type {RangeRecord} */ b) =>
  a.value.first - b.value.first || (a.id < b.id ? -1 : 1);

/**
 * Every answer is of the store as it is now. Lists that are handed out are not to be changed.
 *
 * Keyframes and ranges whose receipts name another frame table than the page's stand aside until they are reviewed: the numbers of
 * their frames are not numbers of this table, and to show them there would show labels on pictures that nobody put them on.
 */
export class TrackIndex {
  /** @type {Map<string, Entry>} also of tracks whose own record has not come yet */
  #entries = new Map();
  #store;
  #table;

  /**
   * @param {Store} store
   * @param {number | null} [table]  the page's frame table; null: the receipts' tables are not looked at
   */
  constructor(store, table = null) {
    this.#store = store;
    this.#table = table;
    for (const [id, value] of store.all(TRACK)) this.#entry(id).value = value;
    for (const [id, value] of store.all(KEYFRAME)) this.#put(id, KEYFRAME, value);
    for (const [id, value] of store.all(RANGE)) this.#put(id, RANGE, value);
    for (const entry of this.#entries.values()) order(entry);
    store.on("change", ({ records }) => this.#follow(records));
  }

  /** The store that this index follows. */
  get store() {
    return this.#store;
  }

  /** @returns {TrackRecord[]} in the order in which they came */
  tracks() {
    return [...this.#store.all(TRACK)].map(([id, value]) => ({ id, value }));
  }

  /**
   * @param {string} id
   * @returns {Track | null}
   */
  track(id) {
    return this.#entries.get(id)?.value ?? null;
  }

  /**
   * Sorted by frame.
   * @param {string} trackId
   * @returns {readonly KeyframeRecord[]}
   */
  keyframes(trackId) {
    return this.#entries.get(trackId)?.keyframes ?? [];
  }

  /**
   * Sorted by first frame; they may overlap where two people made them.
   * @param {string} trackId
   * @returns {readonly RangeRecord[]}
   */
  ranges(trackId) {
    return this.#entries.get(trackId)?.ranges ?? [];
  }

  /** How many keyframes and ranges stand aside. */
  get asideCount() {
    let count = 0;
    for (const { aside } of this.#entries.values()) count += aside.length;
    return count;
  }

  /**
   * The track's keyframes and ranges that stand aside.
   * @param {string} trackId
   * @returns {readonly AsideRecord[]}
   */
  aside(trackId) {
    return this.#entries.get(trackId)?.aside ?? [];
  }

  /**
   * The frames between which the track shows anything, both included; `last` is Infinity for a track held to the end. Null if
   * it shows nothing at all.
   * @param {string} trackId
   * @returns {{first: number, last: number} | null}
   */
  extent(trackId) {
    const entry = this.#entries.get(trackId);
    return entry && entry.first <= entry.last ? { first: entry.first, last: entry.last } : null;
  }

  /**
   * Where the track is on `frame`, or null where it is not.
   * @param {string} trackId
   * @param {number} frame
   * @returns {Shown | null}
   */
  shapeAt(trackId, frame) {
    const entry = this.#entries.get(trackId);
    return entry?.value && !covers(entry.outside, frame) ? placed(entry, frame) : null;
  }

  /**
   * As `shapeAt`, but not heeding outside ranges: where the track would be.
   * @param {string} trackId
   * @param {number} frame
   * @returns {Shown | null}
   */
  placedAt(trackId, frame) {
    const entry = this.#entries.get(trackId);
    return entry?.value ? placed(entry, frame) : null;
  }

  /**
   * Everything to draw on `frame`.
   * @param {number} frame
   * @returns {Visible[]}
   */
  visibleAt(frame) {
    /** @type {Visible[]} */
    const visible = [];
    // Ten thousand comparisons take some 50 µs, less than keeping a tree of intervals would cost in edits.
    for (const entry of this.#entries.values()) {
      if (frame < entry.first || frame > entry.last || entry.value === null || covers(entry.outside, frame)) continue;
      const shown = placed(entry, frame);
      if (shown) visible.push({ id: entry.id, track: entry.value, ...shown });
    }
    return visible;
  }

  /**
   * The last keyframe before `frame`.
   * @param {string} trackId
   * @param {number} frame
   * @returns {KeyframeRecord | null}
   */
  previousKeyframe(trackId, frame) {
    const keyframes = this.keyframes(trackId);
    return keyframes[countUpTo(keyframes, frame - 1, frameOf) - 1] ?? null;
  }

  /**
   * The first keyframe after `frame`.
   * @param {string} trackId
   * @param {number} frame
   * @returns {KeyframeRecord | null}
   */
  nextKeyframe(trackId, frame) {
    const keyframes = this.keyframes(trackId);
    return keyframes[countUpTo(keyframes, frame, frameOf)] ?? null;
  }

  /**
   * The keyframe on this very frame.
   * @param {string} trackId
   * @param {number} frame
   * @returns {KeyframeRecord | null}
   */
  keyframeAt(trackId, frame) {
    const keyframes = this.keyframes(trackId);
    const found = keyframes[countUpTo(keyframes, frame, frameOf) - 1];
    return found?.value.frame === frame ? found : null;
  }

  /** @param {readonly RecordChange[]} records */
  #follow(records) {
    const touched = new Set();
    for (const { id, kind, before, after } of records) {
      if (kind === TRACK) {
        this.#entry(id).value = /** @type {Track | null} */ (after);
        touched.add(id);
      } else if (kind === KEYFRAME || kind === RANGE) {
        if (before) this.#take(id, kind, /** @type {any} */ (before));
        if (after) this.#put(id, kind, /** @type {any} */ (after));
        for (const value of [before, after]) if (value) touched.add(value.track);
      }
    }
    for (const id of touched) {
      const entry = this.#entries.get(id);
      if (!entry) continue;
      if (entry.value === null && entry.keyframes.length + entry.ranges.length + entry.aside.length === 0) this.#entries.delete(id);
      else order(entry);
    }
  }

  /** @param {string} id @param {"keyframe" | "range"} kind @param {Keyframe | Range} value */
  #put(id, kind, value) {
    this.#entry(value.track)[this.#listOf(kind, value)].push(/** @type {any} */ ({ id, kind, value }));
  }

  /** @param {string} id @param {"keyframe" | "range"} kind @param {Keyframe | Range} value */
  #take(id, kind, value) {
    const list = this.#listOf(kind, value);
    const entry = this.#entry(value.track);
    // A new array, so that one handed out before stays as it was.
    entry[list] = /** @type {any} */ (/** @type {{id: string}[]} */ (entry[list]).filter((record) => record.id !== id));
  }

  /** @param {"keyframe" | "range"} kind @param {Keyframe | Range} value @returns {"keyframes" | "ranges" | "aside"} */
  #listOf(kind, value) {
    if (this.#table !== null && value.receipt.table !== this.#table) return "aside";
    return kind === KEYFRAME ? "keyframes" : "ranges";
  }

  /** @param {string} id */
  #entry(id) {
    let entry = this.#entries.get(id);
    if (!entry) {
      entry = { id, value: null, keyframes: [], ranges: [], aside: [], outside: [], first: Infinity, last: -1 };
      this.#entries.set(id, entry);
    }
    return entry;
  }
}

const frameOf = (/** @type {KeyframeRecord} */ record) => record.value.frame;

/** @param {Entry} entry */
function order(entry) {
  entry.keyframes = entry.keyframes.slice().sort(byFrame);
  entry.ranges = entry.ranges.slice().sort(byFirst);
  entry.outside = union(entry.ranges.map((range) => range.value));
  entry.first = entry.keyframes[0]?.value.frame ?? Infinity;
  const end = entry.outside.at(-1);
  entry.last = entry.keyframes.length === 0 ? -1 : end?.last === Infinity ? end.first - 1 : Infinity;
}

/**
 * @param {Entry} entry
 * @param {number} frame
 * @returns {Shown | null}
 */
function placed({ keyframes, aside }, frame) {
  const count = countUpTo(keyframes, frame, frameOf);
  if (count === 0) return null;
  const earlier = keyframes[count - 1];
  const isKeyframe = earlier.value.frame === frame;
  // What stands aside may say otherwise of what lies between the keyframes.
  if (aside.length > 0 && !isKeyframe) return null;
  return {
    shape: shapeBetween(earlier.value, keyframes[count]?.value ?? null, frame),
    isKeyframe,
    keyframeId: isKeyframe ? earlier.id : null,
    occluded: earlier.value.occluded,
  };
}
