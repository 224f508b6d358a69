/** What one person has done in one label row and the server does not have yet, in all tabs: the journal, and what it holds. */

import { Emitter } from "../core/emitter.js";
import { sameJson } from "../core/json.js";
import { Journal, MemoryJournal } from "./journal.js";
import { TabChannel } from "./tab_channel.js";

/** @import {Value} from "../core/json.js" */
/** @import {Entry, EntryRecord, Problem} from "./journal.js" */
/** @import {TabMessage} from "./tab_channel.js" */

/** @typedef {{user: number, labelRow: number, title?: string}} Whose  ids, and the title of what is labelled */
/** @typedef {{id: string, revision: number}} Applied  a change, and the revision that it gave its records */
/** @typedef {{value: Value | null, revision: number}} Version  of a record */
/**
 * A change that is not on the server and not on the screen. `yours` is what it would write.
 * @typedef {{id: string, name: string, at: Date, code: string, detail: string,
 *   records: {kind: string, id: string, yours: Value | null, theirs: Value | null}[]}} Undecided
 */

/**
 * Entries are queued (`problem` null: on their way to the server) or undecided (they wait for the user), in order.
 *
 * `change` is emitted after any of what follows. `added`: another tab has queued an entry. `applied`: the server has these, with the
 * entries that were pending. `aside`: these entries build on each other and wait for a decision. `message`: a sentence for the user.
 * @extends {Emitter<{change: null, added: Entry, applied: {applied: readonly Applied[], entries: Map<string, Entry>}, aside: Entry[],
 *   message: string}>}
 */
export class PendingChanges extends Emitter {
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** Entries on their way into the journal, by id. @type {Map<string, Promise<unknown>>} */
  #writing = new Map();
  #journal;
  #tabs;
  #closed = false;
  #askedToKeep = false;

