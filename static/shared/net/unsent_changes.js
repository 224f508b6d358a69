/** What this browser still holds of one person's label changes, of whatever label row: counted, and sent without an editor. */

import { Emitter } from "../core/emitter.js";
import { ChangeSender } from "./change_sender.js";
import { Journal } from "./journal.js";
import { PendingChanges, whoseKey } from "./pending_changes.js";

/** @import {SenderOptions, Trouble} from "./change_sender.js" */

/** A label row with changes that wait for a decision, which the editor asks for. @typedef {{labelRow: number, title: string, count: number}} Undecided */
/**
 * `queued`: changes on their way. `undecided`: by label row. `others`: somebody else who has used this browser has left changes in
 * it; no more is told of those.
 * @typedef {{queued: number, trouble: Trouble | null, undecided: readonly Undecided[], others: boolean}} Unsent
 */

/**
 * Emits `change` when `state` may be another.
 * @extends {Emitter<{change: null}>}
 */
export class UnsentChanges extends Emitter {
  #user;
  #indexedDB;
  #options;
  /** By label row; null while it is opened. @type {Map<number, {pending: PendingChanges, sender: ChangeSender} | null>} */
  #rows = new Map();
  #others = false;
  #closed = false;

  /**
   * @param {number} user
   * @param {SenderOptions & {indexedDB?: IDBFactory}} [options]
   */
  constructor(user, { indexedDB = globalThis.indexedDB, ...options } = {}) {
    super();
    this.#user = user;
    this.#indexedDB = indexedDB;
    this.#options = options;
  }

  /** @returns {Unsent} */
  get state() {
    const rows = [...this.#rows.values()].filter((row) => row !== null);
    return {
      queued: rows.reduce((sum, { pending }) => sum + pending.queued.length, 0),
      trouble: rows.map(({ sender }) => sender.trouble).find((trouble) => trouble !== null) ?? null,
      undecided: rows.flatMap(({ pending }) => {
        const count = pending.undecided("conflict").length + pending.undecided("refused").length;
        const { labelRow } = pending.whose;
        return count === 0 ? [] : [{ labelRow, title: pending.title ?? `Labels ${labelRow}`, count }];
      }),
      others: this.#others,
    };
  }

  /** See what the journal holds now, and send what is this person's. Resolves when it is being sent. */
  async look() {
    /** @type {Map<string, number>} */
    let counts;
    try {
      counts = await Journal.counts(this.#indexedDB);
    } catch {
      return; // a browser that keeps nothing has nothing left over
    }
    const left = [...counts.keys()].map(whoseKey);
    this.#others = left.some(({ user }) => user !== this.#user);
    await Promise.all(left.filter(({ user }) => user === this.#user).map(({ labelRow }) => this.#open(labelRow)));
    this.emit("change", null);
  }

  close() {
    this.#closed = true;
    for (const labelRow of [...this.#rows.keys()]) this.#shut(labelRow);
  }

  /** @param {number} labelRow */
  async #open(labelRow) {
    if (this.#rows.has(labelRow)) return;
    this.#rows.set(labelRow, null);
    const pending = await PendingChanges.open({ user: this.#user, labelRow }, this.#indexedDB);
    if (this.#closed) return pending.close();
    const sender = new ChangeSender(pending, this.#options);
    this.#rows.set(labelRow, { pending, sender });
    const changed = () => {
      // Done with: what an editor queues there later is found by the next look.
      if (pending.queued.length === 0 && sender.trouble === null && pending.undecided("conflict").length + pending.undecided("refused").length === 0) this.#shut(labelRow);
      this.emit("change", null);
    };
    pending.on("change", () => setTimeout(changed, 0)); // once the sender is through with its answer
    sender.on("trouble", changed);
    sender.sendNow();
  }

  /** @param {number} labelRow */
  #shut(labelRow) {
    const row = this.#rows.get(labelRow);
    this.#rows.delete(labelRow);
    row?.sender.close();
    row?.pending.close();
  }
}

/**
 * How many changes of a person this browser holds that are not saved, those that wait for a decision included.
 * @param {number} user
 * @param {IDBFactory} [indexedDB]
 */
export async function countUnsent(user, indexedDB) {
  try {
    const counts = await Journal.counts(indexedDB);
    return [...counts].reduce((sum, [key, count]) => sum + (whoseKey(key).user === user ? count : 0), 0);
  } catch {
    return 0;
  }
}
