/** The save state in words, always on the screen. */

import { html } from "lit-html";
import { icon } from "../../shared/view/icon.js";

/** @import {SaveState} from "../net/label_sync.js" */

/** @param {SaveState} state */
export function saveWords({ kind, at, pending, detail }) {
  switch (kind) {
    case "saved":
      return at ? `Saved ${at.toLocaleTimeString("en-GB")}` : "All saved";
    case "saving":
      return "Saving";
    case "offline":
      return `Offline, ${pending} pending`;
    case "error":
      return `${(detail ?? "The server has an error").replace(/\.$/, "")}; ${pending} pending, trying again`;
    case "conflict":
      return "Conflict";
    case "refused":
      return "Not accepted";
    case "signed_out":
      return "Signed out";
    default:
      return "Only looking";
  }
}

const ICONS = /** @type {Record<SaveState["kind"], string>} */ ({
  saved: "check", saving: "cloud-upload", offline: "cloud-off", error: "triangle-alert", conflict: "triangle-alert", refused: "triangle-alert", signed_out: "log-out", readonly: "eye",
});

const MORE = /** @type {Record<SaveState["kind"], string>} */ ({
  saved: "Every change is on the server.",
  saving: "Changes are kept in this browser and are on their way to the server.",
  offline: "The server cannot be reached. Changes are kept in this browser and are sent as soon as it answers.",
  error: "Changes are kept in this browser and are sent as soon as the server takes them. Tell whoever runs it the reference.",
  conflict: "Someone else changed the same labels. Choose which version stays.",
  refused: "The server did not accept a change. Open to see why.",
  signed_out: "Sign in again in another tab; your changes are kept in this browser.",
  readonly: "You may look at these labels, not change them.",
});

/**
 * @param {SaveState} state
 * @param {() => void} open  shows what needs a decision
 */
export function saveStateView(state, open) {
  const needsYou = ["conflict", "refused", "signed_out"].includes(state.kind);
  const content = html`${icon(ICONS[state.kind])}<span>${saveWords(state)}</span>`;
  return needsYou
    ? html`<button type="button" class="save-state" data-kind=${state.kind} title=${MORE[state.kind]} @click=${open}>${content}</button>`
    : html`<span class="save-state" data-kind=${state.kind} title=${MORE[state.kind]}>${content}</span>`;
}
