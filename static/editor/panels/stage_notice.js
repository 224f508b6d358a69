/** What stands in place of the picture, or over it, when something is to be known first. */

import { html, nothing } from "lit-html";
import { convertCommand } from "../../shared/core/shell.js";
import { commandView } from "../../shared/view/command.js";
import { icon } from "../../shared/view/icon.js";

/**
 * `action`: what can be done about it here. `command`: what can be done about it elsewhere, for a shell.
 * @typedef {{kind: "empty" | "error" | "busy", title: string, sentence: string, code?: string | null,
 *   action?: {label: string, run: () => void} | null, link?: {label: string, href: string} | null, command?: string | null}} Notice
 */

/**
 * @param {Notice | null} notice
 * @param {(sentence: string) => void} [say]
 */
export function noticeView(notice, say = () => {}) {
  if (!notice) return nothing;
  const { kind, title, sentence, code, action, link, command } = notice;
  return html`<div class="notice-box" role=${kind === "error" ? "alert" : "status"}>
    ${kind === "error" ? icon("triangle-alert") : nothing}
    <h2>${title}</h2>
    <p>${sentence}</p>
    ${command ? commandView("Convert it on your own machine, then upload the result to the dataset:", command, say) : nothing}
    ${code ? html`<p class="muted small">Code: ${code}</p>` : nothing}
    ${action ? html`<button type="button" class="button" @click=${action.run}>${action.label}</button>` : nothing}
    ${link ? html`<a class="button" href=${link.href}>${link.label}</a>` : nothing}
  </div>`;
}

/**
 * What to say of a data unit that has no frames to look at, or null if it has.
 * @param {any} dataUnit
 * @param {string} datasetUrl
 * @returns {Notice | null}
 */
export function dataUnitNotice(dataUnit, datasetUrl) {
  const link = { label: "Back to the dataset", href: datasetUrl };
  const code = dataUnit.error?.code ?? null;
  if (dataUnit.state === "failed") {
    return { kind: "error", title: "This file cannot be used", sentence: dataUnit.error?.detail ?? "The server could not read it.", code, link };
  }
  if (dataUnit.state === "needs_reencode") {
    const sentence = dataUnit.error?.detail ?? "Its container is read for inspection only.";
    return { kind: "error", title: "This file must be converted before it can be labelled", sentence, code, link, command: convertCommand(dataUnit) };
  }
  if (!dataUnit.table) {
    return { kind: "busy", title: "The server is reading this file", sentence: "Its frames can be looked at as soon as its packets have been read; this page goes on by itself.", link };
  }
  return null;
}

/** What to say of a data unit that is there no more. @param {string} datasetUrl @returns {Notice} */
export function removedNotice(datasetUrl) {
  const sentence = "Someone removed it from the dataset, or you may no longer see it.";
  return { kind: "error", title: "This video was removed", sentence, link: { label: "Back to the dataset", href: datasetUrl } };
}
