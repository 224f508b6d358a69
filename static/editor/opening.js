/** Everything that must be here before a page can be wired: the data unit, its labels, its frame table. */

import { ApiError, get } from "../shared/net/api.js";
import { OpenLabels } from "./labels/open_labels.js";
import { LabelSync } from "./net/label_sync.js";
import { dataUnitNotice } from "./panels/stage_notice.js";
import { VideoSource } from "./sources/video_source.js";

/** @import {LabelRow} from "./labels/records.js" */
/** @import {Live} from "../shared/net/live.js" */
/** @import {WatchedUnit} from "./net/watched_unit.js" */
/** @import {Notice} from "./panels/stage_notice.js" */

/**
 * `dataUnit` is as it was when `source` was opened: what changes later is in the WatchedUnit. `row` and `sync` are null in the
 * viewer without labels.
 * @typedef {{dataUnit: any, row: LabelRow | null, source: VideoSource, labels: OpenLabels, sync: LabelSync | null}} Opened
 */
/**
 * @typedef {{labelRow: number | null, datasetUrl: string, live: Live, watched: WatchedUnit, say: (sentence: string) => void,
 *   showNotice: (notice: Notice) => void}} Page
 */

// Loads its own modules while the page asks what it is about.
/** @type {Worker | null} */
let earlyWorker = videoWorker();

/**
 * Resolves once the page can be wired; until then the page says what is missing, and goes on by itself or when told to.
 * @param {Page} page
 * @returns {Promise<Opened>}
 */
export async function opening(page) {
  for (;;) {
    try {
      const opened = await tryOpening(page);
      if (opened !== null) return opened;
    } catch (error) {
      if (page.watched.removed) await new Promise(() => {}); // the page says so
      console.error(error);
      await new Promise((resolve) => {
        const action = { label: "Try again", run: () => resolve(null) };
        const sentence = error instanceof Error ? error.message : String(error);
        const code = error instanceof ApiError ? error.code : null;
        page.showNotice({ kind: "error", title: "This could not be opened", sentence, code, action });
      });
    }
  }
}

/**
 * Nothing of it stays if it fails. Null if the frame table was replaced meanwhile.
 * @param {Page} page
 * @returns {Promise<Opened | null>}
 */
async function tryOpening({ labelRow, datasetUrl, live, watched, say, showNotice }) {
  showNotice({ kind: "busy", title: "Opening", sentence: "Fetching the frame table and the labels." });
  /** @type {LabelRow | null} */
  const row = labelRow === null ? null : await get(`/api/label-rows/${labelRow}/`);
  if (row) watched.offer(row.data_unit, row.ontology);
  else await watched.look();
  for (let notice; (notice = dataUnitNotice(watched.dataUnit, datasetUrl)) !== null; await watched.change()) showNotice(notice);

  const { dataUnit } = watched;
  const labels = new OpenLabels(row?.ontology ?? { classes: [] }, dataUnit.table.id);
  if (row) row.data_unit = dataUnit; // by which the page is opened: it may have waited for its frame table
  const sync = row && new LabelSync(row, labels.store, labels.history, live);
  sync?.on("message", say);
  const stopOntology = watched.on("ontology", (ontology) => labels.setOntology(ontology));
  const [source, synced] = await Promise.allSettled([openSource(dataUnit), sync?.open()]);
  if (source.status === "fulfilled" && synced.status === "fulfilled" && watched.dataUnit.table.id === dataUnit.table.id) {
    return { dataUnit, row, source: source.value, labels, sync };
  }
  stopOntology();
  sync?.close();
  if (source.status === "rejected") throw source.reason;
  source.value.close();
  if (synced.status === "rejected") throw synced.reason;
  return null;
}

/** @param {any} dataUnit */
function openSource({ table, media_url, side_url, picture_url }) {
  const worker = earlyWorker ?? videoWorker();
  earlyWorker = null;
  const address = {
    framesUrl: table.frames_url,
    digestsUrl: table.digests_url,
    mediaUrl: media_url,
    sideUrl: side_url,
    pictureUrl: (/** @type {number} */ frame) => picture_url.replace("{frame}", String(frame)),
    proved: table.proved,
  };
  return VideoSource.open(address, { makeWorker: () => worker });
}

function videoWorker() {
  return new Worker(new URL("./sources/video_worker.js", import.meta.url), { type: "module" });
}
