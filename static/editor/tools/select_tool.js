/** Select, move and resize by hand. */

import { placeShape } from "../labels/edit.js";
import { handleAt, hitsAt, intersects, moved, resized } from "../render/boxes.js";
import { isDrag, namesOf, REACH } from "./tool_context.js";

/** @import {Box} from "../labels/records.js" */
/** @import {Visible} from "../labels/tracks.js" */
/** @import {Point, Rect} from "../render/viewport.js" */
/** @import {ToolContext, Pointer} from "./tool_context.js" */
/** @import {States} from "./machine.js" */

const CURSORS = /** @type {Record<string, string>} */ ({
  nw: "nwse-resize", se: "nwse-resize", ne: "nesw-resize", sw: "nesw-resize", n: "ns-resize", s: "ns-resize", e: "ew-resize", w: "ew-resize",
});

/**
 * @param {ToolContext} editor
 * @returns {States}
 */
export function selectTool(editor) {
  const { session, index, viewport, placement } = editor;
  /** @type {Pointer} */
  let pressed;
  /** @type {string} */
  let handle;
  /** The boxes as they were when the drag began. @type {{id: string, box: Box}[]} */
  let grabbed = [];
  /** @type {Visible[]} */
  let under = [];

  const hand = {
    /** @param {Pointer} pointer */
    move(pointer) {
      const dx = pointer.point.x - pressed.point.x;
      const dy = pointer.point.y - pressed.point.y;
      const along = pointer.shift ? (Math.abs(dx) >= Math.abs(dy) ? { dx, dy: 0 } : { dx: 0, dy }) : { dx, dy };
      placement.write(
        grabbed.flatMap(({ id, box }) => {
          const shape = moved(box, along.dx, along.dy, viewport.picture);
          return placeShape(index, id, placement.frame, shape, placement.receipt);
        }),
      );
    },
    up() {
      placement.finish();
      return "idle";
    },
    cancel() {
      placement.cancel();
      return "idle";
    },
  };

  const grabSelection = () => {
    const chosen = new Set(session.selection);
    grabbed = editor.reachable().filter(({ id }) => chosen.has(id)).map(({ id, shape }) => ({ id, box: shape }));
    return grabbed.map(({ id }) => id);
  };

  return {
    idle: {
      /** @param {Pointer} pointer */
      press(pointer) {
        pressed = pointer;
        const at = gripAt(editor, pointer.canvasPoint);
        if (at) {
          handle = at.handle;
          return "gripped";
        }
        under = hitsUnder(editor, pointer.point);
        if (under.length === 0) return "onNothing";
        if (!under.some(({ id }) => session.selection.includes(id))) {
          session.set({ selection: pointer.shift ? [...session.selection, under[0].id] : [under[0].id] });
          under = [];
        }
        return "onShape";
      },
      /** @param {Pointer} pointer */
      move(pointer) {
        const hovered = hitsUnder(editor, pointer.point)[0]?.id ?? null;
        if (hovered !== session.hovered) session.set({ hovered });
      },
    },

    gripped: {
      /** @param {Pointer} pointer */
      move(pointer) {
        if (!isDrag(editor, pointer.canvasPoint, pressed.canvasPoint)) return;
        if (!placement.begin(`Resize ${namesOf(editor, grabSelection())}`)) return "idle";
        return "resizing";
      },
      up: () => "idle",
      cancel: () => "idle",
    },
    resizing: {
      /** @param {Pointer} pointer */
      move(pointer) {
        const [{ id, box }] = grabbed;
        const how = { square: pointer.shift, centered: pointer.alt };
        placement.write(placeShape(index, id, placement.frame, resized(box, handle, pointer.point, viewport.picture, how), placement.receipt));
      },
      up: hand.up,
      cancel: hand.cancel,
    },

    onShape: {
      /** @param {Pointer} pointer */
      move(pointer) {
        if (!isDrag(editor, pointer.canvasPoint, pressed.canvasPoint)) return;
        const ids = grabSelection();
        if (ids.length === 0 || !placement.begin(`Move ${namesOf(editor, ids)}`)) return "idle";
        return "moving";
      },
      /** A click on the selected goes on to what lies beneath it. */
      up() {
        if (under.length === 0) return "idle";
        const { current } = session;
        const at = under.findIndex(({ id }) => id === current);
        if (pressed.shift) {
          const inIt = under.find(({ id }) => session.selection.includes(id));
          session.set({ selection: session.selection.filter((id) => id !== inIt?.id) });
        } else session.set({ selection: [under[(at + 1) % under.length].id] });
        return "idle";
      },
      cancel: () => "idle",
    },
    moving: hand,

    onNothing: {
      /** @param {Pointer} pointer */
      move(pointer) {
        return isDrag(editor, pointer.canvasPoint, pressed.canvasPoint) ? "sweeping" : undefined;
      },
      up() {
        if (!pressed.shift) session.set({ selection: [] });
        return "idle";
      },
      cancel: () => "idle",
    },
    sweeping: {
      /** @param {Pointer} pointer */
      move(pointer) {
        const rect = rectBetween(pressed.point, pointer.point);
        editor.setSweep(rect);
        const swept = editor.reachable().filter(({ shape }) => intersects(shape, rect)).map(({ id }) => id);
        session.set({ selection: pressed.shift ? [...new Set([...session.selection, ...swept])] : swept });
      },
      up() {
        editor.setSweep(null);
        return "idle";
      },
      cancel() {
        editor.setSweep(null);
        return "idle";
      },
    },
  };
}

/**
 * What the pointer would do here, as a CSS cursor.
 * @param {ToolContext} editor
 * @param {Pointer} pointer
 */
export function selectCursor(editor, { canvasPoint, point }) {
  const grip = gripAt(editor, canvasPoint);
  const over = grip ? CURSORS[grip.handle] : hitsUnder(editor, point).length > 0 ? "move" : "default";
  return over !== "default" && editor.placement.problem !== null ? "not-allowed" : over;
}

/**
 * @param {ToolContext} editor
 * @param {Point} canvasPoint
 */
function gripAt(editor, canvasPoint) {
  const { session, viewport } = editor;
  if (session.selection.length !== 1) return null;
  const shape = editor.reachable().find(({ id }) => id === session.current);
  const handle = shape ? handleAt(shape.shape, canvasPoint, viewport, REACH * editor.density()) : null;
  return handle === null ? null : { handle };
}

/**
 * Select what is under a point, unless the selection has it. False where nothing is.
 * @param {ToolContext} editor
 * @param {Point} point
 */
export function selectUnder(editor, point) {
  const { session } = editor;
  const under = hitsUnder(editor, point);
  if (under.length > 0 && !under.some(({ id }) => session.selection.includes(id))) session.set({ selection: [under[0].id] });
  return under.length > 0;
}

/**
 * @param {ToolContext} editor
 * @param {Point} point
 */
function hitsUnder(editor, point) {
  const slack = 3 * editor.density();
  const { step } = editor.viewport;
  return hitsAt(editor.reachable(), point, slack / step.x, slack / step.y);
}

/**
 * @param {Point} a
 * @param {Point} b
 * @returns {Rect}
 */
function rectBetween(a, b) {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}
