/** After an upgrade: a line that says how many labels are to be reviewed, and the list of them. */

import { html, nothing, render } from "lit-html";
import { grouped } from "../../shared/core/words.js";
import { icon } from "../../shared/view/icon.js";
import { hint } from "../core/keys.js";

/** @import {LabelReview, ReviewRecord, Verdict} from "../net/label_review.js" */
/** @import {PanelContext} from "./panel_context.js" */

const VERDICTS = /** @type {Record<Verdict, {words: string, more: string}>} */ ({
  moved: { words: "picture moved", more: "The same picture has another number or time now." },
  taken: { words: "moved onto a keyframe", more: "The same picture has another number now, and the object has another keyframe there. Confirming replaces that one." },
  changed: { words: "picture changed", more: "The frame is decoded to another picture now. Look at it: confirm the label, draw it anew or delete it." },
  gone: { words: "frame is gone", more: "No frame of the file shows that picture any more, or it may not be labelled. Go to the frame that it belongs on and confirm it there, or delete it." },
});

/** "12 labels stand". @param {number} count */
const stand = (count) => `${grouped(count)} ${count === 1 ? "label stands" : "labels stand"}`;

/** Renders into the page's banner, which the server has laid out already, and into a part of the side panel. */
export class ReviewPanel {
  #banner;
  #list;
  #editor;
  #review;
  #page;
  #open = false;
  /** Somebody has had something to review here: the banner stays, and says when all is done, until it is closed. */
  #was;

  /**
   * @param {{banner: HTMLElement, list: HTMLElement}} hosts
   * @param {PanelContext} editor
   * @param {LabelReview} review
   * @param {{prepare: () => Promise<unknown>, unfold: () => void}} page
   *   `prepare`: bring what is not saved to the server. `unfold`: show the side panel
   */
  constructor({ banner, list }, editor, review, page) {
    this.#banner = banner;
    this.#list = list;
    this.#editor = editor;
    this.#review = review;
    this.#page = page;
    this.#was = !banner.hidden;
    review.on("change", () => this.draw());
    list.addEventListener("keydown", (event) => this.#key(event));
    this.draw();
  }

  draw() {
    const { count, known } = this.#review;
    if (known && count > 0) this.#was = true;
    this.#banner.hidden = !this.#was;
    if (known && this.#was) render(this.#bannerView(), /** @type {HTMLElement} */ (this.#banner.querySelector(".banner-line")));
    if (count === 0) this.#open = false;
    this.#list.hidden = !this.#open;
    render(this.#open ? this.#listView() : nothing, this.#list);
  }

  #bannerView() {
    const { count, counts, busy } = this.#review;
    if (count === 0) {
      return html`<span>All labels of this video have been reviewed.</span>
        <button type="button" class="button button-small" @click=${() => this.#close()}>Close</button>`;
    }
    const moves = counts.moved > 0 && this.#editor.mayLabel;
    return html`<span>This video was read again by a newer version. ${stand(count)} on frames that are not the same.</span>
      ${moves ? html`<button type="button" class="button button-small" ?disabled=${busy} @click=${() => void this.#move()}>${busy ? "Moving…" : `Move ${grouped(counts.moved)} to ${counts.moved === 1 ? "its picture" : "their pictures"}`}</button>` : nothing}
      <button type="button" class="button button-small" aria-expanded=${this.#open ? "true" : "false"} aria-controls="review-list" @click=${() => this.#toggle()}>${this.#open ? "Hide them" : "Show them"}</button>`;
  }

  #listView() {
    const { records, count, chosen } = this.#review;
    const label = records.find(({ id }) => id === chosen);
    return html`<div class="panel-head"><h2>To review <span class="count">${grouped(count)}</span></h2></div>
      <ul class="review-records" aria-label="Labels to review">${records.map((record) => this.#row(record))}</ul>
      ${count > records.length ? html`<p class="panel-empty">${grouped(count - records.length)} more follow once these are done.</p>` : nothing}
      ${label ? html`<p class="review-more">${VERDICTS[label.verdict].more}</p>` : nothing}
      ${label && this.#editor.mayLabel
        ? html`<div class="selected-actions">
            <button type="button" class="button button-quiet" title=${hint("confirm")} @click=${() => this.#editor.act("confirm")}>${icon("check")}Confirm on this frame</button>
            <button type="button" class="button button-quiet" @click=${() => this.#editor.act("deleteReviewed")}>${icon("trash-2")}Delete</button>
          </div>`
        : nothing}`;
  }

  /** @param {ReviewRecord} record */
  #row(record) {
    const { id, kind, track, frame, frame_now: now, verdict } = record;
    const where = now === null || now === frame ? `frame ${frame}` : `frame ${frame} → ${now}`;
    const chosen = id === this.#review.chosen;
    return html`<li><button type="button" class="review-record" aria-pressed=${chosen ? "true" : "false"} data-record=${id} title=${VERDICTS[verdict].more} @click=${() => this.#take(record)}>
      <span class="ellipsis">${this.#editor.nameOf(track)}${kind === "range" ? ", outside" : ""}</span><span class="review-where">${where}</span><span class="review-verdict" data-verdict=${verdict}>${VERDICTS[verdict].words}</span>
    </button></li>`;
  }

  /** @param {ReviewRecord} record */
  #take({ id, track, frame, frame_now: now }) {
    const last = this.#editor.frames.frameCount - 1;
    this.#review.choose(id);
    this.#editor.select([track]);
    this.#editor.go(Math.min(last, now ?? frame));
  }

  #toggle() {
    this.#open = !this.#open;
    if (this.#open) this.#page.unfold();
    this.draw();
  }

  #close() {
    this.#was = false;
    this.draw();
  }

  async #move() {
    await this.#page.prepare(); // else the server would move what is about to be changed
    await this.#review.move();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const row = /** @type {HTMLElement} */ (event.target).closest("li");
    const next = event.key === "ArrowDown" ? row?.nextElementSibling : event.key === "ArrowUp" ? row?.previousElementSibling : null;
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    next?.querySelector("button")?.focus();
  }
}
