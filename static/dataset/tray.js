/** The tray at the lower right: each file with its progress, its state in words, and what can be done about it. */
/** @import { DataUnit } from "./types.js" */
/** @import { Item, Uploads } from "./uploads.js" */
import { html, nothing, render } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { oncePerFrame } from "../shared/core/once_per_frame.js";
import { counted } from "../shared/core/words.js";
import { icon } from "../shared/view/icon.js";
import { bytes, stateOf, timeLeft } from "./format.js";

/**
 * @param {HTMLElement} tray
 * @param {Uploads} uploads
 */
export function startTray(tray, uploads) {
  /** As somebody has left it; until then it folds when nothing in it asks for anything. @type {boolean | null} */
  let chosen = null;
  let newest = 0;
  const draw = () => {
    const { items } = uploads;
    const key = Math.max(0, ...items.map((item) => item.key));
    if (key > newest) chosen = null;
    newest = Math.max(newest, key);
    const folded = chosen ?? items.every((item) => item.state === "done" && !failed(item));
    tray.hidden = items.length === 0;
    const act = (/** @type {() => void} */ action) => () => {
      action();
      ask();
    };
    render(
      html`<div class="tray-head">
          <h2 role="status" class=${items.some(failed) ? "error" : ""}>${summary(items)}</h2>
          ${items.some(({ state }) => state === "done") ? html`<button class="button button-quiet button-small" type="button" @click=${() => uploads.clearDone()}>Clear finished</button>` : nothing}
          <button class="button button-quiet button-small button-icon" type="button" aria-expanded=${folded ? "false" : "true"} aria-label=${folded ? "Unfold the list of uploads" : "Fold the list of uploads"} title=${folded ? "Unfold" : "Fold"}
            @click=${act(() => (chosen = !folded))}>${icon(folded ? "chevron-up" : "chevron-down")}</button>
        </div>
        <ul class="tray-list" ?hidden=${folded}>${repeat(
          items,
          (item) => item.key,
          (item) => row(item, uploads),
        )}</ul>`,
      tray,
    );
  };
  const ask = oncePerFrame(draw);
  uploads.addEventListener("change", ask);
}

/** Whether somebody has to do something about it. @param {Item} item */
function failed({ state, unit }) {
  return state === "failed" || unit?.state === "failed" || unit?.state === "needs_reencode";
}

/**
 * @param {Item} item
 * @param {Uploads} uploads
 */
function row(item, uploads) {
  const { state } = item;
  const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ action) =>
    html`<button class="button button-quiet button-small button-icon" type="button" aria-label="${label} ${item.name}" title=${label} @click=${action}>${icon(name)}</button>`;
  return html`<li class="tray-item">
    <span class="tray-name" title=${item.name}>${item.name}</span>
    <span class="tray-buttons">
      ${state === "sending" || state === "waiting" ? button("pause", "Pause", () => uploads.pause(item)) : nothing}
      ${state === "paused" ? button("play", "Go on with", () => uploads.resume(item)) : nothing}
      ${state === "failed" && !item.final ? button("rotate-ccw", "Try again:", () => uploads.resume(item)) : nothing}
      ${state === "done" ? html`<span class="tray-end ${failed(item) ? "tray-end-bad" : ""}">${icon(item.unit === null ? "circle-check" : stateOf(item.unit).icon)}</span>` : button("x", state === "failed" ? "Dismiss" : "Cancel", () => void uploads.cancel(item))}
    </span>
    ${state === "done" || state === "failed" ? nothing : html`<progress class="progress" max="1" value=${item.size > 0 ? item.sent / item.size : 0} aria-label="Upload of ${item.name}"></progress>`}
    <span class="tray-words ${failed(item) ? "error" : "muted"}">${words(item)}</span>
  </li>`;
}

/** @param {Item} item */
function words(item) {
  const amount = `${bytes(item.sent)} of ${bytes(item.size)}`;
  switch (item.state) {
    case "queued":
      return `Waiting for its turn · ${bytes(item.size)}`;
    case "sending":
      return item.speed > 0 ? `${amount} · ${bytes(Math.round(item.speed))}/s · ${timeLeft((item.size - item.sent) / item.speed)}` : amount;
    case "waiting":
      return `${item.sentence} Goes on by itself, next in ${item.again} s · ${amount}`;
    case "paused":
      return `Paused · ${amount}`;
    case "checking":
      return `All ${bytes(item.size)} sent; the server checks them`;
    case "done":
      return `Uploaded · ${bytes(item.size)}${item.unit === null ? "" : ` · ${became(item.unit)}`}`;
    case "left":
      return `${item.sentence} ${amount}`;
    default:
      return item.sentence;
  }
}

/** @param {DataUnit} unit */
function became(unit) {
  const { words, sentence } = stateOf(unit);
  return unit.state === "failed" || unit.state === "needs_reencode" ? `${words}: ${sentence}` : words;
}

/** @param {Item[]} items */
function summary(items) {
  const open = items.filter(({ state }) => !["done", "failed", "left"].includes(state));
  const parts = [];
  if (open.length > 0) {
    const size = open.reduce((sum, item) => sum + item.size, 0);
    const sent = open.reduce((sum, item) => sum + item.sent, 0);
    parts.push(`Uploading ${counted(open.length, "file")} · ${size > 0 ? Math.floor((sent / size) * 100) : 0} %`);
  }
  const whole = items.filter(({ state }) => state === "done");
  const states = whole.map(({ unit }) => unit?.state);
  const count = (/** @type {string} */ state) => states.filter((each) => each === state).length;
  const [ready, convert, bad] = [count("ready"), count("needs_reencode"), count("failed")];
  const reading = whole.length - ready - convert - bad;
  if (reading > 0) parts.push(`${reading} uploaded, being read`);
  if (ready > 0) parts.push(`${ready} ready`);
  if (convert > 0) parts.push(`${convert} ${convert === 1 ? "needs" : "need"} re-encoding`);
  const lost = bad + items.filter(({ state }) => state === "failed").length;
  if (lost > 0) parts.push(`${lost} failed`);
  const left = items.filter(({ state }) => state === "left").length;
  if (left > 0) parts.push(`${left} unfinished`);
  return parts.join(" · ");
}
