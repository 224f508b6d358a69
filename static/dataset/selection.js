/** Which rows are chosen, and which one the keyboard stands on. Rows are known by id; only the cursor has a position. */

export class Selection extends EventTarget {
  constructor() {
    super();
    /** @type {Set<number>} */
    this.ids = new Set();
    this.cursor = 0; // index of the row that the keyboard stands on
    this.anchor = 0; // where a stretch with Shift begins
  }

  get size() {
    return this.ids.size;
  }

  /** @param {number} id */
  has(id) {
    return this.ids.has(id);
  }

  /** Only these. @param {Iterable<number>} ids */
  set(ids) {
    this.ids = new Set(ids);
    this.changed();
  }

  /** @param {number} id */
  toggle(id) {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.changed();
  }

  /** @param {Iterable<number>} ids */
  remove(ids) {
    for (const id of ids) this.ids.delete(id);
    this.changed();
  }

  clear() {
    if (this.ids.size > 0) this.set([]);
  }

  /** Move the cursor; with `keepAnchor` a stretch grows. @param {number} index @param {boolean} [keepAnchor] */
  moveTo(index, keepAnchor = false) {
    this.cursor = index;
    if (!keepAnchor) this.anchor = index;
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}
