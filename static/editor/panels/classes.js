/** The classes with their colours and number keys; choosing one takes the box tool in hand. */

import { html, nothing } from "lit-html";
import { icon } from "../../shared/view/icon.js";
import { cssProperty } from "./css_property.js";

/** @import {PanelContext} from "./panel_context.js" */

/**
 * @param {PanelContext} editor
 * @param {string | number | null} armed  the class that the next box gets
 */
export function classesView(editor, armed) {
  const { classes } = editor.ontology();
  const arm = (/** @type {string | number} */ id) => editor.session.set({ tool: "box", classId: id, redraws: null });
  return html`<div class="panel-head"><h2>Classes</h2></div>
    ${classes.length === 0 ? html`<p class="panel-empty">No classes yet. A box says what it is by its class: add the first one.</p>` : nothing}
    <ul class="class-list" aria-label="Classes">
      ${classes.map(
        ({ id, name, color }, at) => html`<li>
          <button type="button" class="class-row" ?disabled=${!editor.mayLabel} aria-pressed=${String(id) === String(armed) ? "true" : "false"}
            title="Draw ${name}${at < 10 ? ` (${(at + 1) % 10}); Ctrl+${(at + 1) % 10} changes the selection to it` : ""}" @click=${() => arm(id)}>
            <kbd>${at < 10 ? (at + 1) % 10 : ""}</kbd><i class="swatch" ${cssProperty("--color", color)}></i><span class="ellipsis">${name}</span>
          </button>
        </li>`,
      )}
    </ul>
    ${editor.mayLabel ? addView(editor) : nothing}`;
}

/** @param {PanelContext} editor */
function addView(editor) {
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("name"));
    const name = input.value.trim();
    if (!name) return;
    await editor.addClass(name);
    input.value = "";
  };
  return html`<form class="class-add" @submit=${submit}>
    <input name="name" id="class-add" class="input" maxlength="100" placeholder="New class" aria-label="Name of a new class" autocomplete="off">
    <button type="submit" class="button button-quiet button-icon" aria-label="Add class" title="Add class">${icon("plus")}</button>
  </form>`;
}
