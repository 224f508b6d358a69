/** Draw a box: by dragging, by two clicks, or by Enter in the middle of the view. */

import { createTrack, nextNumber, placeShape } from "../labels/edit.js";
import { boxBetween } from "../render/boxes.js";
import { isDrag } from "./tool_context.js";

/** @import {Box} from "../labels/records.js" */
/** @import {ToolContext, Pointer} from "./tool_context.js" */
/** @import {States} from "./machine.js" */

/**
 * @param {ToolContext} editor
 * @returns {States}
 */
export function boxTool(editor) {
  const { session, index, viewport, placement } = editor;
  /** @type {Pointer} */
  let anchor;
  /** The track that is being drawn; null until its first box. @type {string | null} */
  let track = null;

  const begin = () => {
    const classId = armedClass(editor);
    if (session.redraws !== null && index.track(session.redraws) !== null) {
      track = session.redraws;
      return placement.begin(`Redraw ${editor.nameOf(track)}`);
    }
    if (classId === null && placement.problem === null) {
      editor.noClasses();
      return false;
    }
    track = null;
    return placement.begin(`Draw ${editor.ontology().classOf(classId ?? "").name} ${nextNumber(index, classId ?? "")}`);
  };

  const put = (/** @type {Box} */ shape) => {
    if (track !== null) {
      placement.write(placeShape(index, track, placement.frame, shape, placement.receipt));
      return;
    }
    const classId = /** @type {string | number} */ (armedClass(editor));
    const writes = createTrack({ classId, number: nextNumber(index, classId), frame: placement.frame, shape, receipt: placement.receipt });
    placement.write(writes);
    track = writes[0].id;
    session.set({ selection: [track] });
  };

  const stretchTo = (/** @type {Pointer} */ { point, shift, alt }) => {
    let to = point;
    if (shift) {
      const side = Math.max(Math.abs(point.x - anchor.point.x), Math.abs(point.y - anchor.point.y));
      to = {
        x: anchor.point.x + Math.sign(point.x - anchor.point.x || 1) * side,
        y: anchor.point.y + Math.sign(point.y - anchor.point.y || 1) * side,
      };
    }
    const from = alt ? { x: 2 * anchor.point.x - to.x, y: 2 * anchor.point.y - to.y } : anchor.point;
    put(boxBetween(from, to, viewport.picture));
  };

  const done = () => {
    const drawn = track;
    placement.finish().then((placed) => {
      if (!placed && session.selection.includes(drawn ?? "") && index.track(drawn ?? "") === null) session.set({ selection: [] });
    });
    session.set({ redraws: null, tool: session.keepsDrawing && session.redraws === null ? "box" : "select" });
    return "idle";
  };

  const giveUp = () => {
    placement.cancel();
    if (session.selection.some((id) => index.track(id) === null)) session.set({ selection: [] });
    return "idle";
  };

  return {
    idle: {
      /** @param {Pointer} pointer */
      press(pointer) {
        anchor = pointer;
        return begin() ? "pressed" : undefined;
      },
      /** A box in the middle of what is seen: then Ctrl+Alt+arrows and the fields of the panel bring it to its place. */
      enter() {
        if (!begin()) return;
        const { width, height } = viewport.canvas;
        const middle = viewport.canvasToImage({ x: width / 2, y: height / 2 });
        const half = { x: Math.min(width / 8 / viewport.step.x, viewport.picture.width / 4), y: Math.min(height / 8 / viewport.step.y, viewport.picture.height / 4) };
        put(boxBetween({ x: middle.x - half.x, y: middle.y - half.y }, { x: middle.x + half.x, y: middle.y + half.y }, viewport.picture));
        return done();
      },
    },
    pressed: {
      /** @param {Pointer} pointer */
      move(pointer) {
        if (!isDrag(editor, pointer.canvasPoint, anchor.canvasPoint)) return;
        stretchTo(pointer);
        return "dragging";
      },
      up: () => "stretching",
      cancel: giveUp,
    },
    dragging: {
      move: stretchTo,
      up: done,
      enter: done,
      cancel: giveUp,
    },
    /** Between the first and the second click. */
    stretching: {
      move: stretchTo,
      /** @param {Pointer} pointer */
      press(pointer) {
        if (!isDrag(editor, pointer.canvasPoint, anchor.canvasPoint)) return;
        stretchTo(pointer);
        return "closing";
      },
      enter() {
        return track === null ? giveUp() : done();
      },
      cancel: giveUp,
    },
    closing: {
      move: stretchTo,
      up: done,
      cancel: giveUp,
    },
  };
}

/**
 * The class that the next box gets: the one in hand, else the first.
 * @param {ToolContext} editor
 */
export function armedClass({ session, ontology }) {
  if (session.classId !== null && ontology().has(session.classId)) return session.classId;
  return ontology().classes[0]?.id ?? null;
}
