/** What the tabs of one browser tell each other about one person's changes in one label row. */

/** @import {Entry} from "./journal.js" */

/**
 * `queued`: an entry that stands in the journal now. `applied`: the server has these. `aside`: these wait for a decision.
 * `forgotten`: these are given up.
 * @typedef {{type: "queued", entry: Entry} | {type: "applied", applied: {id: string, revision: number}[]} |
 *   {type: "aside", group: Entry[]} | {type: "forgotten", ids: string[]}} TabMessage
 */

/** Nobody is told where the browser has no BroadcastChannel: the server then tells of what was saved. */
export class TabChannel {
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** What was told before anybody listened. @type {TabMessage[]} */
  #early = [];
  /** @type {((message: TabMessage) => void) | null} */
  #listener = null;

  /** @param {string} key  of user and label row */
  constructor(key) {
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(`onframe-labels:${key}`);
    this.#channel.onmessage = ({ data }) => {
      if (this.#listener) this.#listener(data);
      else this.#early.push(data);
    };
  }

  /** Hear the other tabs, and what they told since this was made. @param {(message: TabMessage) => void} listener */
  listen(listener) {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener(message);
  }

  /** @param {TabMessage} message */
  tell(message) {
    this.#channel?.postMessage(message);
  }

  close() {
    this.#channel?.close();
    this.#channel = null;
  }
}
