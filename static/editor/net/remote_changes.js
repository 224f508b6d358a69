/** The server's side of a label row: what others change is shown, unless it stands behind own changes that are pending. */

import { get } from "../../shared/net/api.js";

/** @import {Store} from "../core/store.js" */
/** @import {LabelRow, ServerRecord} from "../labels/records.js" */
/** @import {Entry, EntryRecord} from "../../shared/net/journal.js" */
/** @import {Live, LiveEvent} from "../../shared/net/live.js" */
/** @import {Applied, PendingChanges, Version} from "../../shared/net/pending_changes.js" */

/**
 * The server's version of a record that is not shown, since a queued change writes it. `asOf`: the revision of the row at which it
 * was the newest one. A record that the row does not have is null at revision 0: it may have been deleted at any revision.
 * @typedef {ServerRecord & {asOf: number}} Held
 */

/** Writes into the store, with the origin `remote`. */
export class RemoteChanges {
  /** The server's versions of records that queued entries touch, as far as they are known. @type {Map<string, Held>} */
  #held = new Map();
  /** Changes of this page that the server has applied: their events are no news. @type {Set<string>} */
  #own = new Set();
  #revision;
  /** After which revision something is asked for that has not come yet. */
  #missed = Infinity;
  #row;
  #store;
  #pending;
  #fetch;
  #closed = false;
  /** @type {(() => void)[]} */
  #stops = [];

  /**
   * @param {LabelRow} row  as GET /api/label-rows/<id>/ gave it
   * @param {Store} store
   * @param {PendingChanges} pending
   * @param {typeof globalThis.fetch} fetch
   */
  constructor(row, store, pending, fetch) {
    this.#row = row;
    this.#revision = row.revision;
    this.#store = store;
    this.#pending = pending;
    this.#fetch = fetch;
  }

