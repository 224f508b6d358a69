/** The line that says which label changes only this browser has: a tab was killed, or the server away. It sends them meanwhile. */

import { html, nothing, render } from "lit-html";
import { counted } from "./shared/core/words.js";
import { UnsentChanges } from "./shared/net/unsent_changes.js";
import { icon } from "./shared/view/icon.js";

/** @import {Unsent} from "./shared/net/unsent_changes.js" */

const QUIET_MS = 1000; // what is saved by then is not worth a line
const DONE_MS = 5000;
const MOST_LINKS = 5;
const CLOSED = "unsent.others closed"; // for this tab

const user = Number(document.body.dataset.user);
const line = /** @type {HTMLElement} */ (document.getElementById("unsent"));
const unsent = new UnsentChanges(user);
/** The most that were on their way at a time since the line came: so many are saved when none is left. */
let most = 0;
let loud = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let done;

/** @param {Unsent} state */
function queuedView({ queued, trouble }) {
  if (queued === 0) return most > 0 ? html`${icon("check")}<span>${counted(most, "label change")} of this browser saved.</span>` : nothing;
  const saving = trouble === null ? "saving…" : trouble.kind === "signed_out" ? trouble.detail : `${trouble.detail.replace(/\.$/, "")}; trying again`;
  return html`${icon(trouble === null ? "cloud-upload" : "cloud-off")}<span>${counted(queued, "label change")} of this browser ${queued === 1 ? "is" : "are"} not saved yet · ${saving}</span>`;
}

/** @param {Unsent} state */
function undecidedView({ undecided }) {
  if (undecided.length === 0) return nothing;
  const count = undecided.reduce((sum, each) => sum + each.count, 0);
  const links = undecided.slice(0, MOST_LINKS).map(({ labelRow, title }) => html` <a href="/label/${labelRow}/"><bdi>${title}</bdi></a>`);
  const more = undecided.length > MOST_LINKS ? ` and ${undecided.length - MOST_LINKS} more` : "";
  return html`${icon("triangle-alert")}<span>${counted(count, "change")} ${count === 1 ? "was" : "were"} not taken and ${count === 1 ? "needs" : "need"} your decision:${links}${more}</span>`;
}

function othersView() {
  const close = () => {
    try {
      sessionStorage.setItem(CLOSED, "yes");
    } catch {
      // It comes back with the next page, then.
    }
    draw();
  };
  return html`${icon("users")}<span>Another person’s changes wait in this browser. They are saved once that person signs in here.</span>
    <button type="button" class="button button-quiet button-small" @click=${close}>Close</button>`;
}

function draw() {
  const { state } = unsent;
  const { queued, undecided, trouble } = state;
  const others = state.others && !isClosed();
  if (loud || trouble !== null) most = Math.max(most, queued);
  const saved = most > 0 && queued === 0;
  if (saved) {
    done ??= setTimeout(() => {
      most = 0;
      done = undefined;
      draw();
    }, DONE_MS);
  } else {
    clearTimeout(done);
    done = undefined;
  }
  const shown = most > 0 || undecided.length > 0 || others;
  line.hidden = !shown;
  line.classList.toggle("banner-warning", trouble !== null || undecided.length > 0);
  render(shown ? html`${most > 0 ? queuedView(state) : nothing}${undecidedView(state)}${others ? othersView() : nothing}` : nothing, line);
}

function isClosed() {
  try {
    return sessionStorage.getItem(CLOSED) !== null;
  } catch {
    return false;
  }
}

unsent.on("change", draw);
void unsent.look();
setTimeout(() => {
  loud = true;
  draw();
}, QUIET_MS);
// An editor in another tab may have been closed meanwhile.
addEventListener("focus", () => void unsent.look());
addEventListener("pageshow", (event) => event.persisted && void unsent.look());
