/**
 * A VideoDecoder as bad as real ones can be: it withholds pictures, stalls while its frames are held, is taken away,
 * lets pictures out after a reset. A chunk's data is the packet's number; its picture says so.
 */

export class Behaviour {
  withholds = 0; // packets that go in before the first picture comes out
  frames = 8; // open at once; more stall it
  breaksAt = -1; // packet that it cannot decode
  drops = -1; // packet whose picture never comes
  reclaimEvery = 0; // packets after which it is taken away, `reclaims` times
  reclaims = 0;
  lateAfterReset = false;
  supported = true;
  format = "I420";
  /** @type {FakeVideoDecoder[]} */
  made = [];
  eaten = 0;
  open = 0;
  mostOpen = 0;
  fed = [];
}

class FakeFrame {
  constructor(behaviour, timestamp, { codedWidth, codedHeight }) {
    this.behaviour = behaviour;
    this.timestamp = timestamp;
    this.format = behaviour.format;
    this.visibleRect = { x: 0, y: 0, width: codedWidth, height: codedHeight };
    behaviour.open++;
    behaviour.mostOpen = Math.max(behaviour.mostOpen, behaviour.open);
  }

  allocationSize() {
    return this.visibleRect.width * this.visibleRect.height * 1.5;
  }

  async copyTo(buffer) {
    const { width, height } = this.visibleRect;
    new Uint8Array(buffer).fill(this.timestamp % 256);
    await null;
    return [
      { offset: 0, stride: width },
      { offset: width * height, stride: width / 2 },
      { offset: width * height * 1.25, stride: width / 2 },
    ];
  }

  close() {
    if (this.closed) throw new Error("closed twice");
    this.closed = true;
    this.behaviour.open--;
    this.behaviour.waiting?.();
  }
}

class FakeVideoDecoder {
  state = "unconfigured";
  queue = [];
  held = [];
  ondequeue = null;

  constructor(behaviour, { output, error }) {
    Object.assign(this, { behaviour, output, error });
    behaviour.made.push(this);
  }

  get decodeQueueSize() {
    return this.queue.length;
  }

  configure(config) {
    this.config = config;
    this.state = "configured";
    this.needsKey = true;
  }

  decode(chunk) {
    if (this.state !== "configured") throw new DOMException("not configured", "InvalidStateError");
    if (this.needsKey && chunk.type !== "key") throw new DOMException("a key frame is required", "DataError");
    this.needsKey = false;
    this.behaviour.fed.push(chunk.timestamp);
    this.queue.push(chunk);
    this.#run();
  }

  flush() {
    this.needsKey = true;
    return new Promise((resolve, reject) => {
      this.flushing = { resolve, reject };
      this.#run();
    });
  }

  reset() {
    const late = this.behaviour.lateAfterReset ? this.held : [];
    this.#stop("unconfigured");
    setTimeout(() => late.forEach((chunk) => this.#show(chunk)), 1);
  }

  close() {
    this.#stop("closed");
  }

  #stop(state) {
    this.flushing?.reject(new DOMException("cut short", "AbortError"));
    this.flushing = null;
    [this.queue, this.held, this.state] = [[], [], state];
    this.epoch = (this.epoch ?? 0) + 1;
  }

  #show(chunk) {
    this.output(new FakeFrame(this.behaviour, chunk.timestamp, this.config));
  }

  #fail(name, message) {
    this.#stop("closed");
    this.error(new DOMException(message, name));
  }

  async #run() {
    if (this.running) return;
    this.running = true;
    const { behaviour } = this;
    for (;;) {
      const { epoch } = this;
      await new Promise((resolve) => setImmediate(resolve));
      if (epoch !== this.epoch) {
        if (this.queue.length || this.flushing) continue;
        break;
      }
      if (behaviour.open >= behaviour.frames) {
        await new Promise((resolve) => (behaviour.waiting = resolve));
        continue;
      }
      const chunk = this.queue.shift();
      if (chunk) {
        this.ondequeue?.();
        if (behaviour.reclaims && ++behaviour.eaten % behaviour.reclaimEvery === 0) {
          behaviour.reclaims--;
          this.#fail("QuotaExceededError", "Codec reclaimed due to inactivity.");
          break;
        }
        if (chunk.timestamp === behaviour.breaksAt) {
          this.#fail("EncodingError", "Decoding error.");
          break;
        }
        if (chunk.timestamp !== behaviour.drops) this.held.push(chunk);
      }
      if (this.held.length > (this.flushing && !this.queue.length ? 0 : behaviour.withholds)) {
        this.#show(this.held.shift());
      } else if (this.flushing && !this.queue.length && !this.held.length) {
        const { resolve } = this.flushing;
        this.flushing = null;
        resolve();
      } else if (!this.queue.length) break;
    }
    this.running = false;
  }
}

export function fakeCodecs(behaviour) {
  class VideoDecoder extends FakeVideoDecoder {
    constructor(init) {
      super(behaviour, init);
    }

    static async isConfigSupported() {
      return { supported: behaviour.supported };
    }
  }
  class EncodedVideoChunk {
    constructor({ type, timestamp, data }) {
      Object.assign(this, { type, timestamp, data });
    }
  }
  return { VideoDecoder, EncodedVideoChunk };
}
