/** The page of a dataset: wires the table, the filter, the uploads, the panels and the socket. */
/** @import { DataUnit } from "./types.js" */
import { html, render } from "lit-html";
import { editorUrl, listOf, listSearch } from "../shared/core/addresses.js";
import { counted, grouped } from "../shared/core/words.js";
import { request } from "../shared/net/api.js";
import { Live } from "../shared/net/live.js";
import { askText, confirm } from "../shared/view/ask.js";
import { ClassesPanel } from "./classes.js";
import { COLUMNS, chosenColumns, rememberColumns } from "./columns.js";
import { drawDetails } from "./details.js";
import { droppedFiles } from "./dropped.js";
import { startFilter } from "./filter.js";
import { mayOpen } from "./format.js";
import { MembersPanel } from "./members.js";
import { Rows } from "./rows.js";
import { Selection } from "./selection.js";
import { Table } from "./table.js";
import { toast, toastError } from "./toast.js";
import { startTray } from "./tray.js";
import { Uploads } from "./uploads.js";

const page = document.body.dataset;
const dataset = Number(page.dataset);
const datasetTitle = page.datasetTitle ?? "";
const mayManage = page.mayManage !== undefined;
const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

// ---- the table

const rows = new Rows((path, options) => request("GET", path, undefined, options), `/api/datasets/${dataset}/data-units/`);
Object.assign(rows, listOf(location.search));
const selection = new Selection();
let columns = chosenColumns();
const table = new Table(element("rows"), rows, selection, { columns, mayManage });
const filter = /** @type {HTMLInputElement} */ (element("filter"));
/** Units by id that the selection speaks of, which may have scrolled out of the pages at hand. @type {Map<number, DataUnit>} */
const known = new Map();

rows.addEventListener("error", (event) => toastError(/** @type {CustomEvent} */ (event).detail));
rows.addEventListener("change", () => {
  const { count, answered, refused } = rows;
  element("count").textContent =
    refused !== null ? "" : count === null ? "Loading…" : counted(count, "video") + (answered === "" ? "" : " found");
  element("filter-problem").textContent = refused;
  element("filter-problem").hidden = refused === null;
  filter.setAttribute("aria-invalid", String(refused !== null));
  element("rows").hidden = count === 0;
  element("empty").hidden = count !== 0 || answered !== "";
  element("nothing-found").hidden = count !== 0 || answered === "";
  showDetails();
});
table.addEventListener("open", (event) => open(/** @type {CustomEvent} */ (event).detail));
table.addEventListener("remove", () => void remove());
table.addEventListener("cursor", () => showDetails());
table.addEventListener("renamed", (event) => void rename(/** @type {CustomEvent} */ (event).detail));
table.addEventListener("too-many", (event) =>
  toast(`At most ${grouped(/** @type {CustomEvent} */ (event).detail)} videos are chosen at a time. Narrow the list with the filter.`),
);
table.addEventListener("sort", (event) => {
  const sort = /** @type {CustomEvent} */ (event).detail;
  element("rows").scrollTop = 0;
  selection.moveTo(0);
  rows.ask({ sort });
  remember();
});

/** @param {DataUnit} unit */
function open(unit) {
  if (mayOpen(unit)) location.href = editorUrl(unit, rows);
  else toast(unit.error?.detail ?? "This video has not been read yet. It can be opened as soon as its first part has been.");
}

/** @param {{unit: DataUnit, title: string}} change */
async function rename({ unit, title }) {
  try {
    rows.put(await request("PATCH", `/api/data-units/${unit.id}/`, { title }));
  } catch (error) {
    toastError(error);
  }
}

/** What the actions are about: the chosen rows, or the one that the keyboard stands on. */
async function chosenUnits() {
  const ids = selection.size > 0 ? [...selection.ids] : [table.current()?.id ?? 0];
  /** @type {DataUnit[]} */
  const units = [];
  for (const id of ids) {
    if (id === 0) continue;
    const unit = rows.byId(id) ?? known.get(id) ?? (await request("GET", `/api/data-units/${id}/`).catch(() => null));
    if (unit !== null) units.push(unit);
  }
  return units;
}

