/** The menu under the right mouse button: commands that have keys, with their keys. */

import { html, nothing, render } from "lit-html";
import { bindingFor } from "../core/keys.js";

/** Where on the window. @typedef {{x: number, y: number}} Spot */
/** What the menu is about. @typedef {"shape" | "keyframe" | "track" | "nothing"} Subject */

/** In groups. @type {Record<Subject, readonly (readonly string[])[]>} */
const COMMANDS = {
  shape: [
    ["confirm"],
    ["keyframe", "outside", "occluded", "hold"],
    ["copy", "duplicate", "propagate", "copyPrevious", "redraw"],
    ["split", "merge"],
    ["hide", "lock", "zoomToSelection"],
    ["deleteKeyframe", "delete"],
  ],
  keyframe: [["confirm"], ["occluded", "hold", "outside"], ["previousKeyframe", "nextKeyframe", "bisect"], ["split", "propagate"], ["deleteKeyframe"]],
  track: [["previousKeyframe", "nextKeyframe", "zoomToSelection"], ["hide", "lock"], ["split", "merge"], ["delete"]],
  nothing: [["paste", "pasteInPlace", "copyPrevious"], ["box"], ["fit", "names", "hideAll"]],
};

export class ContextMenu {
  #host;
  #act;
  #may;
  #closed;
  /** @type {(() => void) | null} */
  #before = null;

  /**
   * @param {HTMLElement} host  a popover of the page, closed by hand: one that closes by itself closes as the button that opened it is let go
   * @param {{act: (action: string) => void, may: (action: string) => boolean, closed: () => void}} page
   *   `may`: whether the command makes sense now. `closed`: give the focus back
   */
  constructor(host, { act, may, closed }) {
    this.#host = host;
    this.#act = act;
    this.#may = may;
    this.#closed = closed;
    const away = (/** @type {Event} */ event) => {
      if (this.isOpen && !(event.target instanceof Node && host.contains(event.target))) this.close();
    };
    addEventListener("pointerdown", away, { capture: true });
    addEventListener("wheel", away, { capture: true, passive: true });
    addEventListener("blur", away);
    addEventListener("resize", away);
    host.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" && event.key !== "Tab") return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
    });
    host.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  get isOpen() {
    return this.#host.matches(":popover-open");
  }

  /**
   * @param {Subject} subject
   * @param {Spot} spot
   * @param {() => void} [before]  to be done before the command that is chosen
   */
  open(subject, { x, y }, before) {
    const host = this.#host;
    this.#before = before ?? null;
    const groups = COMMANDS[subject].map((group) => group.filter(this.#may)).filter((group) => group.length > 0);
    render(
      groups.map((group, at) => html`${at > 0 ? html`<hr class="menu-line">` : nothing}${group.map((action) => this.#item(action))}`),
      host,
    );
    if (!this.isOpen) host.showPopover();
    const { width, height } = host.getBoundingClientRect();
    host.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
    host.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
    /** @type {HTMLElement | null} */ (host.querySelector(".menu-item"))?.focus({ preventScroll: true });
  }

  close() {
    this.#host.hidePopover();
    this.#closed();
  }

  /** @param {string} action */
  #item(action) {
    const binding = bindingFor(action);
    const run = () => {
      this.close();
      this.#before?.();
      this.#act(action);
    };
    return html`<button type="button" class="menu-item" role="menuitem" @click=${run}>${binding?.name.split(";")[0]}<span class="menu-keys">${binding?.keys[0]}</span></button>`;
  }
}