  /** Fill the store: with the labels of the row, and over them with what is pending. From then on it is kept true. */
  open() {
    this.#store.write(this.#row.records, "remote");
    /** @type {Set<string>} */
    const shown = new Set();
    for (const entry of this.#pending.queued) {
      this.#show(entry, shown);
      for (const { id } of entry.records) shown.add(id);
    }
    this.#stops.push(
      this.#pending.on("added", (entry) => this.#show(entry, this.#pending.touched(entry))),
      this.#pending.on("applied", ({ applied, entries }) => this.#acknowledge(applied, entries)),
      this.#pending.on("aside", (group) => this.#showTheirs(group)),
    );
  }

  /** Hear of what others do. @param {Live} live */
  follow(live) {
    const topic = `label_row:${this.#row.id}`;
    this.#stops.push(
      live.on("event", (event) => event.topic === topic && this.#hear(event)),
      // Between the page's first look and its subscription somebody may have saved.
      live.on("subscribed", ({ topics }) => void (topics.includes(topic) && this.#catchUp())),
      live.on("reload", () => void this.#catchUp()),
    );
    live.subscribe([topic]);
  }

  /** The server's version of a record that a pending change writes. @param {EntryRecord} record @returns {Version} */
  version({ id, before }) {
    const held = this.#held.get(id);
    return { value: held ? held.value : before, revision: Math.max(held?.revision ?? 0, this.#store.revision(id)) };
  }

  close() {
    this.#closed = true;
    for (const stop of this.#stops) stop();
  }

  /**
   * Show a change of an earlier tab, or of another. The server may have it already, and something newer over it: that is held, to be
   * shown when the answer says so.
   * @param {Entry} entry
   * @param {ReadonlySet<string>} touched  records that others write: what is shown of them is not the server's version
   */
  #show({ records }, touched) {
    for (const { kind, id } of records) {
      if (touched.has(id)) continue;
      this.#held.set(id, { kind, id, value: this.#store.get(id), revision: this.#store.revision(id), asOf: this.#revision });
    }
    this.#store.write(records.map(({ kind, id, value }) => ({ kind, id, value })), "remote");
  }

  /**
   * The server has these changes: the records have their revisions, and what others wrote after them may be shown.
   * @param {readonly Applied[]} applied
   * @param {ReadonlyMap<string, Entry>} entries
   */
  #acknowledge(applied, entries) {
    let missed = Infinity;
    for (const { id, revision } of applied) {
      this.#own.add(id);
      for (const { id: record, value } of entries.get(id)?.records ?? []) {
        if (value?.receipt && value.receipt.table !== this.#row.data_unit?.table?.id) {
          // Of a page that had an older frame table: the server may have put the proof in the terms of this one.
          missed = Math.min(missed, revision - 1);
          continue;
        }
        const held = this.#held.get(record);
        if (held && held.asOf < revision) this.#held.delete(record); // this change was made over it
        else if (held && held.revision < revision) missed = Math.min(missed, revision); // deleted since, who knows when
        // Applied before, and changed by someone else since: what is known of that is newer.
        if (revision > this.#store.revision(record)) this.#store.setRevision(record, revision);
      }
    }
    this.#release();
    if (missed < Infinity) void this.#catchUp(missed);
  }

  /** Show what is held and no longer written by anything that is queued. */
  #release() {
    if (this.#held.size === 0) return;
    const touched = this.#pending.touched();
    const free = [...this.#held.values()].filter(({ id }) => !touched.has(id));
    for (const { id } of free) this.#held.delete(id);
    this.#store.write(free.map(({ kind, id, value, revision }) => ({ kind, id, value, revision: Math.max(revision, this.#store.revision(id)) })), "remote");
  }

  /** What waits for a decision is not shown: the server's versions are. @param {readonly Entry[]} group */
  #showTheirs(group) {
    const theirs = group[0].problem?.theirs ?? {};
    const kinds = new Map(group.flatMap((entry) => entry.records.map((record) => [record.id, record.kind])));
    const touched = this.#pending.touched();
    /** @type {ServerRecord[]} */
    const free = [];
    for (const [id, kind] of kinds) {
      if (touched.has(id)) continue;
      const held = this.#held.get(id);
      this.#held.delete(id);
      // Whoever set it aside may know less than this page.
      const { value, revision } = held && held.revision > theirs[id].revision ? held : theirs[id];
      free.push({ kind, id, value, revision: Math.max(revision, this.#store.revision(id)) });
    }
    this.#store.write(free, "remote");
  }

  /** @param {LiveEvent} event */
  #hear({ type, data }) {
    if (type !== "labels.changed" || data.revision <= this.#revision) return;
    const missed = data.revision > this.#revision + 1;
    if (missed || data.records === null) {
      void this.#catchUp();
      return;
    }
    this.#revision = data.revision;
    if (!this.#own.delete(data.change) && !this.#pending.has(data.change)) this.#take(data.records);
  }

  /** Ask for what is new, and for what was missed before. What fails here is asked for again when the socket is back. */
  async #catchUp(after = this.#revision) {
    this.#missed = Math.min(this.#missed, after);
    const asked = this.#missed;
    let news;
    try {
      news = await get(`/api/label-rows/${this.#row.id}/changes/?after=${Math.min(asked, this.#revision)}`, { fetch: this.#fetch });
    } catch {
      return;
    }
    if (this.#closed) return;
    if (this.#missed === asked) this.#missed = Infinity;
    this.#revision = Math.max(this.#revision, news.revision);
    this.#take(news.records);
  }

  /** @param {readonly ServerRecord[]} records */
  #take(records) {
    const fresh = records.filter(({ id, revision }) => revision > this.#store.revision(id));
    const touched = this.#pending.touched();
    for (const record of fresh) {
      const newer = record.revision > (this.#held.get(record.id)?.revision ?? 0);
      if (touched.has(record.id) && newer) this.#held.set(record.id, { ...record, asOf: record.revision });
    }
    this.#store.write(fresh.filter(({ id }) => !touched.has(id)), "remote");
  }
}
