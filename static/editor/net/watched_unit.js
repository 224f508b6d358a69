/** The data unit that a page is about, as it is now: whatever the socket missed is asked for again. */

import { Emitter } from "../../shared/core/emitter.js";
import { sameJson } from "../../shared/core/json.js";
import { ApiError, get } from "../../shared/net/api.js";

/** @import {Live, LiveEvent} from "../../shared/net/live.js" */

const RETRY_MS = 2000;

/**
 * Attached to the socket from the beginning; it asks the server anew whenever something may have been missed: after each
 * subscription (what happened before it was told to nobody here) and when the server no longer keeps what was missed.
 *
 * `changed`: the data unit is another than before, its verification counted. `replaced`: it has another frame table, pages
 * with the old one are wrong. `removed`: there is none any more, or none for this user. `ontology`: the classes changed.
 * @extends {Emitter<{changed: any, replaced: null, removed: null, ontology: any}>}
 */
export class WatchedUnit extends Emitter {
  /** As the API describes it; null until the first answer. @type {any} */
  dataUnit = null;
  removed = false;
  #revision = -1; // of the ontology
  #topics;
  #urls;
  #fetch;
  #retryMs;
  /** @type {Promise<void> | null} */
  #asking = null;
  /** Whatever the server answers to what was asked so far may be old. */
  #stale = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Live} live
   * @param {{dataset: number, dataUnit: number}} ids
   * @param {{fetch?: typeof globalThis.fetch, retryMs?: number}} [options]  what the browser gives; tests give their own
   */
  constructor(live, { dataset, dataUnit }, { fetch = globalThis.fetch.bind(globalThis), retryMs = RETRY_MS } = {}) {
    super();
    this.ids = { dataset, dataUnit };
    this.#topics = [`dataset:${dataset}`, `data_unit:${dataUnit}`];
    this.#urls = { dataUnit: `/api/data-units/${dataUnit}/`, ontology: `/api/datasets/${dataset}/ontology/` };
    this.#fetch = fetch;
    this.#retryMs = retryMs;
    live.on("event", (event) => this.#hear(event));
    live.on("subscribed", ({ topics, refused }) => {
      if ([...topics, ...refused].some((topic) => this.#topics.includes(topic))) this.#askAgain();
    });
    live.on("reload", () => this.#askAgain());
    live.subscribe(this.#topics);
  }

  /**
   * Ask the server for the data unit and the classes. Resolves when they are as new as this call.
   * @throws {ApiError} @throws {Unreachable}
   */
  look() {
    this.#stale = true;
    return (this.#asking ??= this.#ask());
  }

  /**
   * What another request answered, sent after this was made: taken if nothing newer is here.
   * @param {any} dataUnit
   * @param {any} ontology
   */
  offer(dataUnit, ontology) {
    if (this.dataUnit === null) this.#see(dataUnit);
    this.#seeOntology(ontology);
  }

  /** Resolves when it has changed. @returns {Promise<void>} */
  change() {
    return new Promise((resolve) => this.addEventListener("changed", () => resolve(), { once: true }));
  }

  async #ask() {
    try {
      while (this.#stale && !this.removed) {
        this.#stale = false;
        const options = { fetch: this.#fetch };
        const [dataUnit, ontology] = await Promise.all([get(this.#urls.dataUnit, options), get(this.#urls.ontology, options)]);
        // An event overtook the answer: which of them is newer cannot be told.
        if (this.#stale) continue;
        this.#see(dataUnit);
        this.#seeOntology(ontology);
      }
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) this.#remove();
      throw error;
    } finally {
      this.#asking = null;
    }
  }

  #askAgain() {
    clearTimeout(this.#timer);
    this.look().catch((error) => {
      // Who is signed out hears of it from the socket, which subscribes again after signing in.
      if (this.removed || (error instanceof ApiError && error.status === 401)) return;
      this.#timer = setTimeout(() => this.#askAgain(), this.#retryMs);
    });
  }

  /** @param {LiveEvent} event */
  #hear({ topic, type, data }) {
    if (!this.#topics.includes(topic)) return;
    const { dataset, dataUnit } = this.ids;
    if (type === "ontology.changed") this.#seeOntology(data);
    else if (type === "data_unit.removed" && data.id === dataUnit) this.#remove();
    else if (type === "dataset.removed" && data.id === dataset) this.#remove();
    else if (type === "data_unit.changed" && data.id === dataUnit) {
      this.#stale = true;
      this.#see(data);
    } else if (type === "table.progress" || type === "table.replaced") {
      // The first answer is still on its way, or this is of a table that is not known here.
      if (this.dataUnit?.table === undefined || this.dataUnit.table === null) return this.#askAgain();
      const { table } = this.dataUnit;
      if (type === "table.replaced") {
        this.#stale = true;
        this.#see({ ...this.dataUnit, table: data.table });
      } else if (data.table === table.id) {
        const progress = { ...this.dataUnit.progress, seconds_left: data.seconds_left };
        this.#see({ ...this.dataUnit, progress, table: { ...table, state: data.state, proved: data.proved } });
      } else if (data.table > table.id) this.#askAgain();
    }
  }

  /** @param {any} dataUnit */
  #see(dataUnit) {
    const before = this.dataUnit;
    const [old, table] = [before?.table ?? null, dataUnit.table];
    // Tables are numbered as they come, and verification only goes on: told again after a reconnect, neither goes back.
    if (old && (!table || table.id < old.id)) return;
    if (old?.id === table?.id && old) {
      const state = old.state === "verified" ? old.state : table.state;
      dataUnit = { ...dataUnit, table: { ...table, state, proved: Math.max(old.proved, table.proved) } };
    }
    if (before !== null && sameJson(before, dataUnit)) return;
    this.dataUnit = dataUnit;
    if (old && old.id !== table.id) this.emit("replaced", null);
    this.emit("changed", dataUnit);
  }

  /** @param {any} ontology */
  #seeOntology(ontology) {
    if (ontology.revision <= this.#revision) return;
    this.#revision = ontology.revision;
    this.emit("ontology", ontology);
  }

  #remove() {
    if (this.removed) return;
    this.removed = true;
    this.emit("removed", null);
  }
}
