/** The rows of the table: what the server has, in pages of 100, fetched where somebody looks, changed as events come. */
/** @import { DataUnit } from "./types.js" */
import { ApiError } from "../shared/net/api.js";

export const PAGE = 100;
const KEPT_PAGES = 60;
const MOST_AT_ONCE = 500; // rows the server gives in one answer

/**
 * Emits `change` when something that may be on the screen is different, and `error` with the Error as detail. A query
 * that the server does not understand is no error but `refused`: it may be a word that is still being typed.
 * What is stale stays readable until its successor is here, so that nothing flickers.
 */
export class Rows extends EventTarget {
  /**
   * @param {(path: string, options?: {signal?: AbortSignal}) => Promise<{count: number, results: DataUnit[]}>} fetchRows
   * @param {string} path  of the list
   */
  constructor(fetchRows, path) {
    super();
    this.fetchRows = fetchRows;
    this.path = path;
    this.query = "";
    this.sort = "title";
    this.answered = ""; // the query that what is here answers
    /** How many there are; null until the server has said. @type {number | null} */
    this.count = null;
    /** @type {Map<number, {units: DataUnit[], stale: boolean}>} */
    this.pages = new Map();
    /** @type {Map<number, AbortController>} */
    this.loading = new Map();
    this.generation = 0;
    /** Told by events, and when: an answer that was asked for before that is older. @type {Map<number, {unit: DataUnit, at: number}>} */
    this.told = new Map();
    this.clock = 0;
    this.failed = false;
    /** Why the server does not understand the query, as a sentence; null if it does. @type {string | null} */
    this.refused = null;
    this.reload = false;
  }

  /** Whether what is here answers what was asked last; else it is shown for a moment, and nothing is chosen from it. */
  get current() {
    return !this.reload;
  }

  /** @param {number} index @returns {DataUnit | null}  null while it is on its way */
  get(index) {
    return this.pages.get(Math.floor(index / PAGE))?.units[index % PAGE] ?? null;
  }

  /** @param {number} id */
  byId(id) {
    for (const { units } of this.pages.values()) {
      const found = units.find((unit) => unit.id === id);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** @param {number} id  @returns {number}  -1 if it is not among the pages at hand */
  indexOf(id) {
    for (const [number, { units }] of this.pages) {
      const at = units.findIndex((unit) => unit.id === id);
      if (at >= 0) return number * PAGE + at;
    }
    return -1;
  }

  /**
   * Ask for other rows or another order.
   * @param {{query?: string, sort?: string}} wanted
   */
  ask({ query = this.query, sort = this.sort }) {
    if (query === this.query && sort === this.sort) return;
    this.query = query;
    this.sort = sort;
    this.generation += 1;
    this.#stopLoading();
    for (const page of this.pages.values()) page.stale = true;
    this.reload = true;
    this.failed = false; // another question may have an answer
    this.refused = null;
    this.dispatchEvent(new Event("change"));
  }

  /** Everything may have changed on the server: fetch anew what is looked at. */
  refresh() {
    this.failed = false;
    for (const page of this.pages.values()) page.stale = true;
    this.#stopLoading();
    this.dispatchEvent(new Event("change"));
  }

  /**
   * See to it that these rows are here or on their way.
   * @param {number} first
   * @param {number} last  inclusive
   */
  look(first, last) {
    if (this.failed) return;
    const end = this.count === null ? 0 : Math.floor(Math.min(last, Math.max(0, this.count - 1)) / PAGE);
    const begin = Math.min(Math.floor(Math.max(0, first) / PAGE), end);
    // Scrolling fast through 100,000 rows must not queue up a thousand requests for what has gone by.
    for (const [number, controller] of this.loading) {
      if (number < begin - 1 || number > end + 1) {
        controller.abort();
        this.loading.delete(number);
      }
    }
    for (let number = begin; number <= end; number++) {
      const page = this.pages.get(number);
      if ((page === undefined || page.stale) && !this.loading.has(number)) void this.#load(number);
    }
    this.#evict(begin, end);
  }

  /**
   * The ids of a stretch of rows, fetched if need be.
   * @param {number} first
   * @param {number} last  inclusive
   * @returns {Promise<DataUnit[]>}
   */
  async range(first, last) {
    /** @type {DataUnit[]} */
    const found = [];
    for (let at = first; at <= last; ) {
      const here = this.get(at);
      if (here !== null) {
        found.push(here);
        at += 1;
        continue;
      }
      const limit = Math.min(MOST_AT_ONCE, last - at + 1);
      const { results } = await this.fetchRows(this.#address(at, limit));
      if (results.length === 0) break;
      found.push(...results);
      at += results.length;
    }
    return found;
  }

  /** A data unit as it is now. @param {DataUnit} unit @returns {boolean}  whether it was among the pages at hand */
  put(unit) {
    this.told.set(unit.id, { unit, at: ++this.clock });
    for (const { units } of this.pages.values()) {
      const at = units.findIndex((other) => other.id === unit.id);
      if (at >= 0) {
        units[at] = unit;
        this.dispatchEvent(new Event("change"));
        return true;
      }
    }
    return false;
  }

  /** @param {number} number */
  async #load(number) {
    const controller = new AbortController();
    this.loading.set(number, controller);
    const { generation, clock } = this;
    try {
      const answer = await this.fetchRows(this.#address(number * PAGE, PAGE), { signal: controller.signal });
      if (generation !== this.generation || controller.signal.aborted) return;
      if (this.reload) {
        // The first answer to a new question: rows of the old one must not be mixed in.
        this.pages.clear();
        this.reload = false;
      }
      this.refused = null;
      this.count = answer.count;
      this.answered = this.query;
      const units = answer.results.map((unit) => {
        const told = this.told.get(unit.id);
        return told !== undefined && told.at > clock ? told.unit : unit;
      });
      this.pages.set(number, { units, stale: false });
      for (const other of [...this.pages.keys()]) if (other * PAGE >= Math.max(1, answer.count)) this.pages.delete(other);
    } catch (error) {
      if (controller.signal.aborted) return;
      this.failed = true;
      if (error instanceof ApiError && error.code === "invalid_query") this.refused = error.detail;
      else this.dispatchEvent(new CustomEvent("error", { detail: error }));
    } finally {
      if (this.loading.get(number) === controller) this.loading.delete(number);
      if (this.loading.size === 0) this.told.clear(); // nothing older is on its way any more
    }
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} offset @param {number} limit */
  #address(offset, limit) {
    const query = new URLSearchParams({ q: this.query, sort: this.sort, offset: String(offset), limit: String(limit) });
    return `${this.path}?${query}`;
  }

  #stopLoading() {
    for (const controller of this.loading.values()) controller.abort();
    this.loading.clear();
  }

  /** @param {number} begin @param {number} end */
  #evict(begin, end) {
    for (const number of this.pages.keys()) {
      if (this.pages.size <= KEPT_PAGES) return;
      if (number < begin - 2 || number > end + 2) this.pages.delete(number);
    }
  }
}
