/** Brings pending changes to the server, whatever happens to the network, the tab or the session. It needs no page that shows them. */

import { Emitter } from "../core/emitter.js";
import { ApiError, Unreachable, request } from "./api.js";
import { changesBody, firstBatch, lastBatch } from "./change_request.js";

/** @import {Entry, EntryRecord, Problem} from "./journal.js" */
/** @import {PendingChanges, Version} from "./pending_changes.js" */

/** @typedef {{request: (name: string, work: () => Promise<void>) => Promise<void>}} Locks */
/**
 * What the browser gives; tests give their own.
 * @typedef {object} SenderOptions
 * @property {typeof globalThis.fetch} [fetch]
 * @property {Locks | undefined} [locks]  only secure pages have them
 * @property {number} [gatherMs]  how long changes are gathered for one request
 * @property {number} [shortestWaitMs]  before the server is tried again
 * @property {number} [othersMs]  after which what another tab queued is sent from here, if it is still pending
 * @property {(record: EntryRecord) => Version} [serverVersion]  what the page knows of it; without: what the change's author saw
 */
/**
 * Why pending changes do not get through at present; they are sent again by themselves. `offline`: no answer. `error`: the
 * server answers, but fails.
 * @typedef {{kind: "offline" | "error" | "signed_out", detail: string}} Trouble
 */

const GATHER_MS = 300;
const OTHERS_MS = 5000; // far more than another tab takes that is alive
const SHORTEST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const REFUSED_FOR_GOOD = new Set([400, 403, 404, 409, 413, 422]);
const AWAY = new Set([429, 502, 503, 504]); // what a proxy, or a server that starts, answers

/**
 * Sends what `pending` has queued: some time after `gather`, at once after `sendNow`, again when the network or the user is back, and
 * when the page goes. `trouble` is emitted when it may have changed; `message` with a sentence for the user.
 * @extends {Emitter<{trouble: Trouble | null, message: string}>}
 */
export class ChangeSender extends Emitter {
  /** @type {Trouble | null} */
  trouble = null;
  #pending;
  #url;
  /** @type {Promise<void> | null} */
  #draining = null;
  #again = false;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;
  #due = 0;
  #failures = 0;
  #closed = new AbortController();
  #fetch;
  #locks;
  #gatherMs;
  #othersMs;
  #shortestWaitMs;
  #serverVersion;

