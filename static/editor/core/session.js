/** What one person has in hand in one tab: tool, selection, what is hidden. Not saved with the labels, not undone. */

import { Emitter } from "../../shared/core/emitter.js";

/** @typedef {"select" | "box"} ToolName */

/** @extends {Emitter<{change: null}>} */
export class Session extends Emitter {
  /** @type {ToolName} */
  tool = "select";
  /** What the box tool draws. @type {string | number | null} */
  classId = null;
  /** The track that the box tool gives a new shape, instead of making a track. @type {string | null} */
  redraws = null;
  /** Track ids, in the order in which they were chosen. @type {readonly string[]} */
  selection = [];
  /** @type {string | null} */
  hovered = null;
  /** @type {ReadonlySet<string>} */
  hidden = new Set();
  /** @type {ReadonlySet<string>} */
  locked = new Set();
  allHidden = false;
  allLocked = false;
  /** Names on all shapes, not only on the selected and hovered. */
  names = false;
  /** The box tool stays in hand after a box. */
  keepsDrawing = false;

  /**
   * Change some of it, and tell.
   * @param {Partial<Pick<Session, "tool" | "classId" | "redraws" | "selection" | "hovered" | "hidden" | "locked" | "allHidden" | "allLocked" | "names" | "keepsDrawing">>} fields
   */
  set(fields) {
    Object.assign(this, fields);
    this.emit("change", null);
  }

  /** The track that single-object commands are about: the last one chosen. */
  get current() {
    return this.selection.at(-1) ?? null;
  }

  /** @param {string} trackId */
  isHidden(trackId) {
    return this.allHidden || this.hidden.has(trackId);
  }

  /** @param {string} trackId */
  isLocked(trackId) {
    return this.allLocked || this.locked.has(trackId);
  }

  /** @param {readonly string[]} trackIds */
  toggleHidden(trackIds) {
    this.set({ hidden: toggled(this.hidden, trackIds) });
  }

  /** @param {readonly string[]} trackIds */
  toggleLocked(trackIds) {
    this.set({ locked: toggled(this.locked, trackIds) });
  }
}

/**
 * With all of `ids` in, or with all of them out if they were all in.
 * @param {ReadonlySet<string>} set
 * @param {readonly string[]} ids
 */
function toggled(set, ids) {
  const next = new Set(set);
  const out = ids.every((id) => set.has(id));
  for (const id of ids) {
    if (out) next.delete(id);
    else next.add(id);
  }
  return next;
}
