/** Brings every change to the server, whatever happens to the network, the tab or the browser; and brings in those of others. */

import { Emitter } from "../core/emitter.js";
import { sameJson } from "../core/store.js";
import { ApiError, Unreachable, get, request } from "./api.js";
import { Journal, MemoryJournal } from "./journal.js";

/** @import {Change, Store, Value, Write} from "../core/store.js" */
/** @import {History} from "../core/history.js" */
/** @import {Entry, EntryRecord, Problem} from "./journal.js" */
/** @import {Live, LiveEvent} from "./live.js" */

/** @typedef {{kind: string, id: string, revision: number, value: Value | null}} ServerRecord */
/** @typedef {{id: number, revision: number, may_label: boolean, user: {id: number, username: string}, records: ServerRecord[]}} LabelRow */
/**
 * What the user is told, always. `at`: when the last change was saved. `pending`: changes that are on their way.
 * `conflicts`, `refused`: those that wait for a decision. `detail` says what `offline`, `error` (the server answers, but fails) and
 * `signed_out` are about.
 * @typedef {{kind: "saved" | "saving" | "offline" | "error" | "conflict" | "refused" | "signed_out" | "readonly", at: Date | null,
 *   pending: number, conflicts: Undecided[], refused: Undecided[], detail: string | null}} SaveState
 */
/**
 * A change that is not on the server and not on the screen. `yours` is what it would write.
 * @typedef {{id: string, name: string, at: Date, code: string, detail: string,
 *   records: {kind: string, id: string, yours: Value | null, theirs: Value | null}[]}} Undecided
 */
/**
 * The server's version of a record that is not shown, since a queued change writes it. `asOf`: the revision of the row at which it
 * was the newest one. A record that the row does not have is null at revision 0: it may have been deleted at any revision.
 * @typedef {ServerRecord & {asOf: number}} Held
 */
/** @typedef {{request: (name: string, work: () => Promise<void>) => Promise<void>}} Locks */
/**
 * @typedef {object} Means  what the browser gives; tests give their own
 * @property {typeof globalThis.fetch} [fetch]
 * @property {IDBFactory} [indexedDB]
 * @property {Locks | undefined} [locks]  only secure pages have them
 * @property {number} [gatherMs]  how long changes are gathered for one request
 * @property {number} [shortestWaitMs]  before the server is tried again
 */

const GATHER_MS = 300;
const MOST_CHANGES = 200; // in one request
const MOST_RECORDS = 5000; // in one request, unless one change alone has more
const KEEPALIVE_BYTES = 60_000; // browsers allow 64 kB in all
const SHORTEST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const REFUSED_FOR_GOOD = new Set([400, 404, 409, 413, 422]);
const AWAY = new Set([429, 502, 503, 504]); // what a proxy, or a server that starts, answers

/**
 * Listens to `history` for what to save and to `live` for what others saved.
 * `state` is emitted with a {@link SaveState} whenever it changes; `message` with a sentence for the user.
 * @extends {Emitter<{state: SaveState, message: string}>}
 */
export class LabelSync extends Emitter {
  /** What is not on the server: queued (`problem` null) or undecided, in order, of all tabs. @type {Map<string, Entry>} */
  #entries = new Map();
  /** The server's versions of records that queued entries touch, as far as they are known. @type {Map<string, Held>} */
  #held = new Map();
  /** Entries on their way into the journal, by id. @type {Map<string, Promise<unknown>>} */
  #writing = new Map();
  /** Changes of this page that the server has applied: their events are no news. @type {Set<string>} */
  #own = new Set();
  /** @type {Journal | MemoryJournal} */
  #journal = new MemoryJournal();
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {Promise<void> | null} */
  #draining = null;
  #again = false;
  /** @type {any} */
  #timer = null;
  #failures = 0;
  #closed = false;
  #revision = 0;
  /** @type {"offline" | "error" | "signed_out" | null} */
  #trouble = null;
  /** @type {string | null} */
  #troubleDetail = null;
  /** @type {Date | null} */
  #savedAt = null;
  #askedToKeep = false;
  #mayLabel = true;
  #row;
  #key;
  #url;
  #store;
  #history;
  #live;
  /** @type {(() => void)[]} */
  #stops = [];
  #fetch;
  #indexedDB;
  #locks;
  #gatherMs;
  #shortestWaitMs;

