/** Runs a tool: a table of state → event → what to do, which answers with the next state or, to stay, with nothing. */

/** @typedef {Record<string, Record<string, (detail: any) => string | void>>} States */

/** Every table starts in `idle`; a state that Escape can leave has `cancel`. */
export class Machine {
  #states;
  state = "idle";

  /** @param {States} states */
  constructor(states) {
    this.#states = states;
  }

  /**
   * Tell the tool of an event. Returns whether its state knew it.
   * @param {string} event
   * @param {unknown} [detail]
   */
  send(event, detail) {
    const handler = this.#states[this.state][event];
    if (!handler) return false;
    const next = handler(detail);
    if (typeof next === "string") this.state = next;
    return true;
  }

  get busy() {
    return this.state !== "idle";
  }
}
