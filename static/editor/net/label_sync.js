/** Keeps the labels that a page shows and the server's the same: joins the store with what is pending, its sender, and what others do. */

import { Emitter } from "../../shared/core/emitter.js";
import { ChangeSender } from "../../shared/net/change_sender.js";
import { PendingChanges } from "../../shared/net/pending_changes.js";
import { RemoteChanges } from "./remote_changes.js";

/** @import {Store, Write} from "../core/store.js" */
/** @import {History} from "../core/history.js" */
/** @import {LabelRow} from "../labels/records.js" */
/** @import {SenderOptions, Trouble} from "../../shared/net/change_sender.js" */
/** @import {Live} from "../../shared/net/live.js" */
/** @import {Undecided} from "../../shared/net/pending_changes.js" */

/**
 * What the user is told, always. `at`: when the last change was saved. `pending`: changes that are on their way.
 * `conflicts`, `refused`: those that wait for a decision. `detail` says what `offline`, `error` (the server answers, but fails) and
 * `signed_out` are about.
 * @typedef {{kind: "saved" | "saving" | "conflict" | "refused" | "readonly" | Trouble["kind"], at: Date | null, pending: number,
 *   conflicts: Undecided[], refused: Undecided[], detail: string | null}} SaveState
 */
/** What the browser gives; tests give their own. @typedef {SenderOptions & {indexedDB?: IDBFactory}} SyncOptions */

/**
 * Listens to `history` for what to save and to `live` for what others saved.
 * `state` is emitted with a {@link SaveState} whenever it changes; `message` with a sentence for the user.
 * @extends {Emitter<{state: SaveState, message: string}>}
 */
export class LabelSync extends Emitter {
  /** Null until `open`. @type {{pending: PendingChanges, sender: ChangeSender, remote: RemoteChanges} | null} */
  #parts = null;
  /** @type {Date | null} */
  #savedAt = null;
  #row;
  #store;
  #history;
  #live;
  #options;
  #closed = false;
  /** @type {(() => void)[]} */
  #stops = [];

  /**
   * @param {LabelRow} row  as GET /api/label-rows/<id>/ gave it
   * @param {Store} store
   * @param {History} history
   * @param {Live | null} live
   * @param {SyncOptions} [options]
   */
  constructor(row, store, history, live, options = {}) {
    super();
    this.#row = row;
    this.#store = store;
    this.#history = history;
    this.#live = live;
    this.#options = options;
  }

  /**
   * Fill the store with the labels of the row and with what this browser has not brought to the server yet; from then on
   * save. Show nothing before it resolves.
   */
  async open() {
    const { indexedDB, fetch = globalThis.fetch.bind(globalThis), ...options } = this.#options;
    const pending = await PendingChanges.open({ user: this.#row.user.id, labelRow: this.#row.id, title: this.#row.data_unit?.title }, indexedDB);
    if (this.#closed) return pending.close();
    if (!pending.isKept) this.emit("message", "This browser keeps nothing for this page: do not close the tab before “Saved” is shown.");
    const remote = new RemoteChanges(this.#row, this.#store, pending, fetch);
    const sender = new ChangeSender(pending, { ...options, fetch, serverVersion: (record) => remote.version(record) });
    this.#parts = { pending, sender, remote };
    remote.open();
    this.#stops.push(
      pending.on("applied", ({ entries }) => {
        if (entries.size > 0) this.#savedAt = new Date();
      }),
      pending.on("change", () => this.#tell()),
      pending.on("message", (sentence) => this.emit("message", sentence)),
      sender.on("trouble", () => this.#tell()),
      sender.on("message", (sentence) => this.emit("message", sentence)),
      this.#history.on("commit", ({ name, change }) => {
        pending.add(name, change);
        sender.gather();
      }),
    );
    if (this.#live) {
      remote.follow(this.#live);
      this.#stops.push(this.#live.on("state", (state) => state === "connected" && sender.sendNow()));
    }
    this.#tell();
    sender.sendNow();
  }

  /** What the user is told at this moment. @returns {SaveState} */
  get state() {
    const trouble = this.#parts?.sender.trouble ?? null;
    const pending = this.#parts?.pending.queued.length ?? 0;
    const conflicts = this.#parts?.pending.undecided("conflict") ?? [];
    const refused = this.#parts?.pending.undecided("refused") ?? [];
    /** @type {SaveState["kind"]} */
    let kind = "saved";
    if (trouble?.kind === "signed_out") kind = "signed_out";
    else if (conflicts.length > 0) kind = "conflict";
    else if (refused.length > 0) kind = "refused";
    else if (trouble !== null && pending > 0) kind = trouble.kind;
    else if (pending > 0) kind = "saving";
    else if (!this.#row.may_label) kind = "readonly";
    return { kind, at: this.#savedAt, pending, conflicts, refused, detail: trouble?.detail ?? null };
  }

  /**
   * Write an undecided change over what is there now, as a new change of its own ("keep mine", "try again"). Undo brings back theirs.
   * @param {string} id
   */
  async keepMine(id) {
    if (this.#parts === null) return;
    const { pending } = this.#parts;
    const group = pending.group(id);
    const name = group[0]?.name ?? "Edit";
    /** @type {Map<string, Write>} */
    const writes = new Map();
    for (const { records } of group) {
      for (const { kind, id: record, value } of records) writes.set(record, { id: record, kind, value });
    }
    // The new change is in the journal before the old one leaves it: a crash in between asks again, and loses nothing.
    this.#history.do(name, [...writes.values()]);
    await pending.written();
    await pending.forget(group);
  }

  /**
   * Give an undecided change up ("take theirs", "discard"): the screen shows the server's version already.
   * @param {string} id
   */
  async takeTheirs(id) {
    await this.#parts?.pending.forget(this.#parts.pending.group(id));
  }

  /** Send everything now: before the page goes, or when the user asks for it. */
  flush() {
    this.#parts?.sender.sendNow();
  }

  /** Resolves when nothing is queued, or when it cannot be brought to the server now. */
  async settled() {
    await this.#parts?.sender.settled();
  }

  close() {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#parts?.sender.close();
    this.#parts?.remote.close();
    this.#parts?.pending.close();
  }

  #tell() {
    if (!this.#closed) this.emit("state", this.state);
  }
}
