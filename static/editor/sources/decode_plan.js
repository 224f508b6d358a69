/** Which frames are worth decoding next, and which bytes fetching: by where the user is, how they came there, and how much fits. */

/** @import { Wish } from "./byte_ranges.js" */
/** @import { FrameTable } from "./frame_table.js" */
/** @import { Purpose } from "./frame_source.js" */

const BEHIND = 20; // frames before the target that are kept when they come by
const AHEAD = 30;
const FED_AFTER = 8; // packets that a decoder is fed after a picture's own before it comes out
const OPENING_BYTES = 4 << 20; // decoded ahead before the user has moved
const STREAM_BYTES = 8 << 20; // fetched ahead of one who goes on frame by frame
const STREAK = 10; // frames in a row after which someone is taken to go on
const KEY_BYTES = 2 << 20; // of neighbouring groups of pictures, fetched once the user moves

/** Both ends included. @typedef {{first: number, last: number}} Frames */

/** Decodes and fetches nothing itself. */
export class DecodePlan {
  /**
   * @param {FrameTable} table
   * @param {object} about
   * @param {(frame: number) => boolean} about.lacks whether a picture could be had and is not here
   * @param {() => number} about.room pictures that fit into memory
   */
  constructor(table, { lacks, room }) {
    this.#table = table;
    this.#lacks = lacks;
    this.#room = room;
  }

  /** Where the user is. */
  target = 0;
  /** The way they went last. @type {1 | -1} */
  travel = 1;
  #table;
  #lacks;
  #room;
  /** @type {Frames} likely to be wanted */
  #window = { first: 0, last: -1 };
  /** @type {Frames | null} before the target, which are decoded together */
  #block = null;
  #streak = 0; // frames asked for in a row, forwards
  #moves = 0;

