/** What happens on the server, as it happens: the socket, which connects again by itself and misses nothing. */

import { Emitter } from "../core/emitter.js";

/** @typedef {{id: number, topic: string, type: string, data: any}} LiveEvent */
/** @typedef {"connecting" | "connected" | "offline" | "signed_out"} LiveState */
/**
 * `subscribed`: the server has heard of the topics; what happens from then on is told. `reload`: too much was missed,
 * whatever was read before may be old.
 * @typedef {{event: LiveEvent, state: LiveState, subscribed: {topics: string[], refused: string[]}, reload: null}} LiveEvents
 */

const SIGNED_OUT = 4401;
const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** @extends {Emitter<LiveEvents>} */
export class Live extends Emitter {
  /** @type {Set<string>} */
  #topics = new Set();
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {number | null} the last event that was heard of */
  #after = null;
  #failures = 0;
  #closed = false;
  /** @type {any} */
  #timer = null;
  #url;
  #WebSocket;
  /** @type {LiveState} */
  state = "connecting";

  /**
   * @param {string | URL} url
   * @param {{WebSocket?: typeof globalThis.WebSocket}} [options]  what the browser gives; tests give their own
   */
  constructor(url = liveUrl(), { WebSocket = globalThis.WebSocket } = {}) {
    super();
    this.#url = url;
    this.#WebSocket = WebSocket;
    globalThis.addEventListener?.("online", this.#now);
    this.#connect();
  }

  /**
   * Hear of these topics from now on.
   * @param {readonly string[]} topics
   */
  subscribe(topics) {
    const fresh = topics.filter((topic) => !this.#topics.has(topic));
    for (const topic of fresh) this.#topics.add(topic);
    if (fresh.length > 0 && this.state === "connected") this.#send({ subscribe: fresh, after: null });
  }

  /** @param {readonly string[]} topics */
  unsubscribe(topics) {
    for (const topic of topics) this.#topics.delete(topic);
    if (this.state === "connected") this.#send({ unsubscribe: [...topics] });
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.("online", this.#now);
    this.#socket?.close();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const socket = new this.#WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (this.#topics.size > 0) this.#send({ subscribe: [...this.#topics], after: this.#after });
      this.#become("connected");
    });
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(data)));
    // A socket that fails closes too: one place to try again.
    socket.addEventListener("close", ({ code }) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (this.#closed) return;
      this.#become(code === SIGNED_OUT ? "signed_out" : "offline");
      const wait = code === SIGNED_OUT ? LONGEST_WAIT_MS : Math.min(SHORTEST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS);
      this.#failures += 1;
      // Spread, so that a restarted server does not see all pages at once.
      this.#timer = setTimeout(() => this.#connect(), wait * (0.5 + Math.random()));
    });
  }

  #now = () => {
    if (this.#timer === null) return;
    this.#failures = 0;
    this.#connect();
  };

  /** @param {any} message */
  #hear(message) {
    this.#failures = 0;
    if (message.subscribed) {
      this.#after ??= message.at;
      this.emit("subscribed", { topics: message.subscribed, refused: message.refused });
    } else if (message.type === "reload") {
      this.#after = null;
      this.emit("reload", null);
    } else if (typeof message.id === "number") {
      this.#after = Math.max(this.#after ?? 0, message.id);
      this.emit("event", message);
    }
  }

  /** @param {any} message */
  #send(message) {
    this.#socket?.send(JSON.stringify(message));
  }

  /** @param {LiveState} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.emit("state", state);
  }
}

/** The socket's address beside this page. */
function liveUrl() {
  const url = new URL("/ws/", globalThis.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}
