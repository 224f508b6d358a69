/** The panel of one video: everything that is known of it, and the whole sentence where something is wrong. */
/** @import { List } from "../shared/core/addresses.js" */
/** @import { DataUnit } from "./types.js" */
import { html, nothing, render } from "lit-html";
import { editorUrl } from "../shared/core/addresses.js";
import { convertCommand } from "../shared/core/shell.js";
import { formatTime, grouped } from "../shared/core/words.js";
import { commandView } from "../shared/view/command.js";
import { icon } from "../shared/view/icon.js";
import { bytes, frameRate, mayOpen, progressOf, seenSize, stateOf, upgradeOf } from "./format.js";
import { badge } from "./parts.js";

/**
 * @param {HTMLElement} body
 * @param {DataUnit | null} unit
 * @param {List} list  that the page shows
 * @param {(sentence: string) => void} say
 */
export function drawDetails(body, unit, list, say) {
  render(unit === null ? html`<p class="muted">Choose a video to see what is known of it.</p>` : details(unit, list, say), body);
}

/**
 * @param {DataUnit} unit
 * @param {List} list
 * @param {(sentence: string) => void} say
 */
function details(unit, list, say) {
  const { facts } = unit;
  const state = stateOf(unit);
  const progress = unit.state === "verifying" ? progressOf(unit) : null;
  const bad = state.tone === "danger" || state.tone === "warning";
  /** @type {[string, unknown][]} */
  const rows = [
    ["Frames", unit.table === null ? "" : grouped(unit.table.frame_count)],
    ["Damaged frames", facts.unclean_frames ? grouped(facts.unclean_frames) : ""],
    ["Duration", facts.duration_seconds === undefined || facts.duration_seconds === null ? "" : formatTime(facts.duration_seconds)],
    ["Frames a second", frameRate(facts.average_rate) && `${frameRate(facts.average_rate)} on average`],
    ["Container", facts.container],
    ["Codec", facts.codec],
    ["Pixel format", facts.pixel_format],
    ["Pixels", seenSize(facts)],
    ["Rotation", facts.rotation ? `${facts.rotation}°; stored as ${facts.width}×${facts.height}` : ""],
    ["Pixel shape", facts.sample_aspect_ratio === "1:1" ? "" : facts.sample_aspect_ratio],
    ["Bit rate", facts.bitrate ? `${(facts.bitrate / 1e6).toFixed(2)} Mbit/s` : ""],
    ["Audio", facts.has_audio ? "yes" : ""],
    ["Size", `${bytes(unit.size)} (${grouped(unit.size)} bytes)`],
    ["Labels", unit.labels === 0 ? "none" : grouped(unit.labels)],
    ["Labelled by", unit.labelled_by.join(", ")],
    ["Added", new Date(unit.created_at).toLocaleString()],
  ];
  return html`${unit.thumbnail_url === null ? nothing : html`<img class="details-picture" src=${unit.thumbnail_url} alt="">`}
    <h3 class="details-title"><bdi>${unit.title}</bdi></h3>
    ${bad
      ? html`<p class="notice ${state.tone === "danger" ? "notice-danger" : "notice-warning"}">${icon(state.icon)}<span><strong>${state.words}.</strong> ${state.sentence}</span></p>`
      : html`<p>${badge(state)}</p>`}
    ${upgradeOf(unit).map(({ icon: name, words, sentence }) => html`<p class="notice notice-warning">${icon(name)}<span><strong>${words}.</strong> ${sentence}</span></p>`)}
    ${unit.state === "needs_reencode" ? commandView("Convert it on your own machine, then upload the result:", convertCommand(unit), say) : nothing}
    ${progress === null ? nothing : html`<progress class="progress" max="1" value=${progress} aria-label="Reading"></progress>`}
    ${mayOpen(unit) ? html`<p class="details-open"><a class="button button-primary" href=${editorUrl(unit, list)}>Open in the editor</a></p>` : nothing}
    <dl class="facts">${rows.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    <p class="small muted details-hash">SHA-256<br><span class="mono">${unit.sha256}</span></p>`;
}
