/** Says whether the frame on the screen is proved to be the frame that its number says, and how. */

import { html, nothing } from "lit-html";
import { formatTime } from "../../shared/core/words.js";
import { copyAndSay } from "../../shared/view/copy.js";
import { icon } from "../../shared/view/icon.js";
import { progressWords } from "../playback/verification.js";
import { ffmpegSnippet, pyavSnippet } from "./snippets.js";

/** @import {Verification} from "../playback/verification.js" */
/** @import {PanelContext, Proof} from "./panel_context.js" */

const ICONS = /** @type {Record<Proof["state"], string>} */ ({
  seeking: "ellipsis", playing: "play", proving: "ellipsis", proved: "circle-check", server: "server", unproved: "circle-x", beyond: "hourglass", failed: "circle-x",
});

/**
 * @param {Proof} proof
 * @param {Verification | null} verification
 * @param {number} target
 */
export function proofWords(proof, verification, target) {
  switch (proof.state) {
    case "seeking":
      return proof.reason === null ? `Seeking frame ${target}…` : `Frame ${target}: ${proof.reason}`;
    case "playing":
      if (proof.source !== "server") return `Playing, frame ${proof.frame}`;
      return `Playing, frame ${proof.frame}: the server's pictures${proof.perSecond === null ? "" : `, ${rateOf(proof.perSecond)} a second`}`;
    case "proving":
      return `Frame ${proof.frame}: proving…`;
    case "proved":
      return `Frame ${proof.frame} proved`;
    case "server":
      return `Frame ${proof.frame} shown by the server`;
    case "beyond":
      return `Verification has not reached frame ${proof.frame}: ${progressWords(verification)}`;
    case "failed":
      return `Frame ${proof.frame ?? target} cannot be shown`;
    default:
      return `Frame ${proof.frame} not proved: ${proof.reason ?? "no reason given"}`;
  }
}

/** @param {number} perSecond */
function rateOf(perSecond) {
  return perSecond < 1.95 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

/** @param {PanelContext} editor */
export function statusChipView(editor) {
  const proof = editor.proof();
  const words = proofWords(proof, editor.verification(), editor.playing().target);
  return html`<button type="button" class="chip" id="proof-chip" data-state=${proof.state} popovertarget="proof-details" title=${words}>
      ${icon(ICONS[proof.state])}<span>${words}</span>
    </button>
    <div popover id="proof-details" class="popover proof-details" role="dialog" aria-labelledby="proof-title" tabindex="-1" @toggle=${focusPicture}>${detailsView(editor, proof, words)}</div>`;
}

/** Once it is closed the keys belong to the picture again, unless something else was clicked. @param {ToggleEvent} event */
function focusPicture(event) {
  if (event.newState !== "closed") return;
  const { activeElement } = document;
  if (activeElement && activeElement !== document.body && !activeElement.closest("#proof-chip, #proof-details")) return;
  document.getElementById("overlay")?.focus({ preventScroll: true });
}

/**
 * @param {PanelContext} editor
 * @param {Proof} proof
 * @param {string} words
 */
function detailsView(editor, proof, words) {
  const { frame } = proof;
  if (frame === null) return html`<h2 id="proof-title">${words}</h2>`;
  const { frames, dataUnit } = editor;
  const where = {
    file: dataUnit.title,
    stream: editor.stream,
    frame,
    pixelFormat: dataUnit.facts?.pixel_format ?? "",
  };
  const compared = proof.digest && proof.tableDigest ? (proof.digest === proof.tableDigest ? "equal" : "they differ") : "";
  return html`<h2 id="proof-title">${words}</h2>
    ${proof.reason ? html`<p>${proof.reason}</p>` : nothing}
    <dl>
      ${row("Frame", `${frame} of 0 to ${frames.frameCount - 1}`)}
      ${row("PTS", String(frames.ptsAt(frame)))}
      ${row("Time", `${formatTime(frames.secondsAt(frame))} (${frames.secondsAt(frame).toFixed(6)} s)`)}
      ${row("Packet", proof.packet === null ? "–" : `${proof.packet} in decode order`)}
      ${row("Decoder", proof.source === "server" ? "the server's FFmpeg" : proof.source === "webcodecs" ? "this browser (WebCodecs, in software)" : "–")}
      ${row(proof.source === "server" ? "Digest sent with the picture" : "Digest of the picture shown", proof.digest ?? "not computed")}
      ${row("Digest in the table", proof.tableDigest ? `${proof.tableDigest}${compared ? ` — ${compared}` : ""}` : "not there yet")}
      ${row("Table", String(dataUnit.table?.id ?? "–"))}
    </dl>
    ${snippetView(editor, "The same frame with PyAV", pyavSnippet(where))}
    ${snippetView(editor, "The same frame with FFmpeg", ffmpegSnippet(where))}`;
}

/** @param {string} name @param {string} value */
function row(name, value) {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}

/**
 * @param {PanelContext} editor
 * @param {string} title
 * @param {string} text
 */
function snippetView(editor, title, text) {
  return html`<section class="snippet">
    <header><h3>${title}</h3><button type="button" class="button button-quiet button-icon" aria-label="Copy: ${title}" title="Copy" @click=${() => copyAndSay(text, editor.say)}>${icon("copy")}</button></header>
    <pre tabindex="0" aria-label=${title}>${text}</pre>
  </section>`;
}
