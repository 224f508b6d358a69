/** The tools, at the left of the picture. */

import { html } from "lit-html";
import { icon } from "../../shared/view/icon.js";
import { hint } from "../core/keys.js";

/** @import {PanelContext} from "./panel_context.js" */

/** @param {PanelContext} editor */
export function toolRailView(editor) {
  const { session, history } = editor;
  const tool = (/** @type {"select" | "box"} */ name, /** @type {string} */ picture) => html`<button type="button" class="rail-button"
      aria-pressed=${session.tool === name ? "true" : "false"} aria-label=${hint(name)} title=${hint(name)} @click=${() => editor.act(name)}>${icon(picture)}</button>`;
  const command = (/** @type {string} */ action, /** @type {string} */ picture, /** @type {string} */ title, enabled = true) => html`<button type="button"
      class="rail-button" ?disabled=${!enabled} aria-label=${title} title=${title} @click=${() => editor.act(action)}>${icon(picture)}</button>`;
  const keep = () => session.set({ keepsDrawing: !session.keepsDrawing });
  const keepTitle = session.keepsDrawing ? "The box tool stays in hand after a box" : "After a box the select tool is back in hand";
  return html`${tool("select", "mouse-pointer-2")}${tool("box", "square-dashed")}
    <button type="button" class="rail-button" aria-pressed=${session.keepsDrawing ? "true" : "false"} aria-label="Keep drawing" title=${keepTitle} @click=${keep}>${icon("repeat")}</button>
    <hr>
    ${command("undo", "undo-2", history.undoName ? hint("undo", `Undo: ${history.undoName}`) : hint("undo"), history.canUndo)}
    ${command("redo", "redo-2", history.redoName ? hint("redo", `Redo: ${history.redoName}`) : hint("redo"), history.canRedo)}
    <hr>
    ${command("fit", "maximize", hint("fit"))}
    <button type="button" class="rail-button" aria-pressed=${session.names ? "true" : "false"} aria-label=${hint("names")} title=${hint("names")} @click=${() => editor.act("names")}>${icon("tag")}</button>
    <button type="button" class="rail-button" aria-pressed=${session.allHidden ? "true" : "false"} aria-label=${hint("hideAll")} title=${hint("hideAll")} @click=${() => editor.act("hideAll")}>${icon(session.allHidden ? "eye-off" : "eye")}</button>`;
}
