/**
 * The encoded bytes of packets, fetched by range: never the whole file, newest wish first, kept up to a budget.
 */

/** @import { FrameTable } from "./frame_table.js" */

const MB = 1 << 20;
const LEAST = MB / 2; // bytes of a request; smaller ones cost more in round trips than they save
const MOST = 8 * MB;
const GAP = MB / 8; // bytes between packets (audio) that are cheaper to fetch than to ask around
const WISH_AHEAD = 24 * MB; // of one wish: what is fetched further ahead would only push out what is needed first
const RETRY_SECONDS = [0.5, 1, 2, 4];

/**
 * @typedef {object} Wish Packets that are wanted; earlier wishes are more urgent.
 * @property {number} first
 * @property {number} last
 * @property {boolean} [exact] fetch no more than these packets: a picture in passing, or a guess
 */

/** @typedef {{bytes: number, seconds: number, at: number}} Sample One finished request; `at` as performance.now(). */

/** Bytes that cannot be had; `code` is `signed_out`, `gone`, `changed`, `no_ranges` or `network`. */
export class BytesUnavailable extends Error {
  /** @param {string} code @param {string} sentence */
  constructor(code, sentence) {
    super(sentence);
    this.code = code;
  }
}

/** Bytes of packets [first, last], as far as they came in. */
class Span {
  /** @param {number} first @param {number} last @param {number} begin @param {number} end */
  constructor(first, last, begin, end) {
    this.first = first;
    this.last = last;
    this.begin = begin;
    this.end = end;
    this.bytes = new Uint8Array(end - begin);
    this.received = 0;
    this.used = 0;
    this.abort = new AbortController();
    this.done = false;
  }
}

export class ByteRanges {
  /**
   * @param {object} options
   * @param {FrameTable} options.table
   * @param {string} options.url
   * @param {() => void} options.onChange bytes came in, or cannot be had
   * @param {(sample: Sample) => void} [options.onSample]
   * @param {typeof fetch} [options.fetch]
   * @param {(task: () => void, seconds: number) => void} [options.later]
   * @param {number} [options.budget] bytes that are kept
   */
  constructor({ table, url, onChange, onSample = () => {}, fetch = globalThis.fetch.bind(globalThis), later, budget = 64 * MB }) {
    this.table = table;
    this.url = url;
    this.budget = budget;
    this.downloaded = 0;
    this.requests = 0;
    this.#onChange = onChange;
    this.#onSample = onSample;
    this.#fetch = fetch;
    this.#later = later ?? ((task, seconds) => void setTimeout(task, seconds * 1000));
    this.#spanOf = new Array(table.packetCount).fill(null);
  }

  #onChange;
  #onSample;
  #fetch;
  #later;
  /** @type {(Span | null)[]} which span holds, or will hold, a packet */
  #spanOf;
  /** @type {Set<Span>} */
  #spans = new Set();
  /** @type {Set<Span>} those of #spans that are under way */
  #running = new Set();
  /** @type {Wish[]} */
  #wishes = [];
  #clock = 0;
  #failures = 0;
  #waiting = false;
  #closed = false;
  #lastEnd = -1; // packet after the newest request
  #size = LEAST;
  /** @type {BytesUnavailable | null} */
  #error = null;

