/** The objects as a list that can be searched and walked by keyboard: the twin of what is drawn on the picture. */

import { html, nothing, render } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { counted, grouped } from "../../shared/core/words.js";
import { icon } from "../../shared/view/icon.js";
import { hint } from "../core/keys.js";
import { cssProperty } from "./css_property.js";

/** @import {PanelContext} from "./panel_context.js" */

const ROW = 28; // CSS pixels
const BEYOND = 6; // rows kept ready above and below what is seen

/** Only the rows that are seen exist, so that ten thousand objects cost no more than thirty. */
export class ObjectsPanel {
  #host;
  #editor;
  #query = "";
  #top = 0;
  #height = 400;
  /** @type {string[]} what the list shows, in order */
  #ids = [];
  /** What `#ids` was made from. @type {{tracks: unknown, wanted: string}} */
  #listed = { tracks: null, wanted: "" };
  /** @type {string | null} the selection that was last scrolled to */
  #revealed = null;
  /** A row to focus once it exists. @type {string | null} */
  #focusNext = null;

  /**
   * @param {HTMLElement} host
   * @param {PanelContext} editor
   */
  constructor(host, editor) {
    this.#host = host;
    this.#editor = editor;
  }

  draw() {
    const editor = this.#editor;
    const tracks = editor.tracks();
    const wanted = this.#query.trim().toLowerCase();
    if (tracks !== this.#listed.tracks || wanted !== this.#listed.wanted) {
      this.#listed = { tracks, wanted };
      this.#ids = tracks.map(({ id }) => id).filter((id) => wanted === "" || editor.nameOf(id).toLowerCase().includes(wanted));
    }
    render(
      html`<div class="panel-head"><h2>Objects <span class="count">${grouped(tracks.length)}</span></h2>
          <input class="input search" type="search" placeholder="Search" aria-label="Search objects" .value=${this.#query}
            @input=${(/** @type {InputEvent} */ event) => this.#search(/** @type {HTMLInputElement} */ (event.currentTarget).value)}></div>
        <div class="object-scroll" @scroll=${(/** @type {Event} */ event) => this.#scrolled(/** @type {HTMLElement} */ (event.currentTarget))} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event)}>
          ${this.#ids.length === 0 ? html`<p class="panel-empty">${this.#emptyWords(tracks.length)}</p>` : nothing}
          <ul class="object-list" aria-label=${`${counted(this.#ids.length, "object")}`} ${cssProperty("height", `${this.#ids.length * ROW}px`)}>${this.#rows()}</ul>
        </div>`,
      this.#host,
    );
    this.#follow();
  }

  /** @param {number} all */
  #emptyWords(all) {
    if (all > 0) return "No object has that in its name.";
    if (!this.#editor.mayLabel) return "Nothing is labelled here.";
    return "Nothing is labelled here yet. Press B, or the number of a class, and drag a box over something.";
  }

  #rows() {
    const first = Math.max(0, Math.floor(this.#top / ROW) - BEYOND);
    const last = Math.min(this.#ids.length, Math.ceil((this.#top + this.#height) / ROW) + BEYOND);
    const seen = this.#ids.slice(first, last);
    return repeat(
      seen,
      (id) => id,
      (id, at) => this.#row(id, first + at),
    );
  }

  /**
   * @param {string} id
   * @param {number} at
   */
  #row(id, at) {
    const editor = this.#editor;
    const { session, index } = editor;
    const name = editor.nameOf(id);
    const selected = session.selection.includes(id);
    const state = this.#state(id);
    const hidden = session.isHidden(id);
    const locked = session.isLocked(id);
    const painted = editor.playing().painted ?? 0;
    const before = index.previousKeyframe(id, painted)?.value.frame ?? null;
    const after = index.nextKeyframe(id, painted)?.value.frame ?? null;
    const button = (/** @type {string} */ label, /** @type {string} */ picture, /** @type {() => void} */ run, { on = false, off = false } = {}) => html`<button
        type="button" class="row-button" data-on=${on ? "yes" : "no"} ?disabled=${off} aria-label="${label}: ${name}" title=${label} @click=${run}>${icon(picture)}</button>`;
    return html`<li class="object-row" aria-setsize=${this.#ids.length} aria-posinset=${at + 1} data-selected=${selected ? "yes" : "no"} data-here=${state.here ? "yes" : "no"}
        ${cssProperty("transform", `translateY(${at * ROW}px)`)} @pointerenter=${() => session.set({ hovered: id })} @pointerleave=${() => session.set({ hovered: null })}
        @contextmenu=${(/** @type {MouseEvent} */ event) => this.#menu(id, event)}>
      <button type="button" class="object-name" data-track=${id} aria-pressed=${selected ? "true" : "false"} title="${name}: ${state.words}"
        @click=${(/** @type {MouseEvent} */ event) => this.#choose(id, event)} @dblclick=${() => editor.act("zoomToSelection")}>
        <i class="swatch" data-state=${state.mark} ${cssProperty("--color", editor.colorOf(id))}></i><span class="ellipsis">${name}</span><span class="object-state">${state.words}</span>
      </button>
      <span class="row-buttons">
        ${button(before === null ? "No keyframe before" : `Keyframe before: frame ${before}`, "chevron-left", () => before !== null && editor.go(before), { off: before === null })}
        ${button(after === null ? "No keyframe after" : `Keyframe after: frame ${after}`, "chevron-right", () => after !== null && editor.go(after), { off: after === null })}
        ${button(hidden ? "Show" : "Hide", hidden ? "eye-off" : "eye", () => session.toggleHidden([id]), { on: hidden })}
        ${editor.mayLabel ? button(locked ? "Unlock" : "Lock", locked ? "lock" : "lock-open", () => session.toggleLocked([id]), { on: locked }) : nothing}
        ${editor.mayLabel ? button("Delete", "trash-2", () => editor.deleteTrack(id), { off: locked }) : nothing}
      </span>
    </li>`;
  }

  /**
   * How the object is on the frame that is shown.
   * @param {string} id
   */
  #state(id) {
    const { index } = this.#editor;
    const frame = this.#editor.playing().painted;
    const shown = frame === null ? null : index.shapeAt(id, frame);
    if (frame === null) return { here: false, mark: "none", words: "" };
    if (shown) {
      const words = shown.isKeyframe ? "keyframe" : index.nextKeyframe(id, frame) ? "between" : "held";
      return { here: true, mark: shown.isKeyframe ? "keyframe" : "between", words: shown.occluded ? `${words}, occluded` : words };
    }
    if (index.placedAt(id, frame)) return { here: false, mark: "none", words: "outside" };
    const first = index.keyframes(id)[0]?.value.frame;
    return { here: false, mark: "none", words: first === undefined ? "" : `from ${first}` };
  }

  /**
   * @param {string} id
   * @param {MouseEvent} event
   */
  #choose(id, event) {
    const { session } = this.#editor;
    const { selection } = session;
    this.#revealed = id;
    if (event.ctrlKey || event.metaKey) {
      this.#editor.select(selection.includes(id) ? selection.filter((one) => one !== id) : [...selection, id]);
    } else if (event.shiftKey && session.current !== null) {
      const [from, to] = [this.#ids.indexOf(session.current), this.#ids.indexOf(id)].sort((a, b) => a - b);
      this.#editor.select([...new Set([...selection, ...this.#ids.slice(from, to + 1)])]);
    } else this.#editor.select([id]);
  }

  /** @param {string} id @param {MouseEvent} event */
  #menu(id, event) {
    event.preventDefault();
    if (!this.#editor.session.selection.includes(id)) this.#editor.select([id]);
    this.#editor.menu("track", { x: event.clientX, y: event.clientY });
  }

  /** @param {string} query */
  #search(query) {
    this.#query = query;
    this.#top = 0;
    this.#editor.invalidate();
  }

  /** @param {HTMLElement} element */
  #scrolled(element) {
    this.#top = element.scrollTop;
    this.#height = element.clientHeight;
    this.#editor.invalidate();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const row = /** @type {HTMLElement} */ (event.target).closest(".object-name");
    const way = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!row || way === 0 || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const at = this.#ids.indexOf(/** @type {HTMLElement} */ (row).dataset.track ?? "");
    const next = this.#ids[at + way];
    if (next === undefined) return;
    this.#editor.select([next]);
    this.#focusNext = next;
    this.#editor.invalidate();
  }

  /** Keep the selected row in view, and the keyboard on it. */
  #follow() {
    const scroll = /** @type {HTMLElement | null} */ (this.#host.querySelector(".object-scroll"));
    if (!scroll) return;
    this.#height = scroll.clientHeight;
    const { current } = this.#editor.session;
    if (current !== this.#revealed) {
      this.#revealed = current;
      const at = current === null ? -1 : this.#ids.indexOf(current);
      if (at >= 0) {
        const top = at * ROW;
        if (top < scroll.scrollTop) scroll.scrollTop = top;
        else if (top + ROW > scroll.scrollTop + this.#height) scroll.scrollTop = top + ROW - this.#height;
      }
    }
    if (this.#focusNext !== null) {
      const row = /** @type {HTMLElement | null} */ (scroll.querySelector(`[data-track="${CSS.escape(this.#focusNext)}"]`));
      if (row) {
        this.#focusNext = null;
        row.focus();
      }
    }
  }
}

/**
 * What is selected, in numbers and choices: everything that the mouse does, for the keyboard.
 * @param {PanelContext} editor
 */
export function selectedView(editor) {
  const { session, index } = editor;
  const id = session.current;
  const track = id === null ? null : index.track(id);
  if (id === null || track === null) return nothing;
  if (session.selection.length > 1) {
    return html`<div class="panel-head"><h2>${counted(session.selection.length, "object")} selected</h2></div>
      <div class="selected-actions">${actionButton(editor, "merge", "merge", "Merge")}${actionButton(editor, "hide", "eye-off", "Hide")}${actionButton(editor, "delete", "trash-2", "Delete")}</div>`;
  }
  const frame = editor.playing().painted ?? 0;
  const shown = index.shapeAt(id, frame);
  const keyframes = index.keyframes(id);
  const number = keyframes.findIndex(({ value }) => value.frame === frame);
  const where = number >= 0 ? `keyframe ${number + 1} of ${keyframes.length}` : counted(keyframes.length, "keyframe");
  const earlier = index.keyframeAt(id, frame) ?? index.previousKeyframe(id, frame);
  return html`<div class="panel-head"><h2 class="ellipsis">${editor.nameOf(id)}</h2><span class="muted">${where}</span></div>
    <div class="selected-fields">
      <label class="wide"><span>class</span><select class="input" ?disabled=${!editor.mayLabel} @change=${(/** @type {Event} */ event) => {
        const chosen = editor.ontology().classes[/** @type {HTMLSelectElement} */ (event.currentTarget).selectedIndex];
        if (chosen) editor.setClass(id, chosen.id);
      }}>${editor.ontology().classes.map((item) => html`<option .selected=${String(item.id) === String(track.class)}>${item.name}</option>`)}</select></label>
      ${shown ? ["x", "y", "width", "height"].map((field) => numberField(editor, id, shown.shape, /** @type {"x"} */ (field))) : nothing}
    </div>
    ${shown ? nothing : html`<p class="panel-empty">${index.placedAt(id, frame) ? "Outside the picture on this frame." : "Not there yet on this frame."}</p>`}
    ${editor.mayLabel
      ? html`<div class="selected-actions">
          ${actionButton(editor, "keyframe", "diamond", "Keyframe", number >= 0)}
          ${actionButton(editor, "outside", "log-out", "Outside", shown === null)}
          ${actionButton(editor, "occluded", "layers-2", "Occluded", shown?.occluded ?? false)}
          ${actionButton(editor, "hold", "minus", "Hold", earlier?.value.interpolation === "hold")}
          ${actionButton(editor, "split", "scissors", "Split")}
        </div>`
      : nothing}`;
}

/**
 * @param {PanelContext} editor
 * @param {string} action
 * @param {string} picture
 * @param {string} label
 * @param {boolean} [on]
 */
function actionButton(editor, action, picture, label, on) {
  return html`<button type="button" class="button button-quiet" aria-pressed=${on === undefined ? nothing : on ? "true" : "false"} title=${hint(action)}
    @click=${() => editor.act(action)}>${icon(picture)}${label}</button>`;
}

/**
 * @param {PanelContext} editor
 * @param {string} id
 * @param {any} box
 * @param {"x" | "y" | "width" | "height"} field
 */
function numberField(editor, id, box, field) {
  const value = String(Math.round(box[field] * 100) / 100);
  const put = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.currentTarget);
    const number = Number(input.value);
    if (input.value.trim() !== "" && Number.isFinite(number)) editor.placeBox(id, { ...box, [field]: number });
    else input.value = value;
  };
  return html`<label title="${field}, in pixels of the picture"><span>${field}</span><input class="input number" type="number" step="any" .value=${value} ?disabled=${!editor.mayLabel} @change=${put}></label>`;
}
