/** The table on the screen: only the rows that can be seen are there. Mouse and keyboard move a cursor and choose rows. */
/** @import { Rows } from "./rows.js" */
/** @import { Selection } from "./selection.js" */
/** @import { Column } from "./columns.js" */
/** @import { DataUnit } from "./types.js" */
import { html, nothing, render } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { repeat } from "lit-html/directives/repeat.js";
import { oncePerFrame } from "../shared/core/once_per_frame.js";
import { icon } from "../shared/view/icon.js";
import { COLUMNS } from "./columns.js";

const ROW = 36; // px, --row
const HEAD = 32; // px
const OVERSCAN = 16; // rows beyond what is seen, above and below
const MOST_CHOSEN = 5000; // rows at a time

/**
 * Emits `open`, `remove`, `renamed` `{unit, title}`, `sort` (a string for the server), `too-many` and `cursor`.
 */
export class Table extends EventTarget {
  /**
   * @param {HTMLElement} frame  scrolls
   * @param {Rows} rows
   * @param {Selection} selection
   * @param {{columns: Set<string>, mayManage: boolean}} options
   */
  constructor(frame, rows, selection, { columns, mayManage }) {
    super();
    this.frame = frame;
    this.rows = rows;
    this.selection = selection;
    this.columns = columns;
    this.mayManage = mayManage;
    /** @type {number | null} */
    this.renaming = null;
    /** Draw before the next paint, once, however often it is asked. */
    this.draw = oncePerFrame(() => this.#draw());
    this.space = document.createElement("div");
    frame.append(this.space);
    frame.addEventListener("scroll", this.draw, { passive: true });
    new ResizeObserver(this.draw).observe(frame);
    rows.addEventListener("change", this.draw);
    selection.addEventListener("change", this.draw);
    this.space.addEventListener("keydown", (event) => this.#key(event));
  }

  focus() {
    this.space.querySelector("table")?.focus();
  }

  /** The data unit that the keyboard stands on; null while the rows are not those that were asked for. */
  current() {
    if (!this.rows.current) return null;
    return this.rows.get(this.selection.cursor);
  }

  /** Edit the title in its place. @param {DataUnit} unit */
  rename(unit) {
    this.renaming = unit.id;
    this.#draw();
    const input = this.space.querySelector(".row-rename");
    if (!(input instanceof HTMLInputElement)) return;
    input.focus();
    const dot = input.value.lastIndexOf(".");
    input.setSelectionRange(0, dot > 0 ? dot : input.value.length);
  }

  #draw() {
    const count = this.rows.count ?? 0;
    if (this.selection.cursor >= count) this.selection.cursor = Math.max(0, count - 1);
    const inView = Math.ceil(this.frame.clientHeight / ROW) + 1;
    const top = Math.floor(this.frame.scrollTop / ROW);
    const first = Math.max(0, Math.min(top - OVERSCAN, count - 1));
    const last = Math.min(count - 1, top + inView + OVERSCAN);
    this.rows.look(Math.max(0, Math.min(top, count - 1)), top + inView);
    // The head takes part in the height of the table and sticks to the top of what can be seen.
    this.space.style.paddingTop = `${first * ROW}px`;
    this.space.style.paddingBottom = `${Math.max(0, count - 1 - last) * ROW}px`;
    const shown = COLUMNS.filter((column) => this.columns.has(column.name));
    const indices = [];
    for (let index = first; index <= last; index++) indices.push(index);
    const current = this.current();
    render(
      html`<table class="table rows-table ${this.rows.current ? "" : "rows-old"}" role="grid" aria-busy=${this.rows.current ? "false" : "true"} tabindex="0" aria-label="Videos" aria-multiselectable="true"
        aria-rowcount=${count + 1} aria-colcount=${shown.length + 1}
        aria-activedescendant=${current !== null && this.selection.cursor >= first && this.selection.cursor <= last ? `row-${current.id}` : nothing}>
        <thead><tr aria-rowindex="1">
          <th class="col-check" scope="col"><input type="checkbox" tabindex="-1" aria-label="Select all" .checked=${live(count > 0 && this.selection.size >= count)}
            .indeterminate=${this.selection.size > 0 && this.selection.size < count} @click=${() => void this.#toggleAll()}></th>
          ${shown.map((column) => this.#head(column))}
        </tr></thead>
        <tbody @click=${(/** @type {MouseEvent} */ event) => this.#click(event)} @dblclick=${(/** @type {MouseEvent} */ event) => this.#doubleClick(event)}>
          ${repeat(
            indices,
            (index) => this.rows.get(index)?.id ?? `at${index}`,
            (index) => this.#row(index, shown),
          )}
        </tbody>
      </table>`,
      this.space,
    );
  }

  /** @param {Column} column */
  #head(column) {
    const first = this.rows.sort.split(",")[0];
    const plain = first.replace(/^-/, "");
    const sorted = column.sort !== null && plain === column.sort;
    const down = first.startsWith("-");
    return html`<th scope="col" class="col-${column.name} ${column.number ? "number" : ""}" aria-sort=${sorted ? (down ? "descending" : "ascending") : nothing}>${
      column.sort === null
        ? column.title || html`<span class="visually-hidden">Picture</span>`
        : html`<button type="button" class="sort" @click=${() => this.#sort(String(column.sort), sorted && !down)}>${column.title}${sorted ? icon(down ? "arrow-down" : "arrow-up") : nothing}</button>`
    }</th>`;
  }

  /**
   * @param {number} index
   * @param {Column[]} shown
   */
  #row(index, shown) {
    const unit = this.rows.get(index);
    if (unit === null) {
      return html`<tr class="row-waiting" aria-rowindex=${index + 2}><td class="col-check"></td><td class="muted" colspan=${shown.length}>…</td></tr>`;
    }
    const chosen = this.selection.has(unit.id);
    return html`<tr id="row-${unit.id}" data-index=${index} aria-rowindex=${index + 2} aria-selected=${chosen ? "true" : "false"} class=${index === this.selection.cursor ? "cursor" : ""}>
      <td class="col-check"><input type="checkbox" tabindex="-1" aria-label="Select ${unit.title}" .checked=${live(chosen)}></td>
      ${shown.map((column) => html`<td class="col-${column.name} ${column.number ? "number" : ""}">${column.name === "title" && this.renaming === unit.id ? this.#renameInput(unit) : column.cell(unit, this.rows)}</td>`)}
    </tr>`;
  }

  /** @param {DataUnit} unit */
  #renameInput(unit) {
    const done = (/** @type {Event} */ event) => {
      if (this.renaming !== unit.id || !(event.target instanceof HTMLInputElement)) return;
      const title = event.target.value.trim();
      this.renaming = null;
      this.#draw();
      if (title !== "" && title !== unit.title) this.dispatchEvent(new CustomEvent("renamed", { detail: { unit, title } }));
    };
    const key = (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      if (event.key === "Enter") done(event);
      this.renaming = null;
      this.#draw();
      this.focus();
    };
    return html`<input class="input row-rename" .value=${unit.title} maxlength="300" aria-label="Title" @keydown=${key} @blur=${done}>`;
  }

  /** @param {string} name @param {boolean} down */
  #sort(name, down) {
    this.dispatchEvent(new CustomEvent("sort", { detail: down ? `-${name}` : name }));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {Element} */ (event.target);
    const row = target.closest("tr");
    const index = Number(row?.dataset.index ?? Number.NaN);
    const unit = Number.isNaN(index) ? null : this.rows.get(index);
    if (unit === null || target.closest(".row-rename") !== null) return;
    if (!this.rows.current && target.closest("a") === null) {
      // They are about to be others: a tick here could take away what is not in the list any more.
      event.preventDefault();
      return;
    }
    // A link goes where it leads, in another tab too if that is asked for.
    if (target.closest("a") !== null && !event.shiftKey) return;
    if (event.shiftKey) {
      event.preventDefault();
      getSelection()?.removeAllRanges();
      this.selection.moveTo(index, true);
      void this.#stretch();
    } else if (event.ctrlKey || event.metaKey || target instanceof HTMLInputElement) {
      this.selection.toggle(unit.id);
      this.#moveTo(index);
    } else {
      this.#moveTo(index);
    }
    this.focus();
  }

  /** @param {MouseEvent} event */
  #doubleClick(event) {
    const target = /** @type {Element} */ (event.target);
    if (target instanceof HTMLInputElement) return;
    const unit = this.rows.current ? this.rows.get(Number(target.closest("tr")?.dataset.index ?? -1)) : null;
    if (unit !== null) this.dispatchEvent(new CustomEvent("open", { detail: unit }));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("button, .row-rename") !== null) return;
    const { cursor } = this.selection;
    const page = Math.max(1, Math.floor((this.frame.clientHeight - HEAD) / ROW) - 1);
    const last = (this.rows.count ?? 0) - 1;
    if (last < 0) return; // nothing is here yet
    const unit = this.current();
    const command = event.ctrlKey || event.metaKey;
    /** @type {Record<string, number>} */
    const moves = { ArrowUp: cursor - 1, ArrowDown: cursor + 1, PageUp: cursor - page, PageDown: cursor + page, Home: 0, End: last };
    if (event.key in moves && !command && !event.altKey) {
      this.#moveTo(Math.min(last, Math.max(0, moves[event.key])), event.shiftKey);
      if (event.shiftKey) void this.#stretch();
    } else if (event.key === "Enter" && unit !== null) {
      this.dispatchEvent(new CustomEvent("open", { detail: unit }));
    } else if (event.key === " " && unit !== null) {
      this.selection.anchor = cursor;
      this.selection.toggle(unit.id);
    } else if (event.key === "F2" && unit !== null && this.mayManage) {
      this.rename(unit);
    } else if (event.key === "Delete" && unit !== null && this.mayManage) {
      this.dispatchEvent(new Event("remove"));
    } else if (command && event.key.toLowerCase() === "a") {
      void this.#chooseAll();
    } else if (event.key === "Escape") {
      this.selection.clear();
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {number} index @param {boolean} [keepAnchor] */
  #moveTo(index, keepAnchor = false) {
    if (index < 0) return;
    this.selection.moveTo(index, keepAnchor);
    const top = index * ROW;
    const visible = this.frame.clientHeight - HEAD;
    if (top < this.frame.scrollTop) this.frame.scrollTop = top;
    else if (top + ROW > this.frame.scrollTop + visible) this.frame.scrollTop = top + ROW - visible;
    this.dispatchEvent(new Event("cursor"));
  }

  /** Choose the rows from where Shift went down to the cursor. */
  async #stretch() {
    const { anchor, cursor } = this.selection;
    await this.#choose(Math.min(anchor, cursor), Math.max(anchor, cursor));
  }

  async #chooseAll() {
    await this.#choose(0, (this.rows.count ?? 0) - 1);
  }

  async #toggleAll() {
    if (this.selection.size > 0) this.selection.clear();
    else await this.#chooseAll();
    this.draw();
  }

  /** @param {number} first @param {number} last */
  async #choose(first, last) {
    if (!this.rows.current) return;
    if (last - first + 1 > MOST_CHOSEN) {
      this.dispatchEvent(new CustomEvent("too-many", { detail: MOST_CHOSEN }));
      return;
    }
    const { generation } = this.rows;
    try {
      const units = await this.rows.range(first, last);
      if (generation !== this.rows.generation) return; // other rows were asked for meanwhile
      this.selection.set(units.map((unit) => unit.id));
    } catch (error) {
      this.rows.dispatchEvent(new CustomEvent("error", { detail: error }));
    }
  }
}