  /**
   * @param {LabelRow} row  as GET /api/label-rows/<id>/ gave it
   * @param {Store} store
   * @param {History} history
   * @param {Live | null} live
   * @param {Means} [means]
   */
  constructor(row, store, history, live, means = {}) {
    super();
    this.#row = row;
    this.#key = `${row.user.id}:${row.id}`;
    this.#url = `/api/label-rows/${row.id}/changes/`;
    this.#store = store;
    this.#history = history;
    this.#live = live;
    this.#mayLabel = row.may_label;
    this.#fetch = means.fetch ?? globalThis.fetch.bind(globalThis);
    this.#indexedDB = means.indexedDB ?? globalThis.indexedDB;
    this.#locks = "locks" in means ? means.locks : /** @type {Locks | undefined} */ (globalThis.navigator?.locks);
    this.#gatherMs = means.gatherMs ?? GATHER_MS;
    this.#shortestWaitMs = means.shortestWaitMs ?? SHORTEST_WAIT_MS;
  }

  /**
   * Fill the store with the labels of the row and with what this browser has not brought to the server yet; from then on
   * save. Show nothing before it resolves.
   */
  async open() {
    const left = await this.#openJournal();
    const { records, revision } = this.#row;
    this.#revision = revision;
    this.#store.write(records, "remote");
    for (const entry of left) this.#replay(entry);

    this.#stops.push(this.#history.on("commit", ({ name, change }) => this.#queue(name, change)));
    if (this.#live) {
      const topic = `label_row:${this.#row.id}`;
      this.#stops.push(
        this.#live.on("event", (event) => this.#heard(event)),
        // Between the page's first look and its subscription somebody may have saved.
        this.#live.on("subscribed", ({ topics }) => void (topics.includes(topic) && this.#catchUp())),
        this.#live.on("reload", () => void this.#catchUp()),
        this.#live.on("state", (state) => state === "connected" && this.#retryNow()),
      );
      this.#live.subscribe([topic]);
    }
    if (typeof BroadcastChannel !== "undefined") {
      this.#channel = new BroadcastChannel(`onframe-labels:${this.#key}`);
      this.#channel.onmessage = ({ data }) => this.#toldByTab(data);
    }
    this.#listenToPage();
    this.#tell();
    if (this.#queued().length > 0) this.#soon(0);
  }