async function remove() {
  const units = await chosenUnits();
  if (units.length === 0) return;
  const labels = units.reduce((sum, unit) => sum + unit.labels, 0);
  const what = units.length === 1 ? `“${units[0].title}”` : counted(units.length, "video");
  const sure = await confirm({
    title: `Remove ${what}?`,
    lines: [
      labels === 0 ? "It has no labels." : `${counted(labels, "label")} will be lost with ${units.length === 1 ? "it" : "them"}.`,
      "This cannot be undone.",
    ].map((line) => (units.length > 1 ? line.replace("It has", "They have") : line)),
    button: labels === 0 ? "Remove" : `Remove with ${counted(labels, "label")}`,
    danger: true,
  });
  if (!sure) return table.focus();
  let removed = 0;
  for (const unit of units) {
    try {
      await request("DELETE", `/api/data-units/${unit.id}/?labels=${unit.labels}`);
      removed += 1;
      selection.remove([unit.id]);
    } catch (error) {
      toastError(error); // “has 4 labels, not 3”: somebody has labelled it meanwhile
    }
  }
  if (removed > 0) toast(`${counted(removed, "video")} removed.`);
  rows.refresh();
  table.focus();
}

// ---- the bar of actions

selection.addEventListener("change", () => {
  const bar = element("bulk");
  bar.hidden = selection.size === 0;
  element("bulk-count").textContent = `${grouped(selection.size)} chosen`;
  for (const id of selection.ids) {
    const unit = rows.byId(id);
    if (unit !== null) known.set(id, unit);
  }
  showDetails();
});
element("bulk-clear").addEventListener("click", () => {
  selection.clear();
  table.focus();
});
document.getElementById("bulk-remove")?.addEventListener("click", () => void remove());
for (const button of document.querySelectorAll("[data-export]")) {
  button.addEventListener("click", () => {
    const format = /** @type {HTMLElement} */ (button).dataset.export ?? "";
    const path = selection.size === 0 ? `/api/datasets/${dataset}/export?${format}` : `/api/datasets/${dataset}/export?${format}&data_units=${[...selection.ids].join(",")}`;
    const link = Object.assign(document.createElement("a"), { href: path, download: "" });
    link.click();
    element("export-menu").hidePopover();
  });
}

// ---- the toolbar

filter.value = rows.query;
startFilter(filter, element("filter-options"), {
  changed(query) {
    element("rows").scrollTop = 0;
    selection.moveTo(0);
    rows.ask({ query });
    remember();
  },
  leave: () => table.focus(),
  known: () => {
    const units = [...rows.pages.values()].flatMap(({ units }) => units);
    return {
      codecs: new Set(units.flatMap(({ facts }) => (facts.codec ? [facts.codec] : []))),
      people: new Set(units.flatMap((unit) => unit.labelled_by)),
    };
  },
});
element("clear-filter").addEventListener("click", () => {
  filter.value = "";
  rows.ask({ query: "" });
  remember();
  filter.focus();
});

function remember() {
  history.replaceState(null, "", listSearch(rows) || location.pathname);
}

function drawColumns() {
  const choose = (/** @type {string} */ name) => (/** @type {Event} */ event) => {
    columns = new Set(columns);
    if (/** @type {HTMLInputElement} */ (event.target).checked) columns.add(name);
    else columns.delete(name);
    rememberColumns(columns);
    table.columns = columns;
    table.draw();
  };
  render(
    html`<legend>Columns</legend>${COLUMNS.filter((column) => !column.fixed).map(
      (column) => html`<label><input type="checkbox" .checked=${columns.has(column.name)} @change=${choose(column.name)}>${column.title}</label>`,
    )}`,
    element("columns"),
  );
}
drawColumns();

// ---- the panels beside the table

const classes = new ClassesPanel(element("panel-classes"), dataset, mayManage);
const members = mayManage ? new MembersPanel(element("panel-members"), dataset, page.mayListUsers !== undefined) : null;
const panels = [...document.querySelectorAll("[data-panel]")].filter((button) => button instanceof HTMLButtonElement);
/** @type {string | null} */
let openPanel = null;

/** @param {string | null} name */
function showPanel(name) {
  openPanel = name;
  element("side").hidden = name === null;
  for (const button of panels) {
    button.setAttribute("aria-pressed", String(button.dataset.panel === name));
    element(`panel-${button.dataset.panel}`).hidden = button.dataset.panel !== name;
    if (button.dataset.panel === name) element("side-title").textContent = button.textContent?.trim() ?? "";
  }
  if (name === "classes") void classes.load();
  if (name === "members") void members?.load();
  showDetails();
  table.draw();
  try {
    if (name === null) localStorage.removeItem("dataset.panel");
    else localStorage.setItem("dataset.panel", name);
  } catch {
    // Not remembered, then.
  }
}
for (const button of panels) button.addEventListener("click", () => showPanel(openPanel === button.dataset.panel ? null : (button.dataset.panel ?? null)));
element("side-close").addEventListener("click", () => {
  const button = panels.find(({ dataset: { panel } }) => panel === openPanel);
  showPanel(null);
  button?.focus();
});

