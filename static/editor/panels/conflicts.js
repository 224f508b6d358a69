/** What others changed under one's hands, and what the server did not accept: both versions, and the choice. */

import { html, nothing, render } from "lit-html";

/**
 * `yours` and `theirs` are what the record is in each version, null for deleted.
 * @typedef {{kind: string, id: string, yours: any, theirs: any}} Version
 */
/**
 * `versions` is empty for a change that was refused for another reason than a conflict.
 * @typedef {{id: string, title: string, sentence: string, versions: readonly Version[],
 *   choices: readonly {label: string, run: () => void}[]}} Decision
 */

/**
 * `nameOfNew` names a track that is not there (any more, or yet) from its record.
 * @typedef {{nameOf: (trackId: string) => string, nameOfNew: (track: any) => string, go: (frame: number) => void}} Show
 */

/**
 * @param {HTMLElement} host
 * @param {readonly Decision[]} decisions
 * @param {Show} show
 */
export function drawDecisions(host, decisions, show) {
  host.hidden = decisions.length === 0;
  render(
    decisions.length === 0
      ? nothing
      : html`<div class="panel-head"><h2>${decisions.length === 1 ? "One change needs" : `${decisions.length} changes need`} your decision</h2></div>
          <div class="conflict-list">${decisions.map((decision) => decisionView(decision, show))}</div>`,
    host,
  );
}

/**
 * @param {Decision} decision
 * @param {Show} show
 */
function decisionView({ title, sentence, versions, choices }, show) {
  return html`<article class="conflict">
    <h3>${title}</h3>
    <p>${sentence}</p>
    ${versions.length === 0
      ? nothing
      : html`<table>
          <thead><tr><th scope="col">What</th><th scope="col">Yours</th><th scope="col">Theirs</th></tr></thead>
          <tbody>${versions.map((version) => html`<tr><th scope="row">${whatView(version, versions, show)}</th><td>${valueWords(version.kind, version.yours)}</td><td>${valueWords(version.kind, version.theirs)}</td></tr>`)}</tbody>
        </table>`}
    <div class="conflict-actions">${choices.map(({ label, run }) => html`<button type="button" class="button" @click=${run}>${label}</button>`)}</div>
  </article>`;
}

/**
 * @param {Version} version
 * @param {readonly Version[]} all  of the same decision
 * @param {Show} show
 */
function whatView({ kind, id, yours, theirs }, all, show) {
  const value = yours ?? theirs;
  const trackId = kind === "track" ? id : (value?.track ?? id);
  const track = all.find((version) => version.id === trackId);
  const name = track ? show.nameOfNew(track.yours ?? track.theirs) : show.nameOf(trackId);
  const frame = kind === "keyframe" ? value?.frame : kind === "range" ? value?.first : undefined;
  return html`${name}${frame === undefined ? nothing : html`, <a href="?frame=${frame}" @click=${(/** @type {Event} */ event) => {
    event.preventDefault();
    show.go(frame);
  }}>frame ${frame}</a>`}`;
}

/**
 * @param {string} kind
 * @param {any} value
 */
function valueWords(kind, value) {
  if (value === null) return "deleted";
  const tidy = (/** @type {number} */ number) => Math.round(number * 10) / 10;
  if (kind === "keyframe") {
    const { x, y, width, height } = value.shape;
    const more = [value.occluded ? "occluded" : "", value.interpolation === "hold" ? "hold" : ""].filter(Boolean).join(", ");
    return `${tidy(x)}, ${tidy(y)} · ${tidy(width)} × ${tidy(height)}${more ? ` · ${more}` : ""}`;
  }
  if (kind === "range") return `outside ${value.first} to ${value.last ?? "the end"}`;
  return `number ${value.number}`;
}
