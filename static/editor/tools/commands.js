/** What keys and buttons do to labels, by the names of core/keys.js. */

import {
  changeClass, createTrack, deleteKeyframe, deleteTrack, EditError, mergeTracks, nextNumber, placeShape, setInterpolation, splitTrack,
  toggleOccluded, toggleOutside,
} from "../labels/edit.js";
import { moved } from "../render/boxes.js";
import { namesOf } from "./tool_context.js";

/** @import {Change, Write} from "../core/store.js" */
/** @import {Box} from "../labels/records.js" */
/** @import {ToolContext} from "./tool_context.js" */

const DUPLICATE_OFFSET = 10; // pixels, so that the copy is seen

/**
 * @param {ToolContext} editor
 * @returns {Record<string, () => unknown>}
 */
export function labelCommands(editor) {
  const { history, index, session, viewport, placement } = editor;
  /** @type {{classId: string | number, box: Box, occluded: boolean}[]} */
  let clipboard = [];

  /** Selected tracks that may be changed; says why there are none. */
  const chosen = () => {
    const ids = session.selection.filter((id) => index.track(id) !== null && !session.isLocked(id));
    if (ids.length === 0) editor.refuse(session.selection.length > 0 ? "The selection is locked (Shift+L)." : "Nothing is selected.");
    return ids;
  };
  const one = () => chosen().at(-1) ?? null;
  /** An edit that makes no sense is told, and nothing was done. @param {unknown} error */
  const refused = (error) => {
    if (!(error instanceof EditError)) throw error;
    editor.refuse(error.message);
    return false;
  };

  /** An edit that is about no frame in particular. @type {(name: string, writes: readonly Write[]) => boolean} */
  const edit = (name, writes) => {
    if (placement.open) {
      editor.refuse(placement.problem ?? "Finish the shape in hand first.");
      return false;
    }
    return writes.length > 0 && history.do(name, writes) !== null;
  };

  const onChosen = (/** @type {string} */ verb, /** @type {(id: string, receipt: any, frame: number) => Write[]} */ writes) => {
    const ids = chosen();
    if (ids.length === 0) return;
    return placement.do(`${verb} ${namesOf(editor, ids)}`, (receipt, frame) => ids.flatMap((id) => writes(id, receipt, frame)));
  };

  /** @type {(verb: string, shapes: readonly {classId: string | number, box: Box, occluded: boolean}[]) => Promise<boolean> | undefined} */
  const add = (verb, shapes) => {
    if (shapes.length === 0) return;
    const first = shapes[0];
    const name = shapes.length === 1 ? `${editor.ontology().classOf(first.classId).name} ${nextNumber(index, first.classId)}` : `${shapes.length} objects`;
    return placement.do(`${verb} ${name}`, (receipt, frame) => {
      /** @type {Map<string, number>} */
      const numbers = new Map();
      /** @type {Write[]} */
      const writes = [];
      const made = [];
      for (const { classId, box, occluded } of shapes) {
        const number = numbers.get(String(classId)) ?? nextNumber(index, classId);
        numbers.set(String(classId), number + 1);
        const track = createTrack({ classId, number, frame, shape: box, receipt, occluded });
        made.push(track[0].id);
        writes.push(...track);
      }
      session.set({ selection: made });
      return writes;
    });
  };

  const shapesOf = (/** @type {readonly string[]} */ ids) =>
    editor.shown().filter(({ id }) => ids.includes(id)).map(({ track, shape, occluded }) => ({ classId: track.class, box: shape, occluded }));

  const nudge = (/** @type {number} */ dx, /** @type {number} */ dy) =>
    onChosen("Move", (id, receipt, frame) => {
      const shape = index.shapeAt(id, frame)?.shape;
      return shape ? placeShape(index, id, frame, moved(shape, dx, dy, viewport.picture), receipt) : [];
    });

  const paste = (/** @type {boolean} */ inPlace) => {
    if (clipboard.length === 0) return editor.refuse("Nothing has been copied.");
    const pointer = editor.pointer();
    if (inPlace || pointer === null) return add("Paste", clipboard.map((item) => ({ ...item, box: moved(item.box, 0, 0, viewport.picture) })));
    const left = Math.min(...clipboard.map(({ box }) => box.x));
    const top = Math.min(...clipboard.map(({ box }) => box.y));
    const right = Math.max(...clipboard.map(({ box }) => box.x + box.width));
    const bottom = Math.max(...clipboard.map(({ box }) => box.y + box.height));
    const [dx, dy] = [pointer.x - (left + right) / 2, pointer.y - (top + bottom) / 2];
    return add("Paste", clipboard.map((item) => ({ ...item, box: moved(item.box, dx, dy, viewport.picture) })));
  };

  const goToKeyframe = (/** @type {1 | -1} */ way) => {
    const id = session.current;
    const frame = editor.painted();
    if (id === null || frame === null) return editor.refuse("Select an object to go through its keyframes.");
    const keyframe = way > 0 ? index.nextKeyframe(id, frame) : index.previousKeyframe(id, frame);
    if (keyframe) editor.go(keyframe.value.frame);
    else editor.refuse(`${editor.nameOf(id)} has no keyframe ${way > 0 ? "after" : "before"} frame ${frame}.`);
  };

  const goToLabelled = (/** @type {1 | -1} */ way) => {
    const frame = editor.painted();
    if (frame === null) return;
    let best = null;
    for (const { id } of index.tracks()) {
      const keyframe = way > 0 ? index.nextKeyframe(id, frame) : index.previousKeyframe(id, frame);
      if (keyframe && (best === null || (keyframe.value.frame - best) * way < 0)) best = keyframe.value.frame;
    }
    if (best !== null) editor.go(best);
    else editor.refuse(`No keyframe ${way > 0 ? "after" : "before"} frame ${frame}.`);
  };

  const cycle = (/** @type {1 | -1} */ way) => {
    const shown = editor.shown();
    if (shown.length === 0) return;
    const at = shown.findIndex(({ id }) => id === session.current);
    const next = shown[at < 0 ? (way > 0 ? 0 : shown.length - 1) : (at + way + shown.length) % shown.length];
    session.set({ selection: [next.id] });
    viewport.reveal(next.shape);
  };

  const travel = (/** @type {"undo" | "redo"} */ way) => {
    if (placement.open) {
      placement.cancel();
      return editor.say("Given up: nothing was placed.");
    }
    const result = history[way]();
    if (!result) return;
    const { frame, moved: away } = showChange(editor, result.change, way);
    const where = frame === null ? "" : `, frame ${frame}`;
    editor.say(`${way === "undo" ? "Undone" : "Redone"}: ${result.name}${where}${away ? " (gone there)" : ""}`);
  };

  /** @type {Record<string, () => unknown>} */
  const commands = {
    select: () => session.set({ tool: "select", redraws: null }),
    box: () => session.set({ tool: "box", redraws: null }),
    again: () => session.set({ tool: "box", redraws: null }),
    redraw() {
      const id = one();
      if (id !== null) session.set({ tool: "box", redraws: id });
    },
    delete() {
      const ids = chosen();
      if (ids.length > 0 && edit(`Delete ${namesOf(editor, ids)}`, ids.flatMap((id) => deleteTrack(index, id)))) {
        editor.say(`Deleted ${ids.length === 1 ? "1 object" : `${ids.length} objects`} on all frames. Ctrl+Z brings ${ids.length === 1 ? "it" : "them"} back.`);
        session.set({ selection: [] });
      }
    },
    deleteKeyframe() {
      const frame = editor.painted();
      const ids = chosen();
      if (frame === null || ids.length === 0) return;
      const writes = ids.flatMap((id) => {
        const keyframe = index.keyframeAt(id, frame);
        return keyframe ? deleteKeyframe(index, keyframe.id) : [];
      });
      if (writes.length === 0) editor.refuse(`No keyframe of the selection is on frame ${frame}.`);
      else edit(`Delete keyframe of ${namesOf(editor, ids)}`, writes);
    },
    undo: () => travel("undo"),
    redo: () => travel("redo"),
    copy() {
      clipboard = shapesOf(session.selection);
      editor.say(clipboard.length === 0 ? "Nothing of the selection is on this frame." : `Copied ${clipboard.length === 1 ? "1 shape" : `${clipboard.length} shapes`}.`);
    },
    paste: () => paste(false),
    pasteInPlace: () => paste(true),
    copyPrevious() {
      const ids = session.selection.length > 0 ? chosen() : index.tracks().map(({ id }) => id).filter((id) => !session.isLocked(id) && !session.isHidden(id));
      if (ids.length === 0) return;
      const before = (editor.painted() ?? 0) - 1;
      const there = ids.filter((id) => index.shapeAt(id, before) !== null);
      if (there.length === 0) return editor.refuse(before < 0 ? "There is no frame before the first." : `Nothing stands on frame ${before}.`);
      return placement.do(`Copy ${namesOf(editor, there)} from the frame before`, (receipt, frame) =>
        there.flatMap((id) => {
          const shape = index.shapeAt(id, frame - 1)?.shape;
          return shape ? placeShape(index, id, frame, shape, receipt) : [];
        }),
      );
    },
    duplicate: () =>
      add("Duplicate as", shapesOf(session.selection).map((item) => ({ ...item, box: moved(item.box, DUPLICATE_OFFSET, DUPLICATE_OFFSET, viewport.picture) }))),

    keyframe() {
      const frame = editor.painted();
      const ids = chosen();
      if (frame === null || ids.length === 0) return;
      if (ids.every((id) => index.keyframeAt(id, frame) !== null)) return commands.deleteKeyframe();
      return onChosen("Keyframe of", (id, receipt, at) => {
        const shape = index.shapeAt(id, at)?.shape;
        return shape && index.keyframeAt(id, at) === null ? placeShape(index, id, at, shape, receipt) : [];
      });
    },
    outside: () => onChosen("Outside:", (id, receipt, frame) => toggleOutside(index, id, frame, receipt)),
    occluded: () => onChosen("Occluded:", (id, receipt, frame) => toggleOccluded(index, id, frame, receipt)),
    hold() {
      const frame = editor.painted();
      const ids = chosen();
      if (frame === null) return;
      const writes = ids.flatMap((id) => {
        const keyframe = index.keyframeAt(id, frame) ?? index.previousKeyframe(id, frame);
        return keyframe ? setInterpolation(index, keyframe.id, keyframe.value.interpolation === "hold" ? "linear" : "hold") : [];
      });
      const next = writes[0]?.value?.interpolation;
      if (edit(`Interpolation of ${namesOf(editor, ids)}`, writes)) {
        editor.say(next === "hold" ? "Held until the next keyframe." : "Moves linearly to the next keyframe.");
      }
    },
    async split() {
      const id = one();
      const frame = editor.painted();
      if (id === null || frame === null) return;
      if (index.previousKeyframe(id, frame) === null) return editor.refuse(`${editor.nameOf(id)} has no keyframe before frame ${frame}: there is nothing to split off.`);
      let second = "";
      const split = placement.do(`Split ${editor.nameOf(id)}`, (receipt, at) => {
        const writes = splitTrack(index, id, at, receipt);
        second = writes[0]?.id ?? "";
        return writes;
      });
      const done = await Promise.resolve(split).catch(refused);
      if (done && second) {
        session.set({ selection: [second] });
        editor.say(`Split at frame ${frame}: ${editor.nameOf(id)} ends before it, ${editor.nameOf(second)} goes on.`);
      }
    },
    merge() {
      const ids = chosen();
      if (ids.length !== 2) return editor.refuse("Select the two objects to merge (Shift+click).");
      try {
        const writes = mergeTracks(index, ids[0], ids[1]);
        const gone = writes.find(({ kind, value }) => kind === "track" && value === null)?.id;
        if (edit(`Merge ${editor.nameOf(ids[0])} and ${editor.nameOf(ids[1])}`, writes)) session.set({ selection: ids.filter((id) => id !== gone) });
      } catch (error) {
        refused(error);
      }
    },
    previousKeyframe: () => goToKeyframe(-1),
    nextKeyframe: () => goToKeyframe(1),
    previousLabelled: () => goToLabelled(-1),
    nextLabelled: () => goToLabelled(1),
    bisect() {
      const id = session.current;
      const frame = editor.painted();
      if (id === null || frame === null) return editor.refuse("Select an object to go between its keyframes.");
      const from = (index.keyframeAt(id, frame) ?? index.previousKeyframe(id, frame))?.value.frame;
      const to = index.nextKeyframe(id, frame)?.value.frame;
      if (from === undefined || to === undefined) return editor.refuse(`Frame ${frame} is not between two keyframes of ${editor.nameOf(id)}.`);
      if (to - from < 2) return editor.refuse(`No frame lies between the keyframes ${from} and ${to}.`);
      editor.go(Math.floor((from + to) / 2));
    },
    nextObject: () => cycle(1),
    previousObject: () => cycle(-1),

    hide: () => (session.selection.length > 0 ? session.toggleHidden(session.selection) : editor.refuse("Nothing is selected.")),
    hideAll() {
      session.set({ allHidden: !session.allHidden });
      editor.say(session.allHidden ? "All objects are hidden (Shift+H shows them)." : "Objects are shown again.");
    },
    lock: () => (session.selection.length > 0 ? session.toggleLocked(session.selection) : editor.refuse("Nothing is selected.")),
    lockAll() {
      session.set({ allLocked: !session.allLocked });
      editor.say(session.allLocked ? "All objects are locked (Ctrl+Shift+L unlocks them)." : "Objects are unlocked again.");
    },
    names: () => session.set({ names: !session.names }),
    zoomToSelection() {
      const boxes = editor.shown().filter(({ id }) => session.selection.includes(id)).map(({ shape }) => shape);
      if (boxes.length === 0) return editor.refuse("Nothing of the selection is on this frame.");
      const x = Math.min(...boxes.map((box) => box.x));
      const y = Math.min(...boxes.map((box) => box.y));
      viewport.zoomTo({
        x, y, width: Math.max(...boxes.map((box) => box.x + box.width)) - x, height: Math.max(...boxes.map((box) => box.y + box.height)) - y,
      });
    },
  };

  for (let at = 0; at < 10; at++) {
    commands[`class${at}`] = () => {
      const item = editor.ontology().classes[at];
      if (item) session.set({ tool: "box", classId: item.id, redraws: null });
      else editor.refuse(`There is no class ${(at + 1) % 10}.`);
    };
    commands[`setClass${at}`] = () => {
      const item = editor.ontology().classes[at];
      if (!item) return editor.refuse(`There is no class ${(at + 1) % 10}.`);
      setClass(item.id);
    };
  }
  for (const [way, dx, dy] of /** @type {const} */ ([["Left", -1, 0], ["Right", 1, 0], ["Up", 0, -1], ["Down", 0, 1]])) {
    commands[`nudge${way}`] = () => nudge(dx, dy);
    commands[`shove${way}`] = () => nudge(10 * dx, 10 * dy);
  }

  /** @param {string | number} classId */
  function setClass(classId) {
    const ids = chosen();
    const name = editor.ontology().classOf(classId).name;
    // One after another, because each takes the next free number of the class.
    if (ids.length === 0 || placement.open) return;
    history.begin(`Change ${namesOf(editor, ids)} to ${name}`);
    for (const id of ids) index.store.write(changeClass(index, id, classId), "user");
    history.commit();
  }

  return commands;
}

