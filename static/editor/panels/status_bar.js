/** The lowest line: what the file is, how fast it comes, where the pointer is. */

import { html, nothing } from "lit-html";
import { rateWords } from "./rate_words.js";

/** @import {Times} from "./rate_words.js" */

/**
 * `verifying`: how far, in words. `live`: the state of the socket. `bitsPerSecond` null: nothing was fetched yet. `pointer` in pixels of the picture.
 * @typedef {{facts: any, frames: Times, bitsPerSecond: number | null, zoom: number | null, pointer: {x: number, y: number} | null, insecure: boolean,
 *   verifying: string | null, live: string}} Status
 */

/** @param {Status} status */
export function statusBarView({ facts, frames, bitsPerSecond, zoom, pointer, insecure, verifying, live }) {
  return html`<span class="status-item">${netWords(bitsPerSecond, facts?.bitrate ?? null)}</span>
    ${verifying ? html`<span class="status-item">Verifying: ${verifying}</span>` : nothing}
    ${live === "offline" ? html`<span class="status-item status-warning">Live updates are lost: connecting again</span>` : nothing}
    ${insecure ? html`<span class="status-item status-warning">Not HTTPS: pictures come from the server</span>` : nothing}
    <span class="status-gap"></span>
    ${pointer ? html`<span class="status-item">${pointer.x.toFixed(1)}, ${pointer.y.toFixed(1)} px</span>` : nothing}
    ${zoom === null ? nothing : html`<span class="status-item">${Math.round(zoom * 100)} %</span>`}
    <span class="status-item">${factsWords(facts, frames)}</span>`;
}

/**
 * @param {number | null} measured  bits a second
 * @param {number | null} needed
 */
function netWords(measured, needed) {
  const need = needed ? `needs ${megabits(needed)}` : "";
  if (measured === null) return need ? `${need} Mbit/s` : "";
  const verdict = needed ? (measured > 2 * needed ? "fine" : measured > needed ? "just enough" : "too slow to play in real time") : "";
  return [`↓ ${megabits(measured)} Mbit/s`, need, verdict].filter(Boolean).join(" · ");
}

/** @param {number} bits */
function megabits(bits) {
  const mega = bits / 1e6;
  return mega >= 100 ? String(Math.round(mega)) : mega.toFixed(1);
}

/** @param {any} facts @param {Times} frames */
function factsWords(facts, frames) {
  if (!facts) return "";
  const sar = facts.sample_aspect_ratio;
  const square = !sar || String(sar) === "1,1" || sar === "1:1" || sar === "1/1";
  return [
    [facts.codec, facts.width && `${facts.width}×${facts.height}`].filter(Boolean).join(" "),
    rateWords(frames),
    facts.rotation ? `turned ${facts.rotation}°` : "",
    square ? "" : `pixels ${Array.isArray(sar) ? sar.join(":") : sar}`,
  ].filter(Boolean).join(" · ");
}
