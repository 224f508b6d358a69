/** The sheet of keys, made from the one table of keys. */

import { html, render } from "lit-html";
import { BINDINGS } from "../core/keys.js";

const MOUSE = [
  ["Wheel", "Zoom at the pointer"],
  ["Shift + wheel", "Step through frames"],
  ["Middle drag, or Space + drag", "Pan"],
  ["Right click", "What can be done with a shape or keyframe"],
  ["Drag on the frame number", "Scrub"],
  ["Double-click on nothing", "Fit the picture"],
  ["Drag, or click and click", "Draw a box (box tool)"],
  ["Shift + click", "Select more than one"],
  ["Shift while resizing", "Keep the proportions"],
  ["Alt while drawing or resizing", "About the middle"],
];

/**
 * @param {HTMLDialogElement} dialog
 * @param {boolean} tools  false in a viewer without labels
 */
export function openHelp(dialog, tools) {
  const shown = BINDINGS.filter((binding) => tools || !binding.tools);
  const groups = [...new Set(shown.map(({ group }) => group))];
  render(
    html`<h2 class="dialog-title" id="help-title" tabindex="-1">Keys</h2>
      <div class="dialog-body help-body">
        ${groups.map(
          (group) => html`<section><h3>${group}</h3><dl>${rows(shown.filter((binding) => binding.group === group))}</dl></section>`,
        )}
        <section><h3>Mouse</h3><dl>${MOUSE.map(([gesture, what]) => html`<div><dt>${gesture}</dt><dd>${what}</dd></div>`)}</dl></section>
      </div>
      <div class="dialog-actions"><form method="dialog"><button class="button button-primary">Close</button></form></div>`,
    dialog,
  );
  dialog.setAttribute("aria-labelledby", "help-title");
  if (dialog.open) return;
  dialog.showModal();
  // Else the first thing that takes the focus is the button below all keys, and the sheet opens at its end.
  /** @type {HTMLElement | null} */ (dialog.querySelector("#help-title"))?.focus({ preventScroll: true });
  for (const scrolls of [dialog, dialog.querySelector(".help-body")]) scrolls?.scrollTo(0, 0);
}

/** Ten keys for ten classes are one line. @param {typeof BINDINGS} bindings */
function rows(bindings) {
  const lines = bindings.filter(({ action }) => !/^(class|setClass)[1-9]$/.test(action) && !/^(nudge|shove)(Right|Up|Down)$/.test(action));
  return lines.map(({ action, keys, name }) => {
    if (action === "class0") return line(["1 … 9, 0"], "Draw with this class");
    if (action === "setClass0") return line(["Ctrl+1 … 9, 0"], "Change the selection to this class");
    if (action === "nudgeLeft") return line(["Ctrl+Alt+arrows"], "Move the selection by 1 pixel");
    if (action === "shoveLeft") return line(["Ctrl+Alt+Shift+arrows"], "Move the selection by 10 pixels");
    return line(keys, name);
  });
}

/** @param {readonly string[]} keys @param {string} name */
function line(keys, name) {
  return html`<div><dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${name}</dd></div>`;
}