/**
 * Bring what a change was about into view; go to another frame only when it is not to be seen on this one. The selection
 * is as it was after the action, or before it: what makes an object selects that alone, though a split changes its other half too.
 * @param {ToolContext} editor
 * @param {Change} change
 * @param {"undo" | "redo"} way
 * @returns {{frame: number | null, moved: boolean}}
 */
export function showChange(editor, { records }, way) {
  const { index, session, viewport } = editor;
  const painted = editor.painted();
  const tracks = [...new Set(records.flatMap(({ kind, id, before, after }) => (kind === "track" ? [id] : [before?.track, after?.track])))];
  const left = tracks.filter((id) => id !== undefined && index.track(id) !== null);
  const made = way === "redo" ? records.filter(({ kind, before, after }) => kind === "track" && before === null && after !== null) : [];
  session.set({ selection: made.length > 0 ? made.map(({ id }) => id) : left });
  const frames = records.filter(({ kind }) => kind === "keyframe").flatMap(({ before, after }) => [before?.frame, after?.frame]);
  frames.push(...records.filter(({ kind }) => kind === "range").flatMap(({ before, after }) => [before?.first, after?.first]));
  const known = frames.filter((frame) => frame !== undefined);
  if (known.length === 0 || painted === null) return { frame: null, moved: false };
  const first = Math.min(...known);
  const last = Math.max(...known);
  const frame = painted < first ? first : painted > last ? last : painted;
  const shape = left.length > 0 ? index.shapeAt(left[0], frame)?.shape : null;
  if (shape) viewport.reveal(shape);
  if (frame !== painted) editor.go(frame);
  return { frame: known.includes(painted) ? painted : frame, moved: frame !== painted };
}
