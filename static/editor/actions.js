/** What each action of core/keys.js does here, and when it may. */

import { askText } from "../shared/view/ask.js";
import { bindingFor } from "./core/keys.js";
import { parseGoTo } from "./panels/goto.js";
import { openHelp } from "./panels/help.js";
import { playerCommands } from "./panels/player_commands.js";
import { labelCommands } from "./tools/commands.js";
import { propagate } from "./tools/propagate.js";
import { reviewCommands } from "./tools/review_commands.js";

/** @import {Transport} from "./playback/transport.js" */
/** @import {LabelReview} from "./net/label_review.js" */
/** @import {LabelSync} from "./net/label_sync.js" */
/** @import {Neighbours} from "./net/neighbours.js" */
/** @import {Address} from "./panels/address.js" */
/** @import {Splitter} from "./panels/layout.js" */
/** @import {ToolContext} from "./tools/tool_context.js" */
/** @import {Hand} from "./tools/hand.js" */

/** `held`: by a key that is held down. @typedef {Record<string, (held?: boolean) => unknown>} Actions */
/**
 * `sync` and `review` are null in the viewer without labels. `refresh` draws again what shows where and how it plays. `settle` takes away why the last thing was not done.
 * @typedef {{transport: Transport, toolContext: ToolContext, hand: Hand, address: Address, sync: LabelSync | null, review: LabelReview | null, mayLabel: boolean,
 *   neighbours: Neighbours, clock: {frameCount: number, secondsAt(frame: number): number}, saveAll: () => Promise<unknown>,
 *   stage: HTMLElement, overlay: HTMLElement, help: HTMLDialogElement, splits: {side: Splitter, timeline: Splitter} | null,
 *   focusCounter: () => void, refresh: () => void, settle: () => void, heard: (error: unknown) => void}} Parts
 */

const SAVING_MS = 3000;
const BUSY = "Finish the shape in hand first, or give it up with Escape.";

/**
 * `act` runs an action, or says why not; `knows` says whether there is such an action on this page.
 * @param {Parts} parts
 * @returns {{act: (action: string, held?: boolean) => void, knows: (action: string) => boolean}}
 */
export function actionsOf(parts) {
  const { toolContext, hand, mayLabel, sync, review, settle, heard } = parts;
  /** @type {Actions} */
  const actions = {
    ...playerCommands(parts.transport, toolContext.say),
    ...loopActions(parts),
    ...viewActions(parts),
    ...itemActions(parts),
    ...(sync && review ? { ...labelCommands(toolContext), ...editorActions(parts, sync, review) } : {}),
    goTo: parts.focusCounter,
    copyLink: parts.address.copyLink,
    cancel: () => cancel(parts),
  };
  return {
    knows: (action) => action in actions,
    act(action, held = false) {
      const run = actions[action];
      if (!run) return;
      settle(); // Escape does nothing else where nothing is in hand
      const binding = bindingFor(action);
      if (hand.busy && (action === "undo" || action === "delete")) return void hand.cancel();
      if (hand.busy && action === "again") return void hand.send("enter");
      if (hand.busy && !binding?.whileDrawing) return toolContext.refuse(BUSY);
      if (!mayLabel && binding?.changes) return toolContext.refuse("You may look at these labels, not change them.");
      Promise.resolve(run(held)).catch(heard);
    },
  };
}

/** @param {Parts} parts @returns {Actions} */
function itemActions({ neighbours, toolContext: { say }, saveAll }) {
  let going = false;
  const go = async (/** @type {"previous" | "next"} */ way) => {
    if (going) return;
    const to = await neighbours.to(way);
    if ("problem" in to) return say(to.problem);
    going = true;
    // What cannot be saved now stays in this browser, and every page goes on sending it.
    await Promise.race([saveAll(), new Promise((resolve) => setTimeout(resolve, SAVING_MS))]);
    location.href = to.url;
  };
  return { nextItem: () => go("next"), previousItem: () => go("previous") };
}