  /**
   * The bytes of a packet if they are here, else null. Throws BytesUnavailable once all tries have failed.
   * @param {number} packet
   */
  get(packet) {
    const span = this.#spanOf[packet];
    if (span && this.#has(span, packet)) {
      span.used = ++this.#clock;
      const from = this.table.packetPosition[packet] - span.begin;
      return span.bytes.subarray(from, from + this.table.packetSize[packet]);
    }
    if (this.#error) throw this.#error;
    return null;
  }

  /**
   * Replace what is wanted. Requests that no wish needs any more are given up when another one wants their place.
   * @param {Wish[]} wishes most urgent first
   */
  want(wishes) {
    this.#wishes = wishes;
    this.#start();
  }

  /** Try again after an error was shown to the user. */
  retry() {
    this.#error = null;
    this.#failures = 0;
    this.#start();
  }

  /** Frames whose packets are here, as [first, last] pairs in presentation order. */
  buffered() {
    const { table } = this;
    /** @type {[number, number][]} */
    const ranges = [];
    for (let frame = 0; frame < table.frameCount; frame++) {
      const packet = table.framePacket[frame];
      const span = this.#spanOf[packet];
      if (!span || !this.#has(span, packet)) continue;
      const open = ranges.at(-1);
      if (open && open[1] === frame - 1) open[1] = frame;
      else ranges.push([frame, frame]);
    }
    return ranges;
  }

  /** Bytes held or under way. */
  get held() {
    let sum = 0;
    for (const span of this.#spans) sum += span.bytes.length;
    return sum;
  }

  close() {
    this.#closed = true;
    for (const span of this.#running) span.abort.abort();
    this.#spans.clear();
    this.#spanOf = [];
  }

  /** @param {Span} span @param {number} packet */
  #has(span, packet) {
    return span.done || this.table.packetPosition[packet] + this.table.packetSize[packet] - span.begin <= span.received;
  }

  #start() {
    while (!this.#closed && !this.#error && !this.#waiting) {
      const next = this.#nextRequest();
      if (!next) return;
      if (this.#running.size >= 2 && !this.#giveUpOne(next.urgency)) return;
      this.#request(next.first, next.last, next.bytes);
    }
  }

  /** The first missing packets of the most urgent wish. */
  #nextRequest() {
    const { packetPosition, packetSize } = this.table;
    for (const [urgency, wish] of this.#wishes.entries()) {
      let ahead = 0;
      for (let packet = wish.first; packet <= wish.last && ahead < WISH_AHEAD; packet++) {
        ahead += packetSize[packet];
        if (this.#spanOf[packet]) continue;
        const needed = packetPosition[wish.last] + packetSize[wish.last] - packetPosition[packet];
        if (wish.exact) return { urgency, first: packet, last: wish.last, bytes: Math.min(needed, MOST) };
        const size = packet === this.#lastEnd ? Math.min(MOST, this.#size * 2) : LEAST;
        // What is needed for certain comes in one go; what is only foreseen grows as the guess proves right.
        const bytes = urgency === 0 ? Math.min(MOST, Math.max(needed, LEAST)) : Math.min(size, Math.max(needed, LEAST));
        return { urgency, first: packet, last: this.table.packetCount - 1, bytes };
      }
    }
    return null;
  }

  /** Give up a request that only wishes less urgent than `urgency` need. @param {number} urgency */
  #giveUpOne(urgency) {
    for (const span of this.#running) {
      if (this.#wishes.slice(0, urgency + 1).some((wish) => wish.first <= span.last && wish.last >= span.first)) continue;
      this.#drop(span);
      return true;
    }
    return false;
  }

  /** @param {number} first @param {number} last @param {number} bytes */
  #request(first, last, bytes) {
    const { packetPosition, packetSize } = this.table;
    const begin = packetPosition[first];
    let end = begin + packetSize[first];
    let upTo = first;
    while (upTo < last && !this.#spanOf[upTo + 1]) {
      const position = packetPosition[upTo + 1];
      const nextEnd = position + packetSize[upTo + 1];
      // Packets may lie anywhere; a span holds only those that follow each other closely.
      if (position < end || position - end > GAP || nextEnd - begin > bytes) break;
      upTo++;
      end = nextEnd;
    }
    const span = new Span(first, upTo, begin, end);
    this.#size = first === this.#lastEnd ? Math.min(MOST, this.#size * 2) : LEAST;
    this.#lastEnd = upTo + 1;
    this.#spans.add(span);
    this.#running.add(span);
    this.#spanOf.fill(span, first, upTo + 1);
    this.#evict();
    void this.#load(span);
  }

  /** @param {Span} span */
  async #load(span) {
    const started = performance.now();
    this.requests++;
    try {
      if (span.bytes.length) await this.#read(span);
      span.done = true;
      this.#running.delete(span);
      this.#failures = 0;
      const at = performance.now();
      this.#onSample({ bytes: span.bytes.length, seconds: (at - started) / 1000, at });
    } catch (error) {
      if (!this.#running.has(span)) return; // given up on purpose
      this.#drop(span);
      this.#failed(error);
    }
    if (this.#closed) return;
    this.#onChange();
    this.#start();
  }

  /** @param {Span} span */
  async #read(span) {
    const response = await this.#fetch(this.url, {
      headers: { Range: `bytes=${span.begin}-${span.end - 1}` },
      signal: span.abort.signal,
      credentials: "same-origin",
    });
    try {
      checkAnswer(response, span, this.table.mediaSize);
    } catch (error) {
      span.abort.abort(); // a whole file must not come down because a range was refused
      throw error;
    }
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (span.received + value.length > span.bytes.length) throw new TypeError("more bytes than were asked for");
      span.bytes.set(value, span.received);
      span.received += value.length;
      this.downloaded += value.length;
      this.#onChange();
    }
    if (span.received !== span.bytes.length) throw new TypeError("fewer bytes than were asked for");
  }

  /** Forget a span, but keep the whole packets that came in. @param {Span} span */
  #drop(span) {
    const { packetPosition, packetSize } = this.table;
    this.#running.delete(span);
    span.abort.abort();
    let last = span.last;
    while (last >= span.first && packetPosition[last] + packetSize[last] - span.begin > span.received) last--;
    this.#spanOf.fill(null, last + 1, span.last + 1);
    if (last < span.first) this.#spans.delete(span);
    else {
      span.last = last;
      span.bytes = span.bytes.slice(0, span.received);
      span.done = true;
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    const delay = RETRY_SECONDS[this.#failures++];
    if (error instanceof BytesUnavailable && error.code !== "network") this.#error = error;
    else if (delay === undefined) {
      this.#error = new BytesUnavailable("network", "The connection to the server is interrupted.");
    } else {
      this.#waiting = true;
      this.#later(() => {
        this.#waiting = false;
        this.#start();
      }, delay);
    }
  }

  #evict() {
    let held = this.held;
    if (held <= this.budget) return;
    const wanted = this.#wishes[0];
    const idle = [...this.#spans].filter((span) => span.done).sort((a, b) => a.used - b.used);
    for (const span of idle) {
      if (held <= this.budget) return;
      if (wanted && span.first <= wanted.last && span.last >= wanted.first) continue;
      held -= span.bytes.length;
      this.#spans.delete(span);
      this.#spanOf.fill(null, span.first, span.last + 1);
    }
  }
}

/**
 * @param {Response} response
 * @param {{begin: number, end: number}} range
 * @param {number} size of the whole medium
 */
function checkAnswer(response, range, size) {
  if (response.status === 401 || response.status === 403) {
    throw new BytesUnavailable("signed_out", "You are signed out, or may no longer see this video.");
  }
  if (response.status === 404 || response.status === 410) throw new BytesUnavailable("gone", "This video is no longer on the server.");
  if (response.status === 200) throw new BytesUnavailable("no_ranges", "Something between here and the server removes byte ranges.");
  if (response.status !== 206) {
    throw new BytesUnavailable(response.status === 416 ? "changed" : "network", `The server answered ${response.status}.`);
  }
  const range206 = response.headers.get("Content-Range");
  if (range206 !== `bytes ${range.begin}-${range.end - 1}/${size}`) {
    throw new BytesUnavailable("changed", "The video on the server is not the one that was opened.");
  }
}