  /**
   * @param {Whose} whose
   * @param {Journal | MemoryJournal} journal
   * @param {TabChannel} tabs
   * @param {readonly Entry[]} left  what the journal holds
   */
  constructor(whose, journal, tabs, left) {
    super();
    this.whose = whose;
    this.#journal = journal;
    this.#tabs = tabs;
    for (const entry of left) this.#entries.set(entry.id, entry);
    tabs.listen((message) => this.#hear(message));
  }

  /**
   * With what earlier tabs left.
   * @param {Whose} whose
   * @param {IDBFactory} [indexedDB]
   */
  static async open(whose, indexedDB) {
    const key = keyOf(whose);
    const tabs = new TabChannel(key); // before the journal is read: what comes into it meanwhile is told
    /** @type {Journal | null} */
    let journal = null;
    try {
      journal = await Journal.open(key, indexedDB);
      return new PendingChanges(whose, journal, tabs, await journal.entries());
    } catch {
      journal?.close();
      return new PendingChanges(whose, new MemoryJournal(), tabs, []);
    }
  }

  /** False where the browser keeps nothing: what is pending lives as long as the tab. */
  get isKept() {
    return this.#journal instanceof Journal;
  }

  /** Of all tabs, for locks. */
  get key() {
    return keyOf(this.whose);
  }

  /** What is to be sent, in order. */
  get queued() {
    return [...this.#entries.values()].filter((entry) => entry.problem === null);
  }

  /** The title of what was labelled, as far as the entries know it. */
  get title() {
    return [...this.#entries.values()].find(({ title }) => title)?.title ?? null;
  }

  /** Whether something is on its way into the journal. */
  get isWriting() {
    return this.#writing.size > 0;
  }

  /** @param {string} id  of a change */
  has(id) {
    return this.#entries.has(id);
  }

  /** Whether it is still to be sent. @param {Entry} entry */
  isQueued({ id }) {
    return this.#entries.get(id)?.problem === null;
  }

  /**
   * The records that queued changes write: what is shown of them is not the server's version.
   * @param {Entry} [besides]  is left out
   */
  touched(besides) {
    return new Set(this.queued.flatMap((entry) => (entry === besides ? [] : entry.records.map((record) => record.id))));
  }

  /**
   * Queue a change that was made in this tab.
   * @param {string} name  for the user
   * @param {{id: string, records: readonly {kind: string, id: string, before: Value | null, after: Value | null, base: number}[]}} change
   */
  add(name, change) {
    const { queued } = this;
    const records = change.records.map(({ kind, id, before, after, base }) => ({
      kind,
      id,
      base: queued.findLast((entry) => entry.records.some((record) => record.id === id))?.id ?? base,
      before,
      value: after,
    }));
    /** @type {Entry} */
    const entry = { seq: null, key: this.key, id: change.id, name, title: this.whose.title, at: Date.now(), records, problem: null };
    this.#entries.set(entry.id, entry);
    this.#askToKeep();
    const writing = this.#journal.add(entry).then(
      (seq) => {
        entry.seq = seq;
        this.#tell({ type: "queued", entry });
      },
      (error) => {
        const why = error?.name === "QuotaExceededError" ? "The disk space of this browser is full" : "This browser could not keep the change";
        this.emit("message", `${why}: do not close the tab before “Saved” is shown.`);
      },
    );
    this.#writing.set(entry.id, writing);
    void writing.finally(() => this.#writing.delete(entry.id));
    this.emit("change", null);
  }

  /**
   * Resolves when these entries are in the journal, or cannot be: before that they have no `seq` to find them by.
   * @param {readonly Entry[]} [entries]  all, if not given
   */
  async written(entries) {
    await Promise.allSettled(entries ? entries.map(({ id }) => this.#writing.get(id)) : [...this.#writing.values()]);
  }

  /** The server has these changes. Resolves when the journal is without them. @param {readonly Applied[]} applied */
  async settle(applied) {
    const done = this.#settled(applied);
    await this.#remove(done);
    if (applied.length > 0) this.#tell({ type: "applied", applied: [...applied] });
  }

  /**
   * The server does not take a change: it and those that build on it wait for the user's decision. Resolves when the journal has it.
   * @param {Entry} refused
   * @param {Omit<Problem, "theirs" | "group">} why
   * @param {ReadonlyMap<string, Version>} told  the server's versions, as far as its answer says
   * @param {(record: EntryRecord) => Version} known  the server's version of another record, as far as this page knows
   */
  async setAside(refused, { kind, code, detail }, told, known) {
    const group = this.#buildingOn(refused);
    /** @type {Problem["theirs"]} */
    const theirs = {};
    for (const entry of group) {
      for (const record of entry.records) theirs[record.id] ??= told.get(record.id) ?? known(record);
    }
    for (const entry of group) entry.problem = { kind, code, detail, theirs, group: refused.id };
    this.emit("aside", group);
    this.emit("change", null);
    await this.written(group);
    // What stays queued in the journal is sent once more, and refused as before.
    await this.#journal.update(group).catch(() => {});
    this.#tell({ type: "aside", group });
  }

  /**
   * The undecided change and those that share its fate.
   * @param {string} id
   */
  group(id) {
    return [...this.#entries.values()].filter((entry) => entry.problem?.group === id);
  }

  /** Give entries up: they have been decided. @param {readonly Entry[]} entries */
  async forget(entries) {
    for (const { id } of entries) this.#entries.delete(id);
    this.emit("change", null);
    await this.#remove(entries);
    this.#tell({ type: "forgotten", ids: entries.map((entry) => entry.id) });
  }

  /**
   * One for each group that waits for a decision.
   * @param {Problem["kind"]} kind
   * @returns {Undecided[]}
   */
  undecided(kind) {
    const leaders = [...this.#entries.values()].filter((entry) => entry.problem?.kind === kind && entry.problem.group === entry.id);
    return leaders.map(({ id, name, at, problem }) => {
      const records = new Map();
      for (const entry of this.group(id)) {
        for (const { kind: of, id: record, value } of entry.records) {
          records.set(record, { kind: of, id: record, yours: value, theirs: problem?.theirs[record]?.value ?? null });
        }
      }
      const { code = "", detail = "" } = problem ?? {};
      return { id, name, at: new Date(at), code, detail, records: [...records.values()].filter(({ yours, theirs }) => !sameJson(yours, theirs)) };
    });
  }

  close() {
    this.#closed = true;
    this.#tabs.close();
    this.#journal.close();
  }

  /** A queued entry and the queued ones after it that cannot be saved without it. @param {Entry} refused */
  #buildingOn(refused) {
    const group = [refused];
    const records = new Map(refused.records.map((record) => [record.id, record]));
    const { queued } = this;
    for (const entry of queued.slice(queued.indexOf(refused) + 1)) {
      const builds = entry.records.some(({ id, value }) => records.has(id) || (value?.track && records.get(value.track)?.before === null));
      if (!builds) continue;
      group.push(entry);
      for (const record of entry.records) if (!records.has(record.id)) records.set(record.id, record);
    }
    return group;
  }

  /** @param {readonly Applied[]} applied @returns {Entry[]} that were pending */
  #settled(applied) {
    /** @type {Map<string, Entry>} */
    const entries = new Map();
    for (const { id } of applied) {
      const entry = this.#entries.get(id);
      if (entry) entries.set(id, entry);
      this.#entries.delete(id);
    }
    this.emit("applied", { applied, entries });
    this.emit("change", null);
    return [...entries.values()];
  }

  /** @param {readonly Entry[]} entries */
  async #remove(entries) {
    await this.written(entries);
    // What stays in the journal is sent once more, and answered as applied before; or asked about once more.
    await this.#journal.remove(entries).catch(() => {});
  }

  /** @param {TabMessage} message */
  #hear(message) {
    if (message.type === "applied") {
      this.#settled(message.applied);
      return;
    }
    if (message.type === "queued") {
      const { entry } = message;
      if (this.#entries.has(entry.id)) return;
      this.#entries.set(entry.id, entry);
      this.emit("added", entry);
    } else if (message.type === "aside") {
      for (const entry of message.group) this.#entries.set(entry.id, entry);
      this.emit("aside", message.group);
    } else {
      for (const id of message.ids) this.#entries.delete(id);
    }
    this.emit("change", null);
  }

  /** @param {TabMessage} message */
  #tell(message) {
    if (!this.#closed) this.#tabs.tell(message);
  }

  /** Ask the browser, once, not to throw the journal away when it needs space. */
  #askToKeep() {
    if (this.#askedToKeep) return;
    this.#askedToKeep = true;
    void globalThis.navigator?.storage?.persist?.();
  }
}

/** @param {Whose} whose */
function keyOf({ user, labelRow }) {
  return `${user}:${labelRow}`;
}

/** Whose entries have this key. @param {string} key @returns {Whose} */
export function whoseKey(key) {
  const [user, labelRow] = key.split(":").map(Number);
  return { user, labelRow };
}
