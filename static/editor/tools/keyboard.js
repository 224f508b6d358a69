/** Keys of the whole window: which press is which action, and which are none of our business. */

import { bindingOf, chordOf } from "../core/keys.js";

/**
 * `canvas` is what Tab goes through objects in. `act` runs an action of core/keys.js. `knows` says whether it may run here.
 * @typedef {{canvas: HTMLElement, act: (action: string, held: boolean) => void, knows: (action: string) => boolean}} Keys
 */

const HELD = 250; // milliseconds: Space held longer than a tap is no tap

/** Space is played by a tap and pans while it is held: so it acts when it is let go. */
export class Keyboard {
  #keys;
  #mac = /Mac|iPhone|iPad/.test(navigator.platform);
  /** When Space went down; null while it is up. @type {number | null} */
  #space = null;
  #spaceUsed = false;

  /** @param {Keys} keys */
  constructor(keys) {
    this.#keys = keys;
    window.addEventListener("keydown", (event) => this.#down(event));
    window.addEventListener("keyup", (event) => this.#up(event));
    window.addEventListener("blur", () => (this.#space = null));
  }

  get spaceHeld() {
    return this.#space !== null;
  }

  /** Space was held to pan: letting it go plays nothing. */
  spaceUsed = () => {
    this.#spaceUsed = true;
  };

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (event.defaultPrevented || event.isComposing || event.getModifierState("AltGraph")) return;
    const chord = chordOf(event, this.#mac);
    const binding = chord === null ? null : bindingOf(chord);
    if (!binding || !this.#keys.knows(binding.action) || this.#belongsElsewhere(event, binding.action)) return;
    event.preventDefault();
    if (chord === "Space") {
      if (this.#space === null) {
        this.#space = performance.now();
        this.#spaceUsed = false;
      }
      return;
    }
    if (event.repeat && ONCE.has(binding.action)) return;
    this.#keys.act(binding.action, event.repeat);
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    if (event.key !== " " || this.#space === null) return;
    const held = performance.now() - this.#space;
    this.#space = null;
    if (!this.#spaceUsed && held < HELD) this.#keys.act("play", false);
  }

  /**
   * Whether the press belongs to what has the focus: to a field, a button, a dialog.
   * @param {KeyboardEvent} event
   * @param {string} action
   */
  #belongsElsewhere({ target, key, ctrlKey, metaKey, shiftKey }, action) {
    if (!(target instanceof Element)) return false;
    if (target.closest("dialog, [popover]:popover-open")) return true;
    if (key === "Escape" && document.querySelector("[popover]:popover-open")) return true; // closes that, and nothing else
    if (action === "save") return false;
    if (target.closest("input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return true;
    if (key === "Tab") return target !== this.#keys.canvas;
    // A text that is marked somewhere else is copied as text.
    if ((ctrlKey || metaKey) && !shiftKey && key.toLowerCase() === "c") return !(getSelection()?.isCollapsed ?? true);
    if (key === " " || key === "Enter") return target.closest("button, a, summary, input, [role=separator]") !== null;
    return false;
  }
}

/** What must not run again and again while its key is held. */
const ONCE = new Set([
  "play", "box", "select", "delete", "split", "merge", "outside", "occluded", "keyframe", "hold", "hide", "hideAll", "lock", "lockAll", "names",
  "help", "fullscreen", "foldPanel", "foldTimeline", "playMode", "copyLink", "finish", "paste", "pasteInPlace", "duplicate", "bisect", "propagate", "copyPrevious", "nextItem", "previousItem", "again", "confirm",
]);
