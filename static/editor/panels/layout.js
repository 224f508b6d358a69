/** Panels that are dragged wider or folded away, and stay so. */

const STEP = 16; // CSS pixels a key press

/**
 * `from` is the side on which the panel grows when the bar is dragged away from it.
 * @typedef {{bar: HTMLElement, property: string, name: string, from: "left" | "bottom", least: number, most: () => number, initial: number}} Split
 */

/** @typedef {{size: number, folded: boolean}} Kept */

export class Splitter {
  #split;
  #root = document.documentElement;
  /** @type {Kept} */
  #kept;

  /** @param {Split} split */
  constructor(split) {
    this.#split = split;
    this.#kept = recall(split.property) ?? { size: split.initial, folded: false };
    const { bar } = split;
    bar.setAttribute("role", "separator");
    bar.setAttribute("aria-label", split.name);
    bar.setAttribute("aria-orientation", split.from === "left" ? "vertical" : "horizontal");
    bar.tabIndex = 0;
    bar.title = `${split.name}: drag, or double-click to fold`;
    bar.addEventListener("pointerdown", (event) => this.#drag(event));
    bar.addEventListener("dblclick", () => this.toggle());
    bar.addEventListener("keydown", (event) => this.#key(event));
    window.addEventListener("resize", () => this.#apply());
    this.#apply();
  }

  get folded() {
    return this.#kept.folded;
  }

  toggle() {
    this.#set({ ...this.#kept, folded: !this.#kept.folded });
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (event.button !== 0) return;
    const { bar, from } = this.#split;
    const start = from === "left" ? event.clientX : event.clientY;
    const size = this.#kept.folded ? 0 : this.#size;
    bar.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ moved) => {
      const wanted = size + start - (from === "left" ? moved.clientX : moved.clientY);
      if (Math.abs(wanted - size) < 3) return;
      this.#set({ size: wanted, folded: wanted < this.#split.least / 2 });
    };
    const end = () => {
      bar.removeEventListener("pointermove", move);
      bar.removeEventListener("pointerup", end);
      bar.removeEventListener("pointercancel", end);
    };
    bar.addEventListener("pointermove", move);
    bar.addEventListener("pointerup", end);
    bar.addEventListener("pointercancel", end);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const grow = this.#split.from === "left" ? "ArrowLeft" : "ArrowUp";
    const shrink = this.#split.from === "left" ? "ArrowRight" : "ArrowDown";
    if (event.key === "Enter" || event.key === " ") this.toggle();
    else if (event.key === grow || event.key === shrink) this.#set({ size: this.#size + (event.key === grow ? STEP : -STEP), folded: false });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  get #size() {
    return Math.round(Math.min(this.#split.most(), Math.max(this.#split.least, this.#kept.size)));
  }

  /** @param {Kept} kept */
  #set(kept) {
    const { least } = this.#split;
    this.#kept = { size: Math.max(least, Math.min(this.#split.most(), kept.size)), folded: kept.folded };
    remember(this.#split.property, this.#kept);
    this.#apply();
  }

  #apply() {
    const { bar, property, least } = this.#split;
    const size = this.#kept.folded ? 0 : this.#size;
    this.#root.style.setProperty(property, `${size}px`);
    this.#root.toggleAttribute(`data-folded${property.slice(1)}`, this.#kept.folded);
    bar.setAttribute("aria-valuemin", "0");
    bar.setAttribute("aria-valuenow", String(size));
    bar.setAttribute("aria-valuemax", String(Math.max(least, Math.round(this.#split.most()))));
    bar.setAttribute("aria-valuetext", this.#kept.folded ? "folded" : `${size} pixels`);
  }
}

/** @param {HTMLElement} bar */
export function sideSplitter(bar) {
  return new Splitter({ bar, property: "--side-width", name: "Side panel", from: "left", least: 220, most: () => innerWidth * 0.45, initial: 296 });
}

/** @param {HTMLElement} bar */
export function timelineSplitter(bar) {
  return new Splitter({ bar, property: "--timeline-height", name: "Timeline", from: "bottom", least: 44, most: () => innerHeight * 0.4, initial: 132 });
}

/**
 * Kept in this browser; what cannot be kept is not.
 * @param {string} name
 * @param {unknown} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(`editor ${name}`, JSON.stringify(value));
  } catch {
    // Private windows have no storage: the default comes back next time.
  }
}

/**
 * @param {string} name
 * @returns {any} null if nothing was kept
 */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(`editor ${name}`) ?? "null");
  } catch {
    return null;
  }
}