  /** What the user is told at this moment. @returns {SaveState} */
  get state() {
    const pending = this.#queued().length;
    const conflicts = this.#undecided("conflict");
    const refused = this.#undecided("refused");
    /** @type {SaveState["kind"]} */
    let kind = "saved";
    if (this.#trouble === "signed_out") kind = "signed_out";
    else if (conflicts.length > 0) kind = "conflict";
    else if (refused.length > 0) kind = "refused";
    else if (this.#trouble !== null && pending > 0) kind = this.#trouble;
    else if (pending > 0) kind = "saving";
    else if (!this.#mayLabel) kind = "readonly";
    return { kind, at: this.#savedAt, pending, conflicts, refused, detail: this.#troubleDetail };
  }

  /**
   * Write an undecided change over what is there now, as a new change of its own ("keep mine", "try again"). Undo brings back theirs.
   * @param {string} id
   */
  async keepMine(id) {
    const group = this.#group(id);
    const name = group[0]?.name ?? "Edit";
    /** @type {Map<string, Write>} */
    const writes = new Map();
    for (const { records } of group) {
      for (const { kind, id: record, value } of records) writes.set(record, { id: record, kind, value });
    }
    // The new change is in the journal before the old one leaves it: a crash in between asks again, and loses nothing.
    this.#history.do(name, [...writes.values()]);
    await this.#written();
    await this.#forget(group);
  }

  /**
   * Give an undecided change up ("take theirs", "discard"): the screen shows the server's version already.
   * @param {string} id
   */
  async takeTheirs(id) {
    await this.#forget(this.#group(id));
  }

  /** Send everything now: before the page goes, or when the user asks for it. */
  flush() {
    this.#retryNow();
  }

  /** Resolves when nothing is queued, or when it cannot be brought to the server now. */
  async settled() {
    while (this.#timer !== null || this.#draining || this.#writing.size > 0) {
      if (this.#trouble !== null && !this.#draining) return;
      await this.#written();
      if (this.#timer !== null && this.#trouble === null) this.#soon(0);
      await this.#draining;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
    this.#channel?.close();
    this.#journal.close();
  }

  // -- into the journal ---------------------------------------------------------------------------------------

  /** Resolves to what earlier tabs left. @returns {Promise<Entry[]>} */
  async #openJournal() {
    /** @type {Journal | null} */
    let journal = null;
    try {
      journal = await Journal.open(this.#key, this.#indexedDB);
      const left = await journal.entries();
      this.#journal = journal;
      return left;
    } catch {
      journal?.close();
      // The state is told in words: work goes on, but only as long as the tab lives.
      this.emit("message", "This browser keeps nothing for this page: do not close the tab before “Saved” is shown.");
      return [];
    }
  }

  /**
   * Show a change of an earlier tab, or of another. The server may have it already, and something newer over it: that is kept, to be
   * shown when the answer says so.
   * @param {Entry} entry
   */
  #replay(entry) {
    if (entry.problem === null) this.#holdShown(entry);
    this.#entries.set(entry.id, entry);
    if (entry.problem !== null) return;
    this.#store.write(entry.records.map(({ kind, id, value }) => ({ kind, id, value })), "remote");
  }

  /** @param {Entry} entry  that is about to be shown over the server's versions */
  #holdShown({ records }) {
    const touched = this.#touched();
    for (const { kind, id } of records) {
      if (touched.has(id)) continue; // what is shown is not the server's
      this.#held.set(id, { kind, id, value: this.#store.get(id), revision: this.#store.revision(id), asOf: this.#revision });
    }
  }

  /**
   * @param {string} name
   * @param {Change} change
   */
  #queue(name, change) {
    const queued = this.#queued();
    const records = change.records.map(({ kind, id, before, after, base }) => ({
      kind,
      id,
      base: queued.findLast((entry) => entry.records.some((record) => record.id === id))?.id ?? base,
      before,
      value: after,
    }));
    /** @type {Entry} */
    const entry = { seq: null, key: this.#key, id: change.id, name, at: Date.now(), records, problem: null };
    this.#entries.set(entry.id, entry);
    this.#askToKeep();
    const writing = this.#journal.add(entry).then(
      (seq) => {
        entry.seq = seq;
        this.#broadcast({ type: "queued", entry });
      },
      (error) => {
        const full = error?.name === "QuotaExceededError";
        this.emit("message", `${full ? "The disk space of this browser is full" : "This browser could not keep the change"}: do not close the tab before “Saved” is shown.`);
      },
    );
    this.#writing.set(entry.id, writing);
    void writing.finally(() => this.#writing.delete(entry.id));
    this.#tell();
    // While the server cannot be reached the next try is planned already.
    if (this.#trouble === null) this.#soon(this.#gatherMs);
  }

  /**
   * Resolves when these entries are in the journal, or cannot be: before that they have no `seq` to find them by.
   * @param {readonly Entry[]} [entries]  all, if not given
   */
  async #written(entries) {
    const writing = entries ? entries.map(({ id }) => this.#writing.get(id)) : [...this.#writing.values()];
    await Promise.allSettled(writing);
  }

  /** Ask the browser, once, not to throw the journal away when it needs space. */
  #askToKeep() {
    if (this.#askedToKeep) return;
    this.#askedToKeep = true;
    void globalThis.navigator?.storage?.persist?.();
  }

  // -- to the server ------------------------------------------------------------------------------------------

  /** @param {number} ms */
  #soon(ms) {
    if (this.#closed || (this.#timer !== null && ms > 0)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#drain();
    }, ms);
  }

  #retryNow() {
    this.#failures = 0;
    if (this.#queued().length > 0) this.#soon(0);
  }

  /** One request at a time, of all tabs where the browser has locks; without them the ids keep it harmless. */
  #drain() {
    if (this.#draining) {
      this.#again = true;
      return this.#draining;
    }
    const work = async () => {
      while (!this.#closed && (await this.#sendSome()));
    };
    this.#draining = (async () => {
      try {
        await (this.#locks ? this.#locks.request(`onframe-labels:${this.#key}`, work) : work());
      } catch (error) {
        await this.#failed(error);
      }
      this.#draining = null;
      this.#tell();
      if (this.#again && this.#trouble === null) this.#soon(0);
      this.#again = false;
    })();
    return this.#draining;
  }

  /** Send what fits into one request; resolves to whether to go on. @returns {Promise<boolean>} */
  async #sendSome() {
    await this.#written(); // the disk first
    const batch = this.#batch();
    if (batch.length === 0) return false;
    let answer;
    try {
      answer = await request("POST", this.#url, body(this.#row.user.id, batch), { fetch: this.#fetch });
    } catch (error) {
      return this.#failed(error, batch);
    }
    this.#recovered();
    await this.#applied(answer.applied);
    return true;
  }

  #batch() {
    /** @type {Entry[]} */
    const batch = [];
    let records = 0;
    for (const entry of this.#queued()) {
      records += entry.records.length;
      if (batch.length === MOST_CHANGES || (batch.length > 0 && records > MOST_RECORDS)) break;
      batch.push(entry);
    }
    return batch;
  }

  /**
   * Resolves to whether to go on with what is left.
   * @param {unknown} error
   * @param {Entry[]} [batch]
   * @returns {Promise<boolean>}
   */
  async #failed(error, batch = []) {
    if (error instanceof ApiError) {
      await this.#applied(error.body?.applied ?? []);
      const refused = batch.find((entry) => entry.id === error.body?.change);
      if (error.status === 412 && refused) {
        this.#recovered();
        await this.#setAside(refused, "conflict", error);
        return true;
      }
      if (error.status === 401 || error.code === "csrf" || error.code === "another_user") {
        this.#wait("signed_out", error.code === "another_user" ? error.detail : "Signed out: sign in to save.");
        return false;
      }
      if (error.status === 413 && batch.length > 1) return this.#oneByOne(batch);
      if (REFUSED_FOR_GOOD.has(error.status) || error.status === 403) {
        this.#recovered();
        // Without a name it is the whole request that was not taken.
        for (const entry of refused ? [refused] : batch) {
          if (this.#entries.get(entry.id)?.problem === null) await this.#setAside(entry, "refused", error);
        }
        return true;
      }
    } else if (!(error instanceof Unreachable)) {
      console.error(error);
    }
    if (error instanceof ApiError && !AWAY.has(error.status)) this.#wait("error", serverError(error));
    else this.#wait("offline", error instanceof ApiError ? error.detail : "The server cannot be reached.");
    return false;
  }

  /** @param {Entry[]} batch */
  async #oneByOne(batch) {
    for (const entry of batch) {
      try {
        const answer = await request("POST", this.#url, body(this.#row.user.id, [entry]), { fetch: this.#fetch });
        await this.#applied(answer.applied);
      } catch (error) {
        return this.#failed(error, [entry]);
      }
    }
    return true;
  }

  /**
   * @param {"offline" | "error" | "signed_out"} trouble
   * @param {string} detail
   */
  #wait(trouble, detail) {
    this.#trouble = trouble;
    this.#troubleDetail = detail;
    const wait = Math.min(this.#shortestWaitMs * 2 ** this.#failures, LONGEST_WAIT_MS);
    this.#failures += 1;
    this.#tell();
    this.#soon(wait * (0.75 + Math.random() / 2));
  }

  #recovered() {
    this.#trouble = null;
    this.#troubleDetail = null;
    this.#failures = 0;
  }

  /** @param {{id: string, revision: number}[]} applied */
  async #applied(applied) {
    const done = applied.map(({ id }) => this.#entries.get(id)).filter((entry) => entry !== undefined);
    this.#acknowledge(applied);
    await this.#written(done);
    // What stays in the journal is sent once more, and answered as applied before.
    await this.#journal.remove(done).catch(() => {});
    if (applied.length > 0) this.#broadcast({ type: "applied", applied });
  }

  /** @param {{id: string, revision: number}[]} applied */
  #acknowledge(applied) {
    let missed = Infinity;
    for (const { id, revision } of applied) {
      const entry = this.#entries.get(id);
      this.#own.add(id);
      if (!entry) continue;
      this.#entries.delete(id);
      for (const { id: record } of entry.records) {
        const held = this.#held.get(record);
        if (held && held.asOf < revision) this.#held.delete(record); // this change was made over it
        else if (held && held.revision < revision) missed = Math.min(missed, revision); // deleted since, who knows when
        // Applied before, and changed by someone else since: what is known of that is newer.
        if (revision > this.#store.revision(record)) this.#store.setRevision(record, revision);
      }
      this.#savedAt = new Date();
    }
    this.#releaseHeld();
    if (missed < Infinity) void this.#catchUp(missed);
    this.#tell();
  }

  // -- what cannot be saved -----------------------------------------------------------------------------------

  /**
   * The change, and those after it that build on it, wait for the user's decision; the screen shows the server's version.
   * @param {Entry} refused
   * @param {"conflict" | "refused"} kind
   * @param {ApiError} error
   */
  async #setAside(refused, kind, error) {
    const group = [refused];
    const records = new Map(refused.records.map((record) => [record.id, record]));
    const queued = this.#queued();
    for (const entry of queued.slice(queued.indexOf(refused) + 1)) {
      const builds = entry.records.some(({ id, value }) => records.has(id) || (value?.track && records.get(value.track)?.before === null));
      if (!builds) continue;
      group.push(entry);
      for (const record of entry.records) if (!records.has(record.id)) records.set(record.id, record);
    }
    /** @type {Problem["theirs"]} */
    const theirs = {};
    for (const { id, before } of records.values()) {
      const held = this.#held.get(id);
      theirs[id] = { value: held ? held.value : before, revision: Math.max(held?.revision ?? 0, this.#store.revision(id)) };
    }
    for (const { id, theirs: value, revision } of error.body?.conflicts ?? []) theirs[id] = { value, revision };
    for (const entry of group) {
      entry.problem = { kind, code: error.code, detail: error.detail, theirs, group: refused.id };
    }
    this.#showTheirs(group);
    await this.#written(group);
    await this.#journal.update(group);
    this.#broadcast({ type: "aside", group });
    this.emit("message", kind === "conflict" ? `Someone else has changed the same labels. “${refused.name}” waits for your decision.` : `“${refused.name}” was not accepted: ${error.detail}`);
  }

  /** @param {Entry[]} group */
  #showTheirs(group) {
    const theirs = group[0].problem?.theirs ?? {};
    const kinds = new Map(group.flatMap((entry) => entry.records.map((record) => [record.id, record.kind])));
    const touched = this.#touched();
    const free = [...kinds].filter(([id]) => !touched.has(id));
    this.#store.write(
      free.map(([id, kind]) => ({ id, kind, value: theirs[id].value, revision: theirs[id].revision })),
      "remote",
    );
    for (const [id] of free) this.#held.delete(id);
    this.#tell();
  }

  /**
   * The undecided change and those that share its fate.
   * @param {string} id
   */
  #group(id) {
    return [...this.#entries.values()].filter((entry) => entry.problem?.group === id);
  }

  /** @param {Entry[]} entries */
  async #forget(entries) {
    for (const { id } of entries) this.#entries.delete(id);
    this.#tell();
    await this.#written(entries);
    await this.#journal.remove(entries);
    this.#broadcast({ type: "forgotten", ids: entries.map((entry) => entry.id) });
  }

