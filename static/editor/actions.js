/** What each action of core/keys.js does here, and when it may. */

import { bindingFor } from "./core/keys.js";
import { openHelp } from "./panels/help.js";
import { playerCommands } from "./panels/player_commands.js";
import { labelCommands } from "./tools/commands.js";
import { reviewCommands } from "./tools/review_commands.js";

/** @import {Transport} from "./playback/transport.js" */
/** @import {LabelReview} from "./net/label_review.js" */
/** @import {LabelSync} from "./net/label_sync.js" */
/** @import {Address} from "./panels/address.js" */
/** @import {Splitter} from "./panels/layout.js" */
/** @import {ToolContext} from "./tools/tool_context.js" */
/** @import {Hand} from "./tools/hand.js" */

/** `held`: by a key that is held down. @typedef {Record<string, (held?: boolean) => unknown>} Actions */
/**
 * `sync` and `review` are null in the viewer without labels. `refresh` draws again what shows where and how it plays.
 * @typedef {{transport: Transport, toolContext: ToolContext, hand: Hand, address: Address, sync: LabelSync | null, review: LabelReview | null, mayLabel: boolean,
 *   stage: HTMLElement, overlay: HTMLElement, help: HTMLDialogElement, splits: {side: Splitter, timeline: Splitter} | null,
 *   focusCounter: () => void, refresh: () => void, heard: (error: unknown) => void}} Parts
 */

const BUSY = "Finish the shape in hand first, or give it up with Escape.";

/**
 * `act` runs an action, or says why not; `knows` says whether there is such an action on this page.
 * @param {Parts} parts
 * @returns {{act: (action: string, held?: boolean) => void, knows: (action: string) => boolean}}
 */
export function actionsOf(parts) {
  const { toolContext, hand, mayLabel, sync, review, heard } = parts;
  /** @type {Actions} */
  const actions = {
    ...playerCommands(parts.transport, toolContext.say),
    ...loopActions(parts),
    ...viewActions(parts),
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
      const binding = bindingFor(action);
      if (hand.busy && action === "undo") return void hand.cancel();
      if (hand.busy && !binding?.whileDrawing) return toolContext.say(BUSY);
      if (!mayLabel && binding?.changes) return toolContext.say("You may look at these labels, not change them.");
      Promise.resolve(run(held)).catch(heard);
    },
  };
}

/** @param {Parts} parts @returns {Actions} */
function loopActions({ transport, toolContext, refresh }) {
  const loop = (/** @type {number} */ first, /** @type {number} */ last) => {
    if (first >= last) return toolContext.say("The loop must begin before it ends.");
    transport.loop = { first, last };
    refresh();
    toolContext.say(`Repeats frames ${first} to ${last}. Shift+P plays through again.`);
  };
  return {
    loopIn: () => loop(transport.target, transport.loop?.last ?? transport.frameCount - 1),
    loopOut: () => loop(transport.loop?.first ?? 0, transport.target),
    loopOff: () => {
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
function editorActions({ toolContext, hand, splits, mayLabel }, sync, review) {
  const { canConfirm, confirm, deleteReviewed } = reviewCommands(toolContext, review);
  return {
    confirm,
    deleteReviewed,
    finish: () => (mayLabel && !hand.busy && toolContext.session.tool === "select" && canConfirm() ? confirm() : hand.send("enter")),
    save: () => {
      sync.flush();
      toolContext.say("Saving what is not on the server yet.");
    },
    foldPanel: () => splits?.side.toggle(),
    foldTimeline: () => splits?.timeline.toggle(),
  };
}

/** Give up one thing: the gesture, then the tool, then the selection, then the focus. @param {Parts} parts */
function cancel({ toolContext: { placement, session }, hand, overlay }) {
  if (hand.busy) hand.cancel();
  else if (placement.open) placement.cancel();
  else if (session.tool !== "select") session.set({ tool: "select", redraws: null });
  else if (session.selection.length > 0) session.set({ selection: [] });
  else overlay.blur();
}
