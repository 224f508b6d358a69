/** What tools and commands work with; main.js makes it. */

/** @import {History} from "../core/history.js" */
/** @import {Session} from "../core/session.js" */
/** @import {Ontology} from "../labels/ontology.js" */
/** @import {TrackIndex, Visible} from "../labels/tracks.js" */
/** @import {Point, Rect, Viewport} from "../render/viewport.js" */
/** @import {Placement} from "./placement.js" */

/**
 * `density` is canvas pixels a CSS pixel. `shown` is what can be seen on the painted frame; `reachable` what of it the mouse may take.
 * `say` is for news, `refuse` for why something is not done, which goes as soon as something is.
 * `pointer` is where the mouse was last, in image coordinates. `painted` is the frame on the screen, `go` asks for another one, `show` resolves when it is there.
 * @typedef {{history: History, index: TrackIndex, session: Session, viewport: Viewport, placement: Placement,
 *   ontology: () => Ontology, density: () => number, shown: () => Visible[], reachable: () => Visible[],
 *   pointer: () => Point | null, painted: () => number | null, go: (frame: number) => void, show: (frame: number) => Promise<unknown>, say: (sentence: string) => void, refuse: (sentence: string) => void,
 *   nameOf: (trackId: string) => string, setSweep: (rect: Rect | null) => void, noClasses: () => void}} ToolContext
 */

/** Where a pointer is. @typedef {{point: Point, canvasPoint: Point, shift: boolean, ctrl: boolean, alt: boolean}} Pointer */

/** CSS pixels that a press may tremble before it is a drag. */
export const TREMBLE = 3;
/** CSS pixels around a handle that count as it. */
export const REACH = 7;

/**
 * @param {ToolContext} editor
 * @param {Point} a  canvas pixels
 * @param {Point} b
 */
export function isDrag(editor, a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y) >= TREMBLE * editor.density();
}

/**
 * "car 3", or "4 objects".
 * @param {ToolContext} editor
 * @param {readonly string[]} trackIds
 */
export function namesOf(editor, trackIds) {
  return trackIds.length === 1 ? editor.nameOf(trackIds[0]) : `${trackIds.length} objects`;
}
