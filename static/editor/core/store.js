/** Records by id, and the one way to change them: undo, saving and live updates all hang on its changes. */

import { Emitter } from "../../shared/core/emitter.js";
import { sameJson } from "../../shared/core/json.js";
import { newId } from "./ids.js";

/** @import {Value} from "../../shared/core/json.js" */

/** @typedef {"user" | "history" | "remote"} Origin */
/** @typedef {{id: string, kind: string, value: Value | null, revision?: number}} Write  `value` null deletes */
/**
 * `base` is the server's revision of the record that the author of this change saw.
 * @typedef {{id: string, kind: string, before: Value | null, after: Value | null, base: number}} RecordChange
 */
/** @typedef {{id: string, origin: Origin, records: RecordChange[]}} Change */

/** @type {ReadonlyMap<string, Value>} */
const NONE = new Map();

/**
 * Emits `change` with a {@link Change} after every write that changed something.
 * @extends {Emitter<{change: Change}>}
 */
export class Store extends Emitter {
  /** @type {Map<string, Map<string, Value>>} by kind, then by id */
  #kinds = new Map();
  /** @type {Map<string, string>} kind by id */
  #kindOf = new Map();
  /** @type {Map<string, number>} kept for deleted records too: making one again must name its last revision */
  #revisions = new Map();

  /**
   * The value of a record, or null. Values are frozen: write a new one instead.
   * @param {string} id
   * @returns {any}
   */
  get(id) {
    const kind = this.#kindOf.get(id);
    return (kind !== undefined && this.#kinds.get(kind)?.get(id)) || null;
  }

  /**
   * All records of a kind, by id. A live view: it changes with the store.
   * @param {string} kind
   * @returns {ReadonlyMap<string, any>}
   */
  all(kind) {
    return this.#kinds.get(kind) ?? NONE;
  }

  /**
   * The server's revision of a record; 0 if the server does not know it.
   * @param {string} id
   */
  revision(id) {
    return this.#revisions.get(id) ?? 0;
  }

  /**
   * The server has acknowledged or told of a record at `revision`. No event: the record looks the same.
   * @param {string} id
   * @param {number} revision
   */
  setRevision(id, revision) {
    this.#revisions.set(id, revision);
  }

  /**
   * Write records, all in one change. Writes that change nothing are left out; if none is left there is no
   * event and the answer is null.
   * @param {readonly Write[]} writes
   * @param {Origin} origin
   * @returns {Change | null}
   */
  write(writes, origin) {
    /** @type {Map<string, RecordChange>} */
    const changed = new Map();
    for (const { id, kind, value, revision } of writes) {
      const before = this.get(id);
      const after = value === null ? null : freeze(value);
      const base = this.revision(id);
      if (revision !== undefined) this.#revisions.set(id, revision);
      if (sameJson(before, after)) continue;
      this.#put(id, kind, after);
      const earlier = changed.get(id);
      if (earlier) earlier.after = after;
      else changed.set(id, { id, kind, before, after, base });
    }
    const records = [...changed.values()].filter((record) => !sameJson(record.before, record.after));
    if (records.length === 0) return null;
    const change = { id: newId(), origin, records };
    this.emit("change", change);
    return change;
  }

  /**
   * @param {string} id
   * @param {string} kind
   * @param {Value | null} value
   */
  #put(id, kind, value) {
    let ofKind = this.#kinds.get(kind);
    if (!ofKind) this.#kinds.set(kind, (ofKind = new Map()));
    if (value === null) {
      ofKind.delete(id);
      this.#kindOf.delete(id);
    } else {
      ofKind.set(id, value);
      this.#kindOf.set(id, kind);
    }
  }
}

/**
 * @template T
 * @param {T} value
 * @returns {T}
 */
function freeze(value) {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