  /**
   * @param {"conflict" | "refused"} kind
   * @returns {Undecided[]}
   */
  #undecided(kind) {
    const leaders = [...this.#entries.values()].filter((entry) => entry.problem?.kind === kind && entry.problem.group === entry.id);
    return leaders.map(({ id, name, at, problem }) => {
      const records = new Map();
      for (const entry of this.#group(id)) {
        for (const { kind: of, id: record, value } of entry.records) {
          records.set(record, { kind: of, id: record, yours: value, theirs: problem?.theirs[record]?.value ?? null });
        }
      }
      const { code = "", detail = "" } = problem ?? {};
      return { id, name, at: new Date(at), code, detail, records: [...records.values()].filter(({ yours, theirs }) => !sameJson(yours, theirs)) };
    });
  }

  // -- from others --------------------------------------------------------------------------------------------

  /** @param {LiveEvent} event */
  #heard({ topic, type, data }) {
    if (topic !== `label_row:${this.#row.id}` || type !== "labels.changed") return;
    if (data.revision <= this.#revision) return;
    const missed = data.revision > this.#revision + 1;
    if (missed || data.records === null) {
      void this.#catchUp();
      return;
    }
    this.#revision = data.revision;
    if (!this.#own.delete(data.change) && !this.#entries.has(data.change)) this.#take(data.records);
  }

  /** Ask for what is new. What fails here is asked for again when the socket is back. */
  async #catchUp(after = this.#revision) {
    let news;
    try {
      news = await get(`${this.#url}?after=${after}`, { fetch: this.#fetch });
    } catch {
      return;
    }
    if (this.#closed) return;
    this.#revision = Math.max(this.#revision, news.revision);
    this.#take(news.records);
  }

  /** @param {ServerRecord[]} records */
  #take(records) {
    const fresh = records.filter(({ id, revision }) => revision > this.#store.revision(id));
    const touched = this.#touched();
    for (const record of fresh) {
      const newer = record.revision > (this.#held.get(record.id)?.revision ?? 0);
      if (touched.has(record.id) && newer) this.#held.set(record.id, { ...record, asOf: record.revision });
    }
    this.#store.write(fresh.filter(({ id }) => !touched.has(id)), "remote");
  }

  /** Own changes are through: what others wrote after them may be shown. */
  #releaseHeld() {
    if (this.#held.size === 0) return;
    const touched = this.#touched();
    const free = [...this.#held.values()].filter(({ id }) => !touched.has(id));
    for (const { id } of free) this.#held.delete(id);
    this.#store.write(free.map(({ kind, id, value, revision }) => ({ kind, id, value, revision: Math.max(revision, this.#store.revision(id)) })), "remote");
  }

  /** The records that queued changes write. */
  #touched() {
    return new Set(this.#queued().flatMap((entry) => entry.records.map((record) => record.id)));
  }

  #queued() {
    return [...this.#entries.values()].filter((entry) => entry.problem === null);
  }

  // -- other tabs and the page itself -------------------------------------------------------------------------

  /** @param {any} message */
  #broadcast(message) {
    if (!this.#closed) this.#channel?.postMessage(message);
  }

  /** @param {any} message */
  #toldByTab(message) {
    if (message.type === "queued" && !this.#entries.has(message.entry.id)) {
      this.#replay(message.entry);
    } else if (message.type === "applied") {
      this.#acknowledge(message.applied);
    } else if (message.type === "aside") {
      for (const entry of message.group) this.#entries.set(entry.id, entry);
      this.#showTheirs(message.group);
    } else if (message.type === "forgotten") {
      for (const id of message.ids) this.#entries.delete(id);
    }
    this.#tell();
  }

  #listenToPage() {
    const listen = (/** @type {EventTarget | undefined} */ target, /** @type {string} */ type, /** @type {() => void} */ listener) => {
      target?.addEventListener?.(type, listener);
      this.#stops.push(() => target?.removeEventListener?.(type, listener));
    };
    listen(globalThis, "online", () => this.#retryNow());
    listen(globalThis, "focus", () => this.#trouble && this.#retryNow());
    listen(globalThis, "pagehide", () => this.#sendLast());
    listen(globalThis.document, "visibilitychange", () => {
      if (globalThis.document.visibilityState === "hidden") this.#sendLast();
      else if (this.#trouble) this.#retryNow();
    });
  }

  /** The page goes: what fits into a request that outlives it. The journal has it all the same. */
  #sendLast() {
    /** @type {Entry[]} */
    const batch = [];
    for (const entry of this.#queued()) {
      if (new Blob([body(this.#row.user.id, [...batch, entry])]).size > KEEPALIVE_BYTES) break;
      batch.push(entry);
    }
    if (batch.length === 0 || this.#trouble === "signed_out") return;
    request("POST", this.#url, body(this.#row.user.id, batch), { fetch: this.#fetch, keepalive: true }).then(
      ({ applied }) => this.#applied(applied),
      () => {}, // the ordinary way tries again, here or in the next tab, and finds the reason
    );
  }

  #tell() {
    if (!this.#closed) this.emit("state", this.state);
  }
}

/**
 * @param {number} user
 * @param {readonly Entry[]} entries
 */
function body(user, entries) {
  return JSON.stringify({
    user,
    changes: entries.map(({ id, records }) => ({
      id,
      records: records.map(({ kind, id: record, base, value }) => ({ kind, id: record, base, value })),
    })),
  });
}

/** @param {ApiError} error */
function serverError({ detail, body }) {
  return typeof body?.reference === "string" ? `The server has an error (reference ${body.reference}).` : `The server has an error: ${detail}`;
}