/** @param {Parts} parts @returns {Actions} */
function loopActions({ transport, toolContext, refresh }) {
  /** @type {{first: number, last: number} | null} */
  let left = null;
  const loop = (/** @type {number} */ first, /** @type {number} */ last) => {
    if (first >= last) return toolContext.refuse("The loop must begin before it ends.");
    transport.loop = { first, last };
    refresh();
    toolContext.say(`Repeats frames ${first} to ${last}. Shift+P plays through again.`);
  };
  return {
    loopIn: () => loop(transport.target, transport.loop?.last ?? transport.frameCount - 1),
    loopOut: () => loop(transport.loop?.first ?? 0, transport.target),
    loopOff: () => {
      if (transport.loop === null && left !== null) return loop(left.first, left.last);
      left = transport.loop;
      transport.loop = null;
      refresh();
      toolContext.say("Plays through, repeating nothing.");
    },
  };
}

/** @param {Parts} parts @returns {Actions} */
function viewActions({ toolContext: { viewport }, stage, help, sync }) {
  const zoom = (/** @type {number} */ factor) => viewport.zoomAt({ x: viewport.canvas.width / 2, y: viewport.canvas.height / 2 }, factor);
  return {
    zoomIn: () => zoom(1.25),
    zoomOut: () => zoom(0.8),
    fit: () => viewport.fit(),
    fullscreen: () => (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen()),
    help: () => openHelp(help, sync !== null),
  };
}

/** @param {Parts} parts @param {LabelSync} sync @param {LabelReview} review @returns {Actions} */
function editorActions(parts, sync, review) {
  const { toolContext, hand, splits, mayLabel } = parts;
  const { canConfirm, confirm, deleteReviewed } = reviewCommands(toolContext, review);
  return {
    confirm,
    deleteReviewed,
    finish: () => (mayLabel && !hand.busy && toolContext.session.tool === "select" && canConfirm() ? confirm() : hand.send("enter")),
    propagate: () => askAndPropagate(parts),
    save: () => {
      sync.flush();
      toolContext.say("Saving what is not on the server yet.");
    },
    foldPanel: () => splits?.side.toggle(),
    foldTimeline: () => splits?.timeline.toggle(),
  };
}

let propagatedBy = "+10";

/** @param {Parts} parts */
async function askAndPropagate({ toolContext, clock, overlay, transport }) {
  const { index, session, painted, nameOf, say } = toolContext;
  const frame = painted();
  const ids = session.selection.filter((id) => !session.isLocked(id) && frame !== null && index.shapeAt(id, frame) !== null);
  if (frame === null || ids.length === 0) return say("Select something that is on this frame, and not locked, to propagate it.");
  transport.pause();
  const answer = await askText({
    title: `Propagate ${ids.length === 1 ? nameOf(ids[0]) : `${ids.length} objects`} from frame ${frame}`,
    label: "To which frame? (123, or a distance: +10, -10)", value: propagatedBy, button: "Propagate", maxLength: 20,
  });
  overlay.focus({ preventScroll: true });
  if (answer === null) return;
  const to = parseGoTo(answer, frame, clock);
  if ("problem" in to) return say(`${to.problem}.`);
  if (to.frame === frame) return say("That is the frame on the screen: there is nothing to propagate to.");
  if (/^\s*[+-]/.test(answer)) propagatedBy = answer.trim();
  await propagate(toolContext, ids, to.frame);
}

/** Give up one thing: the gesture, then the tool, then the selection, then the focus. @param {Parts} parts */
function cancel({ toolContext: { placement, session }, hand, overlay }) {
  if (hand.busy) hand.cancel();
  else if (placement.open) placement.cancel();
  else if (session.tool !== "select") session.set({ tool: "select", redraws: null });
  else if (session.selection.length > 0) session.set({ selection: [] });
  else overlay.blur();
}
