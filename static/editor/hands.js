/** Pointer and focus on the editor's page: what the mouse does reaches the tool in hand, and keys keep reaching the picture. */

import { PointerInput } from "./tools/pointer.js";
import { selectUnder } from "./tools/select_tool.js";

/** @import {ContextMenu, Spot} from "./panels/context_menu.js" */
/** @import {Stage} from "./render/stage.js" */
/** @import {Pointer, ToolContext} from "./tools/tool_context.js" */
/** @import {Hand} from "./tools/hand.js" */
/** @import {Keyboard} from "./tools/keyboard.js" */

/**
 * @param {{overlay: HTMLElement, stage: Stage, toolContext: ToolContext, hand: Hand, keyboard: Keyboard, menu: ContextMenu | null,
 *   act: (action: string) => void, refresh: () => void}} parts
 *   `menu`: null in a viewer without labels
 */
export function takeHands({ overlay, stage, toolContext, hand, keyboard, menu, act, refresh }) {
  new PointerInput({
    element: overlay,
    viewport: toolContext.viewport,
    density: () => stage.density,
    tool: (event, pointer) => {
      if (event === "press" && menu === null) return;
      hand.send(event, pointer);
      refresh();
    },
    cancelTool: () => hand.cancel(),
    spaceHeld: () => keyboard.spaceHeld,
    spaceUsed: keyboard.spaceUsed,
    doubleClick: ({ point }) => {
      const onShape = toolContext.shown().some(({ shape: { x, y, width, height } }) => point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height);
      if (toolContext.session.tool === "select" && !onShape) toolContext.viewport.fit();
    },
    menu: (pointer, spot) => {
      if (menu === null) return false;
      if (!hand.busy) openMenu(toolContext, hand, menu, pointer, spot);
      return true;
    },
    step: (by) => act(by > 0 ? "stepForward" : "stepBack"),
    left: () => {
      hand.leave();
      refresh();
    },
  });
  const focusPicture = () => overlay.focus({ preventScroll: true });
  // A button that was clicked keeps the keyboard otherwise, and Space would press it again instead of playing.
  document.addEventListener("click", (event) => {
    const button = event.detail > 0 && event.target instanceof Element ? event.target.closest("main button, main select") : null;
    if (button instanceof HTMLButtonElement && !button.closest("dialog, [popover]")) focusPicture();
  });
  document.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement && event.target.closest("main")) focusPicture();
  });
  // A shape in hand has no proof yet: it is given up before anybody saves what there is. Capturing listeners come first.
  for (const type of ["visibilitychange", "pagehide"]) {
    addEventListener(type, () => (type === "pagehide" || document.visibilityState === "hidden") && toolContext.placement.cancel(), { capture: true });
  }
}

/**
 * About what is under the pointer, which is selected then; without a pointer, from the keyboard, about the selection.
 * @param {ToolContext} toolContext
 * @param {Hand} hand
 * @param {ContextMenu} menu
 * @param {Pointer | null} pointer
 * @param {Spot} spot
 */
function openMenu(toolContext, hand, menu, pointer, spot) {
  const onShape = pointer ? selectUnder(toolContext, pointer.point) : toolContext.session.selection.length > 0;
  // The pointer has left the picture for the menu by then: pasting is about where it was.
  menu.open(onShape ? "shape" : "nothing", spot, () => (hand.pointer = pointer));
}
