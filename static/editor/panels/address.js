/** The frame in the page's address: which one is asked for, which one a reload comes back to, a link to it. */

import { copyText } from "../../shared/view/copy.js";

/** @import {Transport} from "../playback/transport.js" */

const REST_MS = 250; // browsers allow no more than some hundred changes of the address in half a minute

export class Address {
  #transport;
  #say;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #written = -REST_MS; // when, by performance.now()

  /** @param {Transport} transport @param {(sentence: string) => void} say */
  constructor(transport, say) {
    this.#transport = transport;
    this.#say = say;
  }

  /** The frame that the address asks for; 0, and a sentence for the user, if there is no such frame. */
  asked() {
    const words = new URL(location.href).searchParams.get("frame");
    const frame = Number(words ?? 0);
    if (Number.isInteger(frame) && frame >= 0 && frame < this.#transport.frameCount) return frame;
    this.#say(`There is no frame ${words}: the last one is ${this.#transport.frameCount - 1}.`);
    return 0;
  }

  /** The address names the frame that one rests on, so that reloading and sharing come back to it. */
  follow() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), Math.max(0, this.#written + REST_MS - performance.now()));
  }

  #write() {
    const { playing, painted } = this.#transport;
    const url = new URL(location.href);
    if (playing || painted === null || url.searchParams.get("frame") === String(painted)) return;
    this.#written = performance.now();
    url.searchParams.set("frame", String(painted));
    window.history.replaceState(null, "", url);
  }

  copyLink = async () => {
    const frame = this.#transport.painted ?? this.#transport.target;
    const link = new URL(location.pathname, location.origin);
    link.searchParams.set("frame", String(frame));
    try {
      await copyText(link.href);
      this.#say(`Copied the link to frame ${frame}.`);
    } catch {
      this.#say(`The browser does not allow copying here. The link: ${link.href}`);
    }
  };
}
