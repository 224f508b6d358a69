/** The keys on the help page, from the very table that the editor goes by. */
import { html, render } from "lit-html";
import { BINDINGS } from "./editor/core/keys.js";

/** @type {{name: string, keys: readonly string[]}[]} */
const DATASET = [
  { name: "Move in the table", keys: ["Up", "Down", "Page Up", "Page Down", "Home", "End"] },
  { name: "Open the video; there Page Up and Page Down go on through the list", keys: ["Enter"] },
  { name: "Rename it", keys: ["F2"] },
  { name: "Remove it, or the chosen ones", keys: ["Delete"] },
  { name: "Choose it, or not", keys: ["Space"] },
  { name: "Choose a stretch", keys: ["Shift+Up", "Shift+Down"] },
  { name: "Choose all that are listed", keys: ["Ctrl+A"] },
  { name: "Choose none", keys: ["Escape"] },
  { name: "Filter", keys: ["/"] },
  { name: "This list", keys: ["?"] },
];

/** @param {string} chord  `Ctrl+Shift+Z` */
function chord(chord) {
  const parts = chord === "+" ? ["+"] : chord.split(/\+(?=.)/);
  return html`<span class="chord">${parts.map((part) => html`<kbd>${part}</kbd>`)}</span>`;
}

/** @param {readonly {name: string, keys: readonly string[]}[]} bindings */
function table(bindings) {
  return html`<table class="key-table"><tbody>${bindings.map(({ name, keys }) => html`<tr><th scope="row">${name}</th><td>${keys.map(chord)}</td></tr>`)}</tbody></table>`;
}

/** Ten rows for the ten digits say no more than one. */
const editor = BINDINGS.filter(({ action }) => !/^(setC|c)lass[1-9]$/.test(action)).map((binding) => {
  if (binding.action === "class0") return { ...binding, name: "Choose a class and draw it", keys: ["1", "…", "9", "0"] };
  if (binding.action === "setClass0") return { ...binding, name: "Give the selection another class", keys: ["Ctrl+1", "…", "Ctrl+9", "Ctrl+0"] };
  return binding;
});

const place = document.getElementById("keys");
if (place !== null) {
  render(
    html`<h2>In the editor</h2>
      ${[...new Set(editor.map(({ group }) => group))].map((group) => html`<h3>${group}</h3>${table(editor.filter((binding) => binding.group === group))}`)}
      <h2 id="dataset">On a dataset’s page</h2>
      ${table(DATASET)}
      <p class="muted">On a Mac, Cmd takes the part of Ctrl.</p>`,
    place,
  );
}