function showDetails() {
  if (openPanel === "details") drawDetails(element("panel-details"), rows.get(selection.cursor), rows, toast);
}
try {
  const remembered = localStorage.getItem("dataset.panel");
  if (panels.some((button) => button.dataset.panel === remembered)) showPanel(remembered);
} catch {
  // Closed, as for everyone at first.
}

// ---- the dataset itself

document.getElementById("rename-dataset")?.addEventListener("click", async () => {
  element("more-menu").hidePopover();
  const title = await askText({ title: "Rename the dataset", label: "Title", value: datasetTitle, button: "Rename", maxLength: 200 });
  if (title === null || title.trim() === datasetTitle) return;
  try {
    await request("PATCH", `/api/datasets/${dataset}/`, { title });
    location.reload();
  } catch (error) {
    toastError(error);
  }
});
document.getElementById("remove-dataset")?.addEventListener("click", async () => {
  element("more-menu").hidePopover();
  try {
    // Asked without a number the server refuses, and says how many there are.
    const refusal = await request("DELETE", `/api/datasets/${dataset}/`).catch((error) => error);
    if (refusal?.code !== "labels_differ") throw refusal;
    const labels = refusal.body.labels;
    const { data_units: videos } = await request("GET", `/api/datasets/${dataset}/`);
    const sure = await confirm({
      title: `Remove the dataset “${datasetTitle}”?`,
      lines: [`${counted(videos, "video")} and ${counted(labels, "label")} will be lost.`, "This cannot be undone."],
      button: `Remove with ${counted(labels, "label")}`,
      danger: true,
    });
    if (!sure) return;
    await request("DELETE", `/api/datasets/${dataset}/?labels=${labels}`);
    location.href = "/";
  } catch (error) {
    toastError(error);
  }
});

// ---- uploads

const uploads = mayManage ? new Uploads(dataset) : null;
if (uploads !== null) {
  startTray(element("tray"), uploads);
  void uploads.findLeft();
  uploads.addEventListener("done", () => refreshSoon());
  const picker = /** @type {HTMLInputElement} */ (element("files"));
  for (const button of document.querySelectorAll("[data-upload]")) button.addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    uploads.add([...(picker.files ?? [])]);
    picker.value = "";
  });
  const veil = element("drop-here");
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragenter", (event) => {
    if (hasFiles(event)) veil.hidden = false;
  });
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    veil.hidden = true;
    if (!hasFiles(event) || event.dataTransfer === null) return;
    event.preventDefault();
    droppedFiles(event.dataTransfer).then((files) => uploads.add(files), toastError);
  });
}

// ---- what happens elsewhere

/** @type {ReturnType<typeof setTimeout> | undefined} */
let refreshing;
/** Fetch anew, once, for however many things happen in a moment. */
function refreshSoon() {
  clearTimeout(refreshing);
  refreshing = setTimeout(() => rows.refresh(), 300);
}

const live = new Live();
live.subscribe([`dataset:${dataset}`]);
for (const event of /** @type {const} */ (["subscribed", "reload"])) {
  live.on(event, () => {
    refreshSoon(); // what happened between the first answer and now
    uploads?.askAgain();
  });
}
live.on("event", ({ type, data }) => {
  if (type === "data_unit.changed") {
    uploads?.tell(data);
    if (!rows.put(data)) refreshSoon();
  } else if (type === "data_unit.removed") {
    selection.remove([data.id]);
    uploads?.tellRemoved(data.id);
    refreshSoon();
  } else if (type === "ontology.changed") {
    if (openPanel === "classes" && data.revision > (classes.ontology?.revision ?? 0)) classes.show(data);
  } else if (type === "dataset.removed") {
    location.href = "/";
  }
});
live.on("state", (state) => {
  element("offline").hidden = state === "connected" || state === "connecting";
  element("offline-words").textContent =
    state === "signed_out" ? "You are signed out. Sign in again in another tab; this page then goes on." : "No connection to the server. What you see may be old; it goes on by itself.";
});

// ---- keys that work everywhere on the page

addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.closest("input:not([type=checkbox]), select, textarea, dialog") !== null;
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    filter.focus();
    filter.select();
  } else if (event.key === "?") {
    location.href = "/help/keys/#dataset";
  } else {
    return;
  }
  event.preventDefault();
});

table.draw();
if (document.activeElement === document.body) requestAnimationFrame(() => requestAnimationFrame(() => table.focus()));
