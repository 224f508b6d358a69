/** Undo and redo of what the user did, one step a gesture, built from the store's changes alone. */

import { Emitter } from "../../shared/core/emitter.js";
import { sameJson } from "../../shared/core/json.js";
import { newId } from "./ids.js";

/** @import {Change, RecordChange, Store, Write} from "./store.js" */

/** @typedef {{name: string, change: Change, overtaken: boolean}} Step  `overtaken`: someone else changed its records */
/**
 * `commit`: a finished gesture, an undo or a redo, as one change: this is what is saved.
 * `steps`: what can be undone or redone changed. `message`: a sentence for the user.
 * @typedef {{commit: {name: string, change: Change}, steps: null, message: string}} HistoryEvents
 */

const MOST_STEPS = 1000;

/** @extends {Emitter<HistoryEvents>} */
export class History extends Emitter {
  /** @type {Step[]} */
  #done = [];
  /** @type {Step[]} */
  #undone = [];
  /** @type {{name: string, records: Map<string, RecordChange>} | null} */
  #gesture = null;
  #store;

  /** @param {Store} store */
  constructor(store) {
    super();
    this.#store = store;
    store.on("change", (change) => this.#heard(change));
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** What the next undo would undo, for its tooltip. */
  get undoName() {
    return this.#done.at(-1)?.name ?? null;
  }

  get redoName() {
    return this.#undone.at(-1)?.name ?? null;
  }

  /** True between `begin` and `commit` or `cancel`. */
  get inGesture() {
    return this.#gesture !== null;
  }

  /**
   * From here to `commit`, whatever the user writes is one step. A gesture that nobody ended is committed first.
   * @param {string} name  "Move car 3"
   */
  begin(name) {
    this.commit();
    this.#gesture = { name, records: new Map() };
  }

  /** End the gesture. Returns its change, or null if it changed nothing. */
  commit() {
    const gesture = this.#gesture;
    if (!gesture) return null;
    this.#gesture = null;
    const records = [...gesture.records.values()].filter((record) => !sameJson(record.before, record.after));
    if (records.length === 0) return null;
    return this.#push(gesture.name, { id: newId(), origin: "user", records });
  }

  /** Give the gesture up: everything is as it was at `begin`, and nothing is saved. */
  cancel() {
    const gesture = this.#gesture;
    if (!gesture) return;
    this.#gesture = null;
    this.#store.write(backwards([...gesture.records.values()]), "history");
  }

  /**
   * Write as one step with a name.
   * @param {string} name
   * @param {readonly Write[]} writes
   */
  do(name, writes) {
    this.begin(name);
    this.#store.write(writes, "user");
    return this.commit();
  }

  /**
   * Undo the last step. Returns its name and the change that undid it, so that the page can show where it happened; null if
   * there was none, or if others changed its records meanwhile (then it is dropped and `message` says so). In
   * the middle of a gesture it gives up that gesture.
   */
  undo() {
    return this.#travel(this.#done, this.#undone, backwards);
  }

  /** Do the last undone step again; answers as `undo`. */
  redo() {
    return this.#travel(this.#undone, this.#done, forwards);
  }

  /**
   * @param {Step[]} from
   * @param {Step[]} to
   * @param {(records: RecordChange[]) => Write[]} direction
   * @returns {{name: string, change: Change} | null}
   */
  #travel(from, to, direction) {
    if (this.#gesture) {
      this.cancel();
      return null;
    }
    const step = from.pop();
    if (!step) return null;
    if (step.overtaken) {
      this.emit("steps", null);
      this.emit("message", `“${step.name}” was left as it is: someone else has changed it since.`);
      return null;
    }
    to.push(step);
    const change = this.#store.write(direction(step.change.records), "history");
    this.emit("steps", null);
    if (!change) return null;
    this.emit("commit", { name: step.name, change });
    return { name: step.name, change };
  }

  /** @param {Change} change */
  #heard(change) {
    if (change.origin === "remote") this.#overtake(change);
    if (change.origin !== "user") return;
    if (!this.#gesture) {
      this.#push("Edit", change);
      return;
    }
    for (const record of change.records) {
      const earlier = this.#gesture.records.get(record.id);
      // The base stays that of the first touch: a change by others in mid-gesture must come out as a conflict.
      this.#gesture.records.set(record.id, earlier ? { ...earlier, after: record.after } : { ...record });
    }
  }

  /**
   * @param {string} name
   * @param {Change} change
   */
  #push(name, change) {
    this.#done.push({ name, change, overtaken: false });
    if (this.#done.length > MOST_STEPS) this.#done.shift();
    this.#undone.length = 0;
    this.emit("steps", null);
    this.emit("commit", { name, change });
    return change;
  }

  /**
   * Steps that touch what others wrote, or that refer to what others deleted, cannot be walked back any more.
   * @param {Change} change
   */
  #overtake({ records }) {
    for (const { id, after } of records) {
      const touched = this.#gesture?.records.get(id);
      if (touched) touched.before = after; // giving the gesture up must show theirs
    }
    const touched = new Set(records.map((record) => record.id));
    const deleted = new Set(records.filter((record) => record.after === null).map((record) => record.id));
    const refers = (/** @type {any} */ value) =>
      value !== null && Object.values(value).some((field) => typeof field === "string" && deleted.has(field));
    for (const step of [...this.#done, ...this.#undone]) {
      step.overtaken ||= step.change.records.some(
        (record) => touched.has(record.id) || (deleted.size > 0 && (refers(record.before) || refers(record.after))),
      );
    }
  }
}

/**
 * @param {RecordChange[]} records
 * @returns {Write[]}
 */
function backwards(records) {
  return records.map(({ id, kind, before }) => ({ id, kind, value: before }));
}

/**
 * @param {RecordChange[]} records
 * @returns {Write[]}
 */
function forwards(records) {
  return records.map(({ id, kind, after }) => ({ id, kind, value: after }));
}
