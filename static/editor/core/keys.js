/** The one table of keys: what each does, how it is written, and which key press it is. */

/**
 * Written as on the keycap: modifiers in the order Ctrl, Alt, Shift, then the key. `Ctrl` is Cmd on a Mac. Letters go by what
 * they write (`event.key`); digits, brackets, comma, period and ` by where they stand (`event.code`), so
 * that every layout has them.
 * @typedef {{action: string, keys: readonly string[], name: string, group: string, tools?: boolean, changes?: boolean, whileDrawing?: boolean, through?: string}} Binding
 *   `tools`: does nothing in a viewer without labels. `changes`: only for who may label. `whileDrawing`: goes with a shape in hand.
 *   `through`: its keys are those of that action, which runs it when it has nothing to do itself
 */

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];

/** @type {readonly Binding[]} */
export const BINDINGS = [
  { action: "play", keys: ["Space", "K"], name: "Play or pause", group: "Moving in time" },
  { action: "shuttleBack", keys: ["J"], name: "Play backwards, again: faster", group: "Moving in time" },
  { action: "shuttleForward", keys: ["L"], name: "Play forwards, again: faster", group: "Moving in time" },
  { action: "stepBack", keys: ["Left", "D", ","], name: "One frame back", group: "Moving in time" },
  { action: "stepForward", keys: ["Right", "F", "."], name: "One frame forward", group: "Moving in time" },
  { action: "stepBackMany", keys: ["Shift+Left"], name: "10 frames back", group: "Moving in time" },
  { action: "stepForwardMany", keys: ["Shift+Right"], name: "10 frames forward", group: "Moving in time" },
  { action: "first", keys: ["Home"], name: "First frame", group: "Moving in time" },
  { action: "last", keys: ["End"], name: "Last frame", group: "Moving in time" },
  { action: "goTo", keys: ["G", "`"], name: "Go to a frame or time", group: "Moving in time" },
  { action: "slower", keys: ["Shift+,"], name: "Slower", group: "Moving in time" },
  { action: "faster", keys: ["Shift+."], name: "Faster", group: "Moving in time" },
  { action: "playMode", keys: ["Shift+M"], name: "Play every frame, or in real time", group: "Moving in time" },
  { action: "loopIn", keys: ["Shift+I"], name: "Repeat from here", group: "Moving in time" },
  { action: "loopOut", keys: ["Shift+O"], name: "Repeat up to here", group: "Moving in time" },
  { action: "loopOff", keys: ["Shift+P"], name: "Repeat, or play through", group: "Moving in time" },
  { action: "copyLink", keys: ["Shift+C"], name: "Copy a link to this frame", group: "Moving in time" },
  { action: "previousKeyframe", keys: ["Ctrl+Left"], name: "Previous keyframe of the selection", group: "Moving in time", tools: true },
  { action: "nextKeyframe", keys: ["Ctrl+Right"], name: "Next keyframe of the selection", group: "Moving in time", tools: true },
  { action: "previousLabelled", keys: ["Ctrl+Shift+Left"], name: "Previous frame with a keyframe", group: "Moving in time", tools: true },
  { action: "nextLabelled", keys: ["Ctrl+Shift+Right"], name: "Next frame with a keyframe", group: "Moving in time", tools: true },
  { action: "bisect", keys: ["Shift+E"], name: "Middle between two keyframes", group: "Moving in time", tools: true },

  { action: "nextItem", keys: ["PageDown"], name: "Next video of the list", group: "Moving in time" },
  { action: "previousItem", keys: ["PageUp"], name: "Previous video of the list", group: "Moving in time" },

  { action: "select", keys: ["V"], name: "Select tool", group: "Drawing", tools: true },
  { action: "box", keys: ["B"], name: "Box tool", group: "Drawing", tools: true, changes: true },
  { action: "again", keys: ["N"], name: "Draw another of the last class; while drawing: finish", group: "Drawing", tools: true, changes: true, whileDrawing: true },
  { action: "redraw", keys: ["Shift+N"], name: "Draw the selected object anew on this frame", group: "Drawing", tools: true, changes: true },
  ...DIGITS.map((digit, at) => ({
    action: `class${at}`,
    keys: [digit],
    name: `Draw class ${digit}`,
    group: "Drawing",
    tools: true,
    changes: true,
  })),
  { action: "finish", keys: ["Enter"], name: "Finish the shape; with the box tool: a box in the middle", group: "Drawing", tools: true, whileDrawing: true },
  { action: "cancel", keys: ["Escape"], name: "Give up the gesture; then the tool; then the selection", group: "Drawing", whileDrawing: true },

  { action: "delete", keys: ["Delete", "Backspace"], name: "Delete the object; while drawing: give the shape up", group: "Editing", tools: true, changes: true },
  { action: "deleteKeyframe", keys: ["Shift+Delete"], name: "Delete the keyframe on this frame", group: "Editing", tools: true, changes: true },
  { action: "undo", keys: ["Ctrl+Z"], name: "Undo", group: "Editing", tools: true, changes: true, whileDrawing: true },
  { action: "redo", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], name: "Redo", group: "Editing", tools: true, changes: true },
  { action: "copy", keys: ["Ctrl+C"], name: "Copy the shape", group: "Editing", tools: true },
  { action: "paste", keys: ["Ctrl+V"], name: "Paste at the pointer", group: "Editing", tools: true, changes: true },
  { action: "pasteInPlace", keys: ["Ctrl+Shift+V"], name: "Paste in place", group: "Editing", tools: true, changes: true },
  { action: "duplicate", keys: ["Ctrl+D"], name: "Duplicate as a new object", group: "Editing", tools: true, changes: true },
  { action: "propagate", keys: ["Ctrl+B"], name: "Propagate: the same shape up to another frame", group: "Editing", tools: true, changes: true },
  { action: "copyPrevious", keys: ["Ctrl+Shift+C"], name: "Shapes as on the frame before", group: "Editing", tools: true, changes: true },
  ...DIGITS.map((digit, at) => ({
    action: `setClass${at}`,
    keys: [`Ctrl+${digit}`],
    name: `Change to class ${digit}`,
    group: "Editing",
    tools: true,
    changes: true,
  })),
  ...["Left", "Right", "Up", "Down"].flatMap((way) => [
    { action: `nudge${way}`, keys: [`Ctrl+Alt+${way}`], name: `Move by 1 pixel ${way.toLowerCase()}`, group: "Editing", tools: true, changes: true },
    { action: `shove${way}`, keys: [`Ctrl+Alt+Shift+${way}`], name: `Move by 10 pixels ${way.toLowerCase()}`, group: "Editing", tools: true, changes: true },
  ]),
  { action: "save", keys: ["Ctrl+S"], name: "Save now", group: "Editing", tools: true },

  { action: "keyframe", keys: ["Shift+K"], name: "Keyframe here on or off", group: "Objects", tools: true, changes: true },
  { action: "outside", keys: ["O"], name: "Outside from here, or back again", group: "Objects", tools: true, changes: true },
  { action: "occluded", keys: ["Q"], name: "Occluded on or off", group: "Objects", tools: true, changes: true },
  { action: "hold", keys: ["Shift+Q"], name: "Hold until the next keyframe, or move linearly", group: "Objects", tools: true, changes: true },
  { action: "split", keys: ["Shift+S"], name: "Split here into two objects", group: "Objects", tools: true, changes: true },
  { action: "merge", keys: ["Ctrl+M"], name: "Merge the selected objects", group: "Objects", tools: true, changes: true },
  { action: "confirm", keys: ["Enter"], name: "Confirm the keyframe to review on this frame", group: "Objects", tools: true, changes: true, through: "finish" },
  { action: "hide", keys: ["H"], name: "Hide or show the selection", group: "Objects", tools: true },
  { action: "hideAll", keys: ["Shift+H"], name: "Hide or show all objects", group: "Objects", tools: true },
  { action: "lock", keys: ["Shift+L"], name: "Lock or unlock the selection", group: "Objects", tools: true },
  { action: "lockAll", keys: ["Ctrl+Shift+L"], name: "Lock or unlock all objects", group: "Objects", tools: true },
  { action: "nextObject", keys: ["Tab"], name: "Next object on this frame (picture focused)", group: "Objects", tools: true },
  { action: "previousObject", keys: ["Shift+Tab"], name: "Previous object on this frame", group: "Objects", tools: true },

  { action: "zoomIn", keys: ["+"], name: "Zoom in", group: "View", whileDrawing: true },
  { action: "zoomOut", keys: ["-"], name: "Zoom out", group: "View", whileDrawing: true },
  { action: "fit", keys: ["="], name: "Fit the picture", group: "View", whileDrawing: true },
  { action: "zoomToSelection", keys: ["Z"], name: "Zoom to the selection", group: "View", tools: true },
  { action: "names", keys: ["T"], name: "Names on all shapes, or only on the selected", group: "View", tools: true, whileDrawing: true },
  { action: "foldPanel", keys: ["\\"], name: "Fold the side panel", group: "View", tools: true },
  { action: "foldTimeline", keys: ["Shift+T"], name: "Fold the timeline", group: "View", tools: true },
  { action: "fullscreen", keys: ["Shift+Enter"], name: "Picture on the whole screen", group: "View" },
  { action: "help", keys: ["?", "F1"], name: "This list", group: "View", whileDrawing: true },
];