  /** The user wants `frame`. @param {number} frame @param {Purpose} purpose */
  follow(frame, purpose) {
    if (frame !== this.target) {
      this.travel = frame < this.target ? -1 : 1;
      this.#moves++;
      this.#streak = frame === this.target + 1 ? this.#streak + 1 : 0;
    }
    this.target = frame;
    if (frame < this.#window.first || frame > this.#window.last) this.expect(frame - BEHIND, frame + AHEAD);
    // A drag to the left wants each frame before the one that it is decoded for: keep those that come by.
    if (purpose === "scrub" && this.travel < 0) this.#block = this.#blockBefore(frame);
  }

  /** Say which frames are likely to be wanted next; they may reach beyond the video's ends. @param {number} first @param {number} last */
  expect(first, last) {
    this.#window = { first: Math.max(0, first), last: Math.min(this.#table.frameCount - 1, last) };
  }

  /** What to decode while nobody waits for anything; null: nothing. @returns {{frame: number, way: "forward" | "backward"} | null} */
  next() {
    const ahead = this.#missingAhead();
    const behind = this.#missingBehind();
    if (behind !== null && (this.travel < 0 || ahead === null)) return { frame: behind, way: "backward" };
    return ahead === null ? null : { frame: ahead, way: "forward" };
  }

  /**
   * Whether a picture that comes by is worth keeping.
   * @param {number} frame
   * @param {number} onTheWay pictures that the forward decoder has begun past the last one that it was to give: it would have to begin again for them
   */
  wants(frame, onTheWay) {
    const { first, last } = this.#bounds();
    if (frame >= first && frame <= last + (this.travel > 0 ? onTheWay : 0)) return true;
    return this.#block !== null && frame >= this.#block.first && frame <= this.#block.last;
  }

  /**
   * Bytes to be fetched, most urgent first.
   * @param {[number, number]} packets first and last that are needed now
   * @param {boolean} inPassing a drag is being followed: nothing else then
   * @returns {Wish[]}
   */
  wishes([first, last], inPassing) {
    const table = this.#table;
    /** @type {Wish[]} */
    const wishes = [{ first, last }];
    if (inPassing) return wishes;
    const ahead = Math.min(this.#hasMoved ? this.#window.last : this.#bounds().last, table.frameCount - 1);
    const lastAhead = table.lastPacketOf(ahead);
    wishes.push({ first: last, last: Math.max(last, lastAhead) });
    if (this.#streak >= STREAK) wishes.push(this.#bytesAfter(lastAhead, STREAM_BYTES));
    if (this.#hasMoved) wishes.push(...this.#neighbours());
    return wishes;
  }

  /** The window, cut so that what is decoded ahead never pushes out what nobody has seen yet. */
  #bounds() {
    const { target, travel } = this;
    const room = this.#room();
    const last = Math.min(this.#window.last, target + Math.floor(room * (travel < 0 ? 0.1 : 0.4)));
    return {
      first: Math.max(this.#window.first, target - Math.floor(room * (travel < 0 ? 0.5 : 0.4))),
      // Whoever has moved will move again. Before that, a page that was only opened costs little more than it shows.
      last: this.#hasMoved ? last : this.#lastWithin(OPENING_BYTES, target, last),
      block: Math.floor(room * 0.4),
    };
  }

  get #hasMoved() {
    return this.#moves > 1;
  }

  /**
   * The last of frames first..last that can be decoded from `bytes` after the first's: a decoder wants some packets more
   * than the picture's own.
   * @param {number} bytes
   * @param {number} first
   * @param {number} last
   */
  #lastWithin(bytes, first, last) {
    const { packetPosition, packetSize, packetCount } = this.#table;
    const begin = packetPosition[this.#table.framePacket[first]];
    const end = (/** @type {number} */ packet) => packetPosition[packet] + packetSize[packet];
    const fed = (/** @type {number} */ frame) => Math.min(this.#table.lastPacketOf(frame) + FED_AFTER, packetCount - 1);
    while (last > first && end(fed(last)) - begin > bytes) last--;
    return last;
  }

  #missingAhead() {
    const { last } = this.#bounds();
    for (let frame = this.target + 1; frame <= last; frame++) if (this.#lacks(frame)) return frame;
    return null;
  }

  /** The end of the block of frames before the target that is to be decoded. */
  #missingBehind() {
    const { first } = this.#bounds();
    for (let frame = this.target - 1; frame >= first; frame--) {
      if (!this.#lacks(frame)) continue;
      const block = this.#block;
      if (!block || frame < block.first || frame > block.last) this.#block = this.#blockBefore(frame);
      return frame;
    }
    this.#block = null;
    return null;
  }

  /**
   * Frames up to `last` that come out with it: whoever wants the last of a group decodes all, so many are kept at once.
   * @param {number} last
   */
  #blockBefore(last) {
    const table = this.#table;
    const start = table.startOf(last);
    const earliest = start === null ? last : Math.max(0, table.frameOfStart(start));
    const { block } = this.#bounds();
    const size = this.travel < 0 ? block : Math.min(block, BEHIND);
    return { first: Math.max(earliest, last - size + 1), last };
  }

  /** The beginnings of the groups around the target. @returns {Wish[]} */
  #neighbours() {
    const table = this.#table;
    const after = table.startAfter(table.framePacket[this.target]);
    const before = table.startBefore(table.startOf(this.target) ?? 0);
    const inside = (/** @type {number} */ first) => first >= 0 && first < table.packetCount;
    return [after, before].filter(inside).map((first) => ({ ...this.#bytesAfter(first, KEY_BYTES), exact: true }));
  }

  /** Packets from `first` on, as many as `bytes` hold. @param {number} first @param {number} bytes @returns {Wish} */
  #bytesAfter(first, bytes) {
    const { packetSize, packetCount } = this.#table;
    let last = first;
    for (let sum = packetSize[first]; last < packetCount - 1 && sum < bytes; sum += packetSize[last]) last++;
    return { first, last };
  }
}
