/** The filter line: free words and `state:ready codec:hevc by:ann labels:none`, with suggestions for the word being typed. */
import { html, render } from "lit-html";

const FIXED = [
  ["state:ready", "every frame has been read"],
  ["state:reading", "being read"],
  ["state:waiting", "not read yet"],
  ["state:failed", "cannot be used"],
  ["state:needs_reencode", "not as it is"],
  ["labels:none", "nothing labelled yet"],
  ["labels:some", "has labels"],
  ["review:some", "labels to review after an upgrade"],
];

/**
 * What could stand in place of the last word of `text`.
 * @param {string} text
 * @param {{codecs: Iterable<string>, people: Iterable<string>}} known
 * @returns {{word: string, hint: string}[]}
 */
export function suggestions(text, { codecs, people }) {
  const word = lastWord(text).toLowerCase();
  const all = [
    ...FIXED,
    ...[...codecs].map((codec) => [`codec:${codec}`, ""]),
    ...[...people].map((name) => [`by:${name}`, "has labelled it"]),
  ];
  return all
    .filter(([full]) => full.toLowerCase().startsWith(word) && full.toLowerCase() !== word)
    .slice(0, 12)
    .map(([full, hint]) => ({ word: full, hint }));
}

/** @param {string} text */
function lastWord(text) {
  return /\S*$/.exec(text)?.[0] ?? "";
}

/**
 * @param {HTMLInputElement} input
 * @param {HTMLElement} list  a popover
 * @param {{changed: (text: string) => void, leave: () => void, known: () => {codecs: Iterable<string>, people: Iterable<string>}}} options
 */
export function startFilter(input, list, { changed, leave, known }) {
  let chosen = -1;
  /** @type {{word: string, hint: string}[]} */
  let offered = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const show = () => {
    offered = document.activeElement === input ? suggestions(input.value, known()) : [];
    chosen = Math.min(chosen, offered.length - 1);
    render(
      offered.map(
        ({ word, hint }, at) => html`<div class="menu-item" role="option" id="filter-option-${at}" aria-selected=${at === chosen ? "true" : "false"}
          @mousedown=${(/** @type {Event} */ event) => event.preventDefault()} @click=${() => take(at)}>${word}<span class="muted">${hint}</span></div>`,
      ),
      list,
    );
    list.hidden = offered.length === 0;
    input.setAttribute("aria-expanded", String(offered.length > 0));
    if (chosen >= 0) input.setAttribute("aria-activedescendant", `filter-option-${chosen}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const hide = () => {
    chosen = -1;
    offered = [];
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const tell = () => {
    clearTimeout(timer);
    changed(input.value.trim());
  };
  /** @param {number} at */
  const take = (at) => {
    const last = lastWord(input.value);
    input.value = `${input.value.slice(0, input.value.length - last.length)}${offered[at].word} `;
    chosen = -1;
    tell();
    show();
  };

  input.addEventListener("input", () => {
    chosen = -1;
    show();
    clearTimeout(timer);
    timer = setTimeout(tell, 200);
  });
  input.addEventListener("focus", show);
  input.addEventListener("blur", hide);
  input.addEventListener("keydown", (event) => {
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && offered.length > 0) {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : chosen < 0 ? 0 : -1) + offered.length) % offered.length;
      show();
    } else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) {
      take(chosen);
    } else if (event.key === "Enter") {
      tell();
      leave();
    } else if (event.key === "Escape") {
      if (offered.length > 0) hide();
      else if (input.value !== "") {
        input.value = "";
        tell();
      } else leave();
    } else {
      return;
    }
    event.preventDefault();
  });
}