/** Nothing in the browser names them better; their Shift counts, since they are matched by place. @type {Record<string, string>} */
const BY_PLACE = { Comma: ",", Period: ".", BracketLeft: "[", BracketRight: "]", Backquote: "`" };
/** @type {Record<string, string>} */
const NAMED = { " ": "Space", ArrowLeft: "Left", ArrowRight: "Right", ArrowUp: "Up", ArrowDown: "Down" };

/**
 * The key press as it is written in the table, or null for a modifier alone.
 * @param {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">} event
 * @param {boolean} mac  Cmd takes the part of Ctrl
 * @returns {string | null}
 */
export function chordOf(event, mac = false) {
  if (["Control", "Shift", "Alt", "AltGraph", "Meta", "Dead", "Process"].includes(event.key)) return null;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const place = digit ?? BY_PLACE[event.code];
  const key = place ?? NAMED[event.key] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key);
  // "?" is typed with Shift on some layouts and without on others: for such signs Shift is no modifier.
  const sign = place === undefined && event.key.length === 1 && event.key.toUpperCase() === event.key.toLowerCase() && key !== "Space";
  const ctrl = mac ? event.metaKey : event.ctrlKey;
  if (mac ? event.ctrlKey : event.metaKey) return null;
  return (ctrl ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + (event.shiftKey && !sign ? "Shift+" : "") + key;
}

/** @type {ReadonlyMap<string, Binding>} */
const BY_CHORD = new Map(
  BINDINGS.filter(({ through }) => !through).flatMap((binding) => binding.keys.map((key) => [key, binding])),
);
/** @type {ReadonlyMap<string, Binding>} */
const BY_ACTION = new Map(BINDINGS.map((binding) => [binding.action, binding]));

/**
 * @param {string} chord
 * @returns {Binding | null}
 */
export function bindingOf(chord) {
  return BY_CHORD.get(chord) ?? null;
}

/** How it is bound; null for what no key does. @param {string} action @returns {Binding | null} */
export function bindingFor(action) {
  return BY_ACTION.get(action) ?? null;
}

/**
 * "Split here into two objects (Shift+S)": the tooltip of a control.
 * @param {string} action
 * @param {string} [name]  instead of the table's
 */
export function hint(action, name) {
  const binding = BY_ACTION.get(action);
  if (!binding) throw new Error(`No such action: ${action}`);
  return `${name ?? binding.name} (${binding.keys.join(" or ")})`;
}