  /**
   * @param {PendingChanges} pending
   * @param {SenderOptions} [options]
   */
  constructor(pending, options = {}) {
    super();
    this.#pending = pending;
    this.#url = `/api/label-rows/${pending.whose.labelRow}/changes/`;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.#locks = "locks" in options ? options.locks : /** @type {Locks | undefined} */ (globalThis.navigator?.locks);
    this.#gatherMs = options.gatherMs ?? GATHER_MS;
    this.#othersMs = options.othersMs ?? OTHERS_MS;
    this.#shortestWaitMs = options.shortestWaitMs ?? SHORTEST_WAIT_MS;
    this.#serverVersion = options.serverVersion ?? seenVersion;
    // Its own tab sends it; but that may have been killed.
    pending.on("added", () => this.#gather(this.#othersMs));
    this.#listenToPage();
  }

  /** A change was queued: send it soon, with what comes meanwhile. */
  gather() {
    this.#gather(this.#gatherMs);
  }

  /** Before the page goes, when the server is back, or when the user asks for it. */
  sendNow() {
    this.#failures = 0;
    if (this.#pending.queued.length > 0) this.#soon(0);
  }

  /** Resolves when nothing is queued, or when it cannot be brought to the server now. */
  async settled() {
    while (this.#timer !== null || this.#draining || this.#pending.isWriting) {
      if (this.trouble !== null && !this.#draining) return;
      await this.#pending.written();
      if (this.#timer !== null && this.trouble === null) this.#soon(0);
      await this.#draining;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  close() {
    this.#closed.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  // -- when -------------------------------------------------------------------------------------------------------

  /** @param {number} ms */
  #gather(ms) {
    // While the server cannot be reached the next try is planned already.
    if (this.trouble === null) this.#soon(ms);
  }

  /** At the latest in so many milliseconds. @param {number} ms */
  #soon(ms) {
    const due = performance.now() + ms;
    if (this.#closed.signal.aborted || (this.#timer !== null && this.#due <= due)) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#drain();
    }, ms);
  }

  /** One request at a time, of all tabs where the browser has locks; without them the ids keep it harmless. */
  #drain() {
    if (this.#draining) {
      this.#again = true;
      return this.#draining;
    }
    const work = async () => {
      while (!this.#closed.signal.aborted && (await this.#sendSome()));
    };
    this.#draining = (async () => {
      try {
        await (this.#locks ? this.#locks.request(`onframe-labels:${this.#pending.key}`, work) : work());
      } catch (error) {
        await this.#failed(error, []);
      }
      this.#draining = null;
      this.emit("trouble", this.trouble);
      if (this.#again && this.trouble === null) this.#soon(0);
      this.#again = false;
    })();
    return this.#draining;
  }

  /** @param {Trouble["kind"]} kind @param {string} detail */
  #wait(kind, detail) {
    this.trouble = { kind, detail };
    const wait = Math.min(this.#shortestWaitMs * 2 ** this.#failures, LONGEST_WAIT_MS);
    this.#failures += 1;
    this.emit("trouble", this.trouble);
    this.#soon(wait * (0.75 + Math.random() / 2));
  }

  #recovered() {
    this.trouble = null;
    this.#failures = 0;
  }

  // -- sending ----------------------------------------------------------------------------------------------------

  /** Send what fits into one request; resolves to whether to go on. @returns {Promise<boolean>} */
  async #sendSome() {
    await this.#pending.written(); // the disk first
    const batch = firstBatch(this.#pending.queued);
    if (batch.length === 0) {
      this.#recovered(); // another tab got it through
      return false;
    }
    try {
      await this.#post(batch);
      return true;
    } catch (error) {
      return this.#failed(error, batch);
    }
  }

  /** @param {readonly Entry[]} batch @param {{keepalive?: boolean}} [options] */
  async #post(batch, options) {
    const { applied } = await request("POST", this.#url, changesBody(this.#pending.whose.user, batch), { fetch: this.#fetch, ...options });
    this.#recovered();
    await this.#pending.settle(applied);
  }

  /** @param {readonly Entry[]} batch */
  async #oneByOne(batch) {
    for (const entry of batch) {
      try {
        await this.#post([entry]);
      } catch (error) {
        return this.#failed(error, [entry]);
      }
    }
    return true;
  }

  /** The page goes: what fits into a request that outlives it. The journal has it all the same. */
  #sendLast() {
    const batch = lastBatch(this.#pending.whose.user, this.#pending.queued);
    if (batch.length === 0 || this.trouble?.kind === "signed_out") return;
    // The ordinary way tries again, here or in the next tab, and finds the reason.
    this.#post(batch, { keepalive: true }).catch(() => {});
  }

  // -- what the server says instead -------------------------------------------------------------------------------

  /**
   * Resolves to whether to go on with what is left.
   * @param {unknown} error
   * @param {readonly Entry[]} batch
   * @returns {Promise<boolean>}
   */
  async #failed(error, batch) {
    if (!(error instanceof ApiError)) {
      if (!(error instanceof Unreachable)) console.error(error);
      this.#wait("offline", "The server cannot be reached.");
      return false;
    }
    const { status, code, body } = error;
    await this.#pending.settle(body?.applied ?? []);
    const refused = batch.find((entry) => entry.id === body?.change);
    if (status === 412 && refused) {
      this.#recovered();
      await this.#setAside(refused, "conflict", error);
      return true;
    }
    if (status === 401 || code === "csrf" || code === "another_user") {
      this.#wait("signed_out", code === "another_user" ? error.detail : "Signed out: sign in to save.");
      return false;
    }
    if (status === 413 && batch.length > 1) return this.#oneByOne(batch);
    if (REFUSED_FOR_GOOD.has(status)) {
      this.#recovered();
      // Without a name it is the whole request that was not taken.
      for (const entry of refused ? [refused] : batch) {
        if (this.#pending.isQueued(entry)) await this.#setAside(entry, "refused", error);
      }
      return true;
    }
    if (AWAY.has(status)) this.#wait("offline", error.detail);
    else this.#wait("error", typeof body?.reference === "string" ? `The server has an error (reference ${body.reference}).` : `The server has an error: ${error.detail}`);
    return false;
  }

  /**
   * @param {Entry} refused
   * @param {Problem["kind"]} kind
   * @param {ApiError} error
   */
  async #setAside(refused, kind, { code, detail, body }) {
    /** @type {{id: string, theirs: any, revision: number}[]} */
    const conflicts = body?.conflicts ?? [];
    const told = new Map(conflicts.map(({ id, theirs: value, revision }) => [id, { value, revision }]));
    await this.#pending.setAside(refused, { kind, code, detail }, told, this.#serverVersion);
    const sentence = kind === "conflict" ? `Someone else has changed the same labels. “${refused.name}” waits for your decision.` : `“${refused.name}” was not accepted: ${detail}`;
    this.emit("message", sentence);
  }

  #listenToPage() {
    const listen = (/** @type {EventTarget | undefined} */ target, /** @type {string} */ type, /** @type {() => void} */ listener) =>
      target?.addEventListener?.(type, listener, { signal: this.#closed.signal });
    listen(globalThis, "online", () => this.sendNow());
    listen(globalThis, "focus", () => this.trouble && this.sendNow());
    listen(globalThis, "pagehide", () => this.#sendLast());
    listen(globalThis.document, "visibilitychange", () => {
      if (globalThis.document.visibilityState === "hidden") this.#sendLast();
      else if (this.trouble) this.sendNow();
    });
  }
}

/** What the author of a change saw. @param {EntryRecord} record @returns {Version} */
function seenVersion({ before, base }) {
  return { value: before, revision: typeof base === "number" ? base : 0 };
}
