/** The panel of the classes: names, colours and order, saved as they are changed. */
/** @import { LabelClass } from "./types.js" */
import { html, nothing, render } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { ApiError, request } from "../shared/net/api.js";
import { icon } from "../shared/view/icon.js";
import { swatch } from "./parts.js";

// Okabe and Ito's colours first, which colour-blind people can tell apart; as in viewer/labels/ontology.py.
const PALETTE = [
  "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
  "#f78da7", "#7bd389", "#b794f6", "#4dd0e1", "#c0ca33", "#ff8a65", "#90a4ae", "#ba68c8",
]; // prettier-ignore

/** @typedef {{classes: LabelClass[], revision: number}} Ontology */

export class ClassesPanel {
  /**
   * @param {HTMLElement} body
   * @param {number} dataset
   * @param {boolean} mayManage
   */
  constructor(body, dataset, mayManage) {
    this.body = body;
    this.path = `/api/datasets/${dataset}/ontology/`;
    this.mayManage = mayManage;
    /** @type {Ontology | null} */
    this.ontology = null;
    this.error = "";
    this.saving = false;
  }

  async load() {
    try {
      this.show(await request("GET", this.path));
    } catch (error) {
      this.error = String(error instanceof Error ? error.message : error);
      this.draw();
    }
  }

  /** @param {Ontology} ontology */
  show(ontology) {
    this.ontology = ontology;
    this.draw();
  }

  draw() {
    const classes = this.ontology?.classes ?? [];
    render(
      html`${this.error === "" ? nothing : html`<p class="notice notice-danger" role="alert">${icon("triangle-alert")}<span>${this.error}</span></p>`}
        <ol class="class-list" aria-label="Classes">${classes.map((item, at) => (this.mayManage ? this.#editable(item, at) : html`<li class="class-row">${swatch(item.color)}<span class="class-name" title=${item.name}>${item.name}</span></li>`))}</ol>
        ${this.mayManage ? this.#adding() : nothing}
        ${this.mayManage ? html`<p class="muted small">The first ten are chosen by the keys 1 to 9 and 0 in the editor.</p>` : nothing}`,
      this.body,
    );
  }

  /**
   * @param {LabelClass} item
   * @param {number} at
   */
  #editable(item, at) {
    const last = (this.ontology?.classes.length ?? 0) - 1;
    const change = (/** @type {"name" | "color"} */ field) => (/** @type {Event} */ event) => {
      const value = /** @type {HTMLInputElement} */ (event.target).value.trim();
      void this.#save((classes) => classes.map((other, index) => (index === at ? { ...other, [field]: value } : other)));
    };
    const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {boolean} */ off, /** @type {() => void} */ action) =>
      html`<button class="button button-quiet button-small button-icon" type="button" ?disabled=${off} aria-label="${label}: ${item.name}" title=${label} @click=${action}>${icon(name)}</button>`;
    return html`<li class="class-row">
      <input class="input" type="color" aria-label="Colour of ${item.name}" .value=${live(item.color)} @change=${change("color")}>
      <input class="input class-name" aria-label="Name of the class" maxlength="100" .value=${live(item.name)} @change=${change("name")}>
      ${button("arrow-up", "Move up", at === 0, () => void this.#move(at, at - 1))}
      ${button("arrow-down", "Move down", at === last, () => void this.#move(at, at + 1))}
      ${button("trash-2", "Remove", false, () => void this.#save((classes) => classes.filter((_, index) => index !== at)))}
    </li>`;
  }

  #adding() {
    const taken = new Set(this.ontology?.classes.map(({ color }) => color));
    const color = PALETTE.find((one) => !taken.has(one)) ?? PALETTE[taken.size % PALETTE.length];
    const add = async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      const name = String(new FormData(form).get("name") ?? "").trim();
      if (name === "") return;
      if (await this.#save((classes) => [...classes, { id: null, name, color, shape: "box" }])) form.reset();
    };
    return html`<form class="class-row class-new" @submit=${add}>${swatch(color)}<input class="input class-name" name="name" placeholder="New class" aria-label="Name of a new class" maxlength="100" autocomplete="off"><button class="button button-small" type="submit">Add</button></form>`;
  }

  /** @param {number} from @param {number} to */
  #move(from, to) {
    return this.#save((classes) => {
      const moved = [...classes];
      moved.splice(to, 0, ...moved.splice(from, 1));
      return moved;
    });
  }

  /**
   * @param {(classes: LabelClass[]) => LabelClass[]} change
   * @returns {Promise<boolean>}  whether it was taken
   */
  async #save(change) {
    if (this.ontology === null || this.saving) return false;
    this.saving = true;
    this.error = "";
    try {
      this.ontology = await request("PUT", this.path, { classes: change(this.ontology.classes), revision: this.ontology.revision });
      return true;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
      // Somebody else was faster: theirs is shown, and the change can be made again.
      if (error instanceof ApiError && error.status === 412) this.ontology = { classes: error.body.classes, revision: error.body.revision };
      return false;
    } finally {
      this.saving = false;
      this.draw();
    }
  }
}
