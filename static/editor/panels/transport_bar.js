/** Moving in time: buttons, speed, counter, clock, and the bar to scrub on. */

import { html, nothing, render } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { formatTime } from "../../shared/core/words.js";
import { icon } from "../../shared/view/icon.js";
import { hint } from "../core/keys.js";
import { RATES } from "../playback/player.js";
import { frameNamed } from "../playback/transport.js";
import { GO_TO_HELP, parseGoTo } from "./goto.js";
import { ScrubBar } from "./scrub_bar.js";

/** @import {PanelContext} from "./panel_context.js" */

const TYPES = /** @type {Record<string, string>} */ ({ I: "an I frame: decoded on its own", P: "a P frame: decoded from earlier ones", B: "a B frame: decoded from earlier and later ones" });

const SLIP = 4; // CSS pixels that a hand may move without meaning to drag

export class TransportBar {
  #host;
  #editor;
  #scrub;

  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} scrub
   * @param {PanelContext} editor
   */
  constructor(host, scrub, editor) {
    this.#host = host;
    this.#editor = editor;
    this.#scrub = new ScrubBar(scrub, editor);
  }

  draw() {
    render(this.#view(), this.#host);
    this.#scrub.draw();
  }

  /** Put the keyboard into the counter, its content ready to be typed over. */
  focusCounter() {
    const input = /** @type {HTMLInputElement | null} */ (this.#host.querySelector("#counter"));
    input?.focus();
    input?.select();
  }

  #view() {
    const editor = this.#editor;
    const { target, painted, playing, rate, mode, skipped } = editor.playing();
    const { frames } = editor;
    const last = frames.frameCount - 1;
    const shown = painted ?? target;
    const button = (/** @type {string} */ action, /** @type {string} */ picture, /** @type {string} */ label, off = false) => html`<button type="button"
        class="button button-quiet button-icon" ?disabled=${off} aria-label=${label} title=${hint(action)} @click=${() => editor.act(action)}>${icon(picture)}</button>`;
    const speeds = RATES.includes(Math.abs(rate)) ? RATES : [...RATES, Math.abs(rate)].sort((a, b) => a - b);
    return html`<div class="transport-buttons" role="group" aria-label="Playing">
        ${button("first", "skip-back", "First frame", target === 0)}
        ${button("stepBackMany", "chevrons-left", "10 frames back", target === 0)}
        ${button("stepBack", "chevron-left", "One frame back", target === 0)}
        <button type="button" class="button button-quiet button-icon" id="play" aria-label=${playing ? "Pause" : "Play"} title=${hint("play")} @click=${() => editor.act("play")}>${icon(playing ? "pause" : "play")}</button>
        ${button("stepForward", "chevron-right", "One frame forward", target === last)}
        ${button("stepForwardMany", "chevrons-right", "10 frames forward", target === last)}
        ${button("last", "skip-forward", "Last frame", target === last)}
      </div>
      <select class="input speed" aria-label="Speed" title="Speed (Shift+, and Shift+.)" @change=${(/** @type {Event} */ event) => editor.setRate(Number(/** @type {HTMLSelectElement} */ (event.currentTarget).value))}>
        ${speeds.map((speed) => html`<option value=${speed} .selected=${live(speed === Math.abs(rate))}>${rate < 0 ? "−" : ""}${speed}×</option>`)}
      </select>
      <form class="counter" @submit=${(/** @type {SubmitEvent} */ event) => this.#goTo(event)}>
        <input id="counter" class="input number" aria-label="Frame" title="${hint("goTo")}: ${GO_TO_HELP}" inputmode="text" autocomplete="off" spellcheck="false" @pointerdown=${(/** @type {PointerEvent} */ event) => this.#press(event)}
          @focus=${() => this.#editor.invalidate()} @blur=${() => this.#editor.invalidate()} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#counterKey(event)}>
        <span class="muted">/ ${last}</span>
      </form>
      <span class="clock" title="Presentation time of the frame that is shown">${formatTime(frames.secondsAt(shown))}</span>
      <span class="frame-type" title=${TYPES[frames.typeAt(shown)] ?? "the type of this frame is not known"}>${frames.typeAt(shown)}</span>
      <button type="button" class="button button-quiet play-mode" title=${hint("playMode", mode === "every" ? "Plays every frame, slower if it must" : "Plays in real time, leaving out frames if it must")}
        @click=${() => editor.act("playMode")}>${mode === "every" ? "Every frame" : "Real time"}${playing && mode === "real" && skipped > 0 ? html` <span class="skipped">${skipped} skipped</span>` : nothing}</button>
      <button type="button" class="button button-quiet button-icon" aria-label="Copy a link to this frame" title=${hint("copyLink")} @click=${() => editor.act("copyLink")}>${icon("link")}</button>`;
  }

  /** The counter shows what is on the screen while it plays, and else where it goes; while it is typed in, it is left alone. */
  syncCounter() {
    const input = /** @type {HTMLInputElement | null} */ (this.#host.querySelector("#counter"));
    if (!input || input === document.activeElement) return;
    const text = String(frameNamed(this.#editor.playing()));
    if (input.value !== text) input.value = text;
    input.style.width = `${Math.max(4, String(this.#editor.frames.frameCount).length) + 3}ch`;
  }

  /** @param {SubmitEvent} event */
  #goTo(event) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (this.#host.querySelector("#counter"));
    const result = parseGoTo(input.value, this.#editor.playing().target, this.#editor.frames);
    input.setAttribute("aria-invalid", "problem" in result ? "true" : "false");
    if ("problem" in result) {
      this.#editor.say(`${result.problem}.`);
      input.select();
      return;
    }
    this.#editor.go(result.frame);
    this.#leave(input);
  }

  /** Dragging on the counter scrubs, a frame every other pixel; a click is for typing. @param {PointerEvent} event */
  #press(event) {
    const input = /** @type {HTMLInputElement} */ (event.currentTarget);
    if (event.button !== 0 || input === document.activeElement) return;
    event.preventDefault(); // else it takes the focus, and marks its text while one drags
    const { frames } = this.#editor;
    const from = this.#editor.playing().target;
    let dragging = false;
    const move = (/** @type {PointerEvent} */ { clientX }) => {
      const by = clientX - event.clientX;
      dragging ||= Math.abs(by) > SLIP;
      if (dragging) this.#editor.scrub(Math.min(frames.frameCount - 1, Math.max(0, from + Math.round(by / 2))));
    };
    const up = (/** @type {PointerEvent} */ { type }) => {
      input.removeEventListener("pointermove", move);
      input.removeEventListener("pointerup", up);
      input.removeEventListener("pointercancel", up);
      if (dragging) this.#editor.endScrub();
      else if (type === "pointerup") this.focusCounter();
    };
    input.setPointerCapture(event.pointerId);
    input.addEventListener("pointermove", move);
    input.addEventListener("pointerup", up);
    input.addEventListener("pointercancel", up);
  }

  /** @param {KeyboardEvent} event */
  #counterKey(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.#leave(/** @type {HTMLInputElement} */ (event.currentTarget));
  }

  /** @param {HTMLInputElement} input */
  #leave(input) {
    input.setAttribute("aria-invalid", "false");
    input.blur();
    document.getElementById("overlay")?.focus();
    this.syncCounter();
  }
}
