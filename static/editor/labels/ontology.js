/** The classes of a dataset. */

/** @typedef {{id: string | number, name: string, color: string, shape: string}} LabelClass */

// Okabe and Ito's colours, which colour-blind people can tell apart, then steps around OKLCH's hues between them.
const PALETTE = [
  "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
  "#f78da7", "#7bd389", "#b794f6", "#4dd0e1", "#c0ca33", "#ff8a65", "#90a4ae", "#ba68c8",
];

export class Ontology {
  /** @type {Map<string, LabelClass>} */
  #classes;

  /** @param {{classes: LabelClass[], revision?: number}} json */
  constructor({ classes, revision = 0 }) {
    this.classes = classes;
    this.revision = revision;
    this.#classes = new Map(classes.map((item) => [String(item.id), item]));
  }

  /**
   * The class of a label; a placeholder if it has been taken out of the ontology since.
   * @param {string | number} id
   * @returns {LabelClass}
   */
  classOf(id) {
    return this.#classes.get(String(id)) ?? { id, name: "Removed class", color: "#90a4ae", shape: "box" };
  }

  /** @param {string | number} id */
  has(id) {
    return this.#classes.has(String(id));
  }
}

/**
 * A colour for a new class: the first that none of these has.
 * @param {readonly LabelClass[]} classes
 */
export function freeColor(classes) {
  const taken = new Set(classes.map((item) => item.color.toLowerCase()));
  return PALETTE.find((color) => !taken.has(color)) ?? PALETTE[classes.length % PALETTE.length];
}
