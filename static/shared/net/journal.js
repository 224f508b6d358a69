/** What has been done and is not on the server yet: kept in IndexedDB, so that no crash of tab or browser loses it. */

/** @import {Value} from "../core/json.js" */

/**
 * `base`: the revision that the author saw, or the id of the change before this one in the journal that wrote the record.
 * @typedef {{kind: string, id: string, base: number | string, before: Value | null, value: Value | null}} EntryRecord
 */
/**
 * Why an entry is not on the server and will not get there by itself. `theirs`: the server's versions, by record id.
 * @typedef {{kind: "conflict" | "refused", code: string, detail: string, theirs: Record<string, {value: Value | null, revision: number}>,
 *   group: string}} Problem  `group`: the change that was refused; entries that build on it share its fate
 */
/**
 * One change. `seq` gives the order of all tabs; null: it could not be written. `title` is that of what was labelled.
 * @typedef {{seq: number | null, key: string, id: string, name: string, title?: string, at: number, records: EntryRecord[],
 *   problem: Problem | null}} Entry
 */

const NAME = "onframe-labels";
const STORE = "entries";

/** The entries of one person in one label row. Several tabs may have it open. */
export class Journal {
  #database;
  #key;

  /**
   * @param {IDBDatabase} database
   * @param {string} key
   */
  constructor(database, key) {
    this.#database = database;
    this.#key = key;
  }

  /**
   * @param {string} key  of user and label row
   * @param {IDBFactory} indexedDB
   * @returns {Promise<Journal>}
   * @throws what IndexedDB throws where the browser keeps nothing
   */
  static async open(key, indexedDB = globalThis.indexedDB) {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const entries = request.result.createObjectStore(STORE, { keyPath: "seq", autoIncrement: true });
      entries.createIndex("key", "key");
    };
    const database = await answer(request);
    database.onversionchange = () => database.close();
    return new Journal(database, key);
  }

  get key() {
    return this.#key;
  }

  /**
   * Resolves when the entry is on the disk, with its `seq`.
   * @param {Entry} entry
   * @returns {Promise<number>}
   */
  add(entry) {
    const { seq: _, ...fresh } = entry;
    return this.#write((entries) => /** @type {Promise<number>} */ (answer(entries.add({ ...fresh, key: this.#key }))));
  }

  /**
   * How many entries each key has, of all people who have used this browser.
   * @param {IDBFactory} [indexedDB]
   * @returns {Promise<Map<string, number>>}
   * @throws what IndexedDB throws where the browser keeps nothing
   */
  static async counts(indexedDB = globalThis.indexedDB) {
    const journal = await Journal.open("", indexedDB);
    try {
      const keys = journal.#database.transaction(STORE).objectStore(STORE).index("key").openKeyCursor();
      /** @type {Map<string, number>} */
      const counts = new Map();
      for (let cursor = await answer(keys); cursor !== null; cursor = await answer(keys)) {
        const key = String(cursor.key);
        counts.set(key, (counts.get(key) ?? 0) + 1);
        cursor.continue();
      }
      return counts;
    } finally {
      journal.close();
    }
  }

  /** In order. @returns {Promise<Entry[]>} */
  async entries() {
    const entries = this.#database.transaction(STORE).objectStore(STORE);
    return answer(entries.index("key").getAll(IDBKeyRange.only(this.#key)));
  }

  /** @param {readonly Entry[]} changed */
  update(changed) {
    return this.#write((entries) => {
      for (const entry of changed) if (entry.seq !== null) entries.put(entry);
    });
  }

  /** @param {readonly Entry[]} done */
  remove(done) {
    return this.#write((entries) => {
      for (const { seq } of done) if (seq !== null) entries.delete(seq);
    });
  }

  close() {
    this.#database.close();
  }

  /**
   * @template T
   * @param {(entries: IDBObjectStore) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  async #write(work) {
    const transaction = this.#database.transaction(STORE, "readwrite", { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(undefined);
      transaction.onabort = () => reject(transaction.error ?? new DOMException("", "AbortError"));
    });
    const [result] = await Promise.all([work(transaction.objectStore(STORE)), done]);
    return result;
  }
}

/** The same, for a browser that keeps nothing: as long as the tab lives. */
export class MemoryJournal {
  /** @type {Entry[]} */
  #entries = [];
  #seq = 0;

  /** @param {Entry} entry */
  async add(entry) {
    this.#seq += 1;
    this.#entries.push({ ...entry, seq: this.#seq });
    return this.#seq;
  }

  async entries() {
    return this.#entries.slice();
  }

  /** @param {readonly Entry[]} changed */
  async update(changed) {
    const bySeq = new Map(changed.map((entry) => [entry.seq, entry]));
    this.#entries = this.#entries.map((entry) => bySeq.get(entry.seq) ?? entry);
  }

  /** @param {readonly Entry[]} done */
  async remove(done) {
    const seqs = new Set(done.map((entry) => entry.seq));
    this.#entries = this.#entries.filter((entry) => !seqs.has(entry.seq));
  }

  close() {}
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
