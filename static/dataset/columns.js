/** The columns of the table: what each shows, how it sorts, how wide it is. */
/** @import { List } from "../shared/core/addresses.js" */
/** @import { DataUnit } from "./types.js" */
import { html } from "lit-html";
import { editorUrl } from "../shared/core/addresses.js";
import { formatTime, grouped } from "../shared/core/words.js";
import { bytes, frameRate, mayOpen, seenSize, stateOf, upgradeOf } from "./format.js";
import { badge, mark, shortBadge } from "./parts.js";

/**
 * @typedef {{name: string, title: string, sort: string | null, number: boolean, shown: boolean, fixed?: boolean,
 *   cell: (unit: DataUnit, list: List) => unknown}} Column
 *   `shown`: until somebody chooses · `fixed`: always there
 */

/** @type {readonly Column[]} */
export const COLUMNS = [
  {
    name: "thumbnail",
    title: "",
    sort: null,
    number: false,
    shown: true,
    fixed: true,
    cell: (unit) =>
      unit.thumbnail_url === null
        ? html`<span class="thumbnail"></span>`
        : html`<img class="thumbnail" src=${unit.thumbnail_url} alt="" width="64" height="36" loading="lazy" decoding="async">`,
  },
  {
    name: "title",
    title: "Title",
    sort: "title",
    number: false,
    shown: true,
    fixed: true,
    // Out of the tab order: the table itself takes the focus, and Enter opens the row.
    cell: (unit, list) =>
      mayOpen(unit)
        ? html`<a class="row-title" href=${editorUrl(unit, list)} title=${unit.title} tabindex="-1" draggable="false">${unit.title}</a>`
        : html`<span class="row-title" title=${unit.title}>${unit.title}</span>`,
  },
  { name: "state", title: "State", sort: "state", number: false, shown: true, cell: stateCell },
  {
    name: "duration",
    title: "Duration",
    sort: "duration",
    number: true,
    shown: true,
    cell: (unit) => (unit.facts.duration_seconds === undefined || unit.facts.duration_seconds === null ? "" : formatTime(unit.facts.duration_seconds)),
  },
  {
    name: "frames",
    title: "Frames",
    sort: "frames",
    number: true,
    shown: true,
    cell: (unit) => (unit.table === null ? "" : grouped(unit.table.frame_count)),
  },
  { name: "rate", title: "Frames/s", sort: null, number: true, shown: false, cell: (unit) => frameRate(unit.facts.average_rate) },
  { name: "codec", title: "Codec", sort: "codec", number: false, shown: true, cell: (unit) => unit.facts.codec ?? "" },
  {
    name: "width",
    title: "Pixels",
    sort: "width",
    number: true,
    shown: true,
    cell: (unit) => seenSize(unit.facts),
  },
  { name: "size", title: "Size", sort: "size", number: true, shown: true, cell: (unit) => bytes(unit.size) },
  { name: "labels", title: "Labels", sort: "labels", number: true, shown: true, cell: (unit) => (unit.labels === 0 ? "" : grouped(unit.labels)) },
  {
    name: "people",
    title: "Labelled by",
    sort: null,
    number: false,
    shown: true,
    cell: (unit) => html`<span title=${unit.labelled_by.join(", ")}>${unit.labelled_by.join(", ")}</span>`,
  },
  {
    name: "created",
    title: "Added",
    sort: "created_at",
    number: true,
    shown: true,
    cell: (unit) => html`<time datetime=${unit.created_at} title=${new Date(unit.created_at).toLocaleString()}>${day(unit.created_at)}</time>`,
  },
];

/** The state, and after an upgrade what is left of it to be looked at: in words before everything else. @param {DataUnit} unit */
function stateCell(unit) {
  const more = upgradeOf(unit);
  if (more.length === 0) return badge(stateOf(unit));
  return html`<span class="states">${shortBadge(stateOf(unit))}${more.map((each) => (each.words.startsWith("Old") ? mark(each) : shortBadge(each)))}</span>`;
}

const STORED = "dataset.columns";

/** The names of the columns that are shown, as chosen in this browser. @returns {Set<string>} */
export function chosenColumns() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? "null");
    if (Array.isArray(stored)) return new Set(COLUMNS.filter((column) => column.fixed || stored.includes(column.name)).map((column) => column.name));
  } catch {
    // Blocked or broken storage: the columns that everyone begins with.
  }
  return new Set(COLUMNS.filter((column) => column.shown).map((column) => column.name));
}

/** @param {Set<string>} names */
export function rememberColumns(names) {
  try {
    localStorage.setItem(STORED, JSON.stringify([...names]));
  } catch {
    // Not remembered, then.
  }
}

/** The day in the reader's own time zone. @param {string} moment */
function day(moment) {
  const date = new Date(moment);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
}
