/**
 * Where each frame of a video stands in time and in the file, and where decoding may start (docs/frame-table.md).
 */

/** Decoding may begin at this packet. */
export const START = 1;
/** Flagged as a key frame by the container, which may lie. */
export const KEY = 2;
/** Refers to pictures before the start that it follows. */
export const LEADING = 4;
/** Never fed to a decoder: corrupt or empty. */
export const SKIP = 8;

/** The file has no clean picture for this frame. */
export const UNCLEAN = 4;
/** The stream gives no PTS; this one was guessed. */
export const PTS_GUESSED = 8;
/** May not be labelled. */
export const NO_LABEL = 16;

const TYPES = ["?", "I", "P", "B"];

/**
 * @typedef {object} Run Packets that share one decoder configuration, from `firstPacket` on.
 * @property {number} firstPacket
 * @property {string | null} codecString for WebCodecs; null where it has no name for the codec
 * @property {Uint8Array<ArrayBuffer> | null} description
 * @property {number} width of the visible picture, before rotation
 * @property {number} height
 * @property {[number, number]} sampleAspectRatio
 */

/**
 * @typedef {object} Colour How YUV becomes RGB, in the names of VideoColorSpace. Server and browser both go by it.
 * @property {string} matrix
 * @property {string} primaries
 * @property {string} transfer
 * @property {boolean} fullRange
 */

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {"plain" | "delta"} coding
 * @property {0 | 1 | 2 | 4 | 8} width
 * @property {number} base
 * @property {number} first
 * @property {number} offset
 * @property {number} count
 */

/** A table that cannot be read. */
export class BadTable extends Error {}

/**
 * The frames of one video stream, in presentation order, and its packets, in decode order. A frame is a position in
 * `framePts`, never computed from a frame rate: variable rates need no special case.
 */
export class FrameTable {
  /** @param {ArrayBuffer} buffer a whole `frames` section; throws BadTable for anything else */
  constructor(buffer) {
    const header = readHeader(buffer);
    /** @type {number} */
    this.frameCount = header.frame_count;
    /** @type {number} */
    this.packetCount = header.packet_count;
    /** @type {number} index of the video stream in the file */
    this.stream = header.stream;
    /** @type {[number, number]} seconds a tick, as numerator and denominator */
    this.timeBase = header.time_base;
    /** @type {string} canonical name */
    this.codec = header.codec;
    /** @type {string} of the decoder's first picture, in FFmpeg's words */
    this.pixelFormat = header.pixel_format;
    /** @type {number} of the visible decoded picture, before rotation */
    this.width = header.width;
    /** @type {number} */
    this.height = header.height;
    /** @type {number} degrees clockwise that a player turns the picture */
    this.rotation = header.rotation;
    /** @type {[number, number]} */
    this.sampleAspectRatio = header.sample_aspect_ratio;
    /** @type {Colour} */
    this.colour = {
      matrix: header.colour.matrix,
      primaries: header.colour.primaries,
      transfer: header.colour.transfer,
      fullRange: header.colour.full_range,
    };
    /** @type {Run[]} */
    this.runs = header.runs.map(readRun);
    /** @type {"file" | "side"} which of them positions count in */
    this.media = header.media;
    /** @type {number} bytes of that medium */
    this.mediaSize = header.media_size;

    const column = columnReader(buffer, header.columns);
    this.packetSize = column("packet_size", Uint32Array);
    this.packetFlags = column("packet_flags", Uint8Array);
    this.packetPosition = positions(column("packet_gap", Float64Array), this.packetSize);
    this.framePts = column("frame_pts", Float64Array);
    this.framePacket = column("frame_packet", Int32Array);
    for (let frame = 0; frame < this.frameCount; frame++) this.framePacket[frame] += frame;
    this.frameSecondPacket = column("frame_second_packet", Uint16Array);
    this.frameFlags = column("frame_flags", Uint8Array);
    this.#check();

    /** Frame of each packet, -1 where a packet is no picture of the table. Field pairs: both packets. */
    this.packetFrame = this.#framesOfPackets();
    /** Packets that decoding may begin at. */
    this.starts = numbersWith(this.packetFlags, START);
  }

  /** @param {number} frame */
  secondsAt(frame) {
    return (this.framePts[frame] * this.timeBase[0]) / this.timeBase[1];
  }

  /**
   * The frame on screen at a time: the last one not after it, or the first.
   * @param {number} seconds
   */
  frameAt(seconds) {
    const pts = (seconds * this.timeBase[1]) / this.timeBase[0];
    // Half a tick of grace: a time that was computed from a PTS must find its frame again.
    return Math.max(0, upperBound(this.framePts, pts + 0.5) - 1);
  }

  /** @param {number} frame @returns {string} I, P, B, or ? */
  typeAt(frame) {
    return TYPES[this.frameFlags[frame] & 3];
  }

  /** @param {number} frame */
  mayLabel(frame) {
    return !(this.frameFlags[frame] & (NO_LABEL | UNCLEAN));
  }

  /** Why `mayLabel` is false, as words to go on with after “because”; null where it is true. @param {number} frame */
  whyNotLabel(frame) {
    if (this.frameFlags[frame] & UNCLEAN) return "the file is damaged there and has no clean picture of it";
    if (!(this.frameFlags[frame] & NO_LABEL)) return null;
    return this.framePts[frame] < 0 ? "its time is before 0" : "its picture has another size than the first";
  }

  /**
   * The packet to begin decoding at so that `frame` comes out whole, or null if there is none.
   * @param {number} frame
   */
  startOf(frame) {
    const packet = this.framePacket[frame];
    let at = upperBound(this.starts, packet) - 1;
    if (at >= 0 && this.packetFlags[packet] & LEADING) at--;
    return at >= 0 ? this.starts[at] : null;
  }

  /** The first start after `packet`, or the number of packets. @param {number} packet */
  startAfter(packet) {
    const at = upperBound(this.starts, packet);
    return at < this.starts.length ? this.starts[at] : this.packetCount;
  }

  /** The last start before `packet`, or -1. @param {number} packet */
  startBefore(packet) {
    const at = upperBound(this.starts, packet - 1) - 1;
    return at >= 0 ? this.starts[at] : -1;
  }

  /**
   * The packet to feed after `packet` when decoding began at `start`; the number of packets at the end.
   * @param {number} packet
   * @param {number} start
   */
  packetAfter(packet, start) {
    let next = packet + 1;
    while (next < this.packetCount && this.#leftOut(next, start)) next++;
    return next;
  }

  /** The frame that comes out first when decoding begins at `start`, or -1. @param {number} start */
  frameOfStart(start) {
    const stop = this.startAfter(start);
    for (let packet = start; packet < stop; packet = this.packetAfter(packet, start)) {
      if (this.packetFrame[packet] >= 0) return this.packetFrame[packet];
    }
    return -1;
  }

  /** The run that `packet` belongs to. @param {number} packet */
  runOf(packet) {
    let at = this.runs.length - 1;
    while (at > 0 && this.runs[at].firstPacket > packet) at--;
    return this.runs[at];
  }

  /** The last packet that carries `frame`: the second of a field pair. @param {number} frame */
  lastPacketOf(frame) {
    return Math.min(this.framePacket[frame] + this.frameSecondPacket[frame], this.packetCount - 1);
  }

  /** @param {number} packet @param {number} start */
  #leftOut(packet, start) {
    const flags = this.packetFlags[packet];
    if (flags & SKIP) return true;
    // Leading pictures belong to the start before them; only those of the start that decoding began at are broken.
    return Boolean(flags & LEADING) && this.startAfter(start) > packet;
  }

  #framesOfPackets() {
    const frames = new Int32Array(this.packetCount).fill(-1);
    for (let frame = 0; frame < this.frameCount; frame++) {
      const packet = this.framePacket[frame];
      frames[packet] = frame;
      frames[this.lastPacketOf(frame)] = frame;
    }
    return frames;
  }

  #check() {
    for (let frame = 0; frame < this.frameCount; frame++) {
      if (this.framePacket[frame] < 0 || this.framePacket[frame] >= this.packetCount) {
        throw new BadTable(`frame ${frame} names a packet that does not exist`);
      }
    }
    if (!this.runs.length) throw new BadTable("no run");
  }
}

/** The number of values not above `value` in an ascending array. @param {ArrayLike<number>} values @param {number} value */
export function upperBound(values, value) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {Uint8Array} flags @param {number} mask */
function numbersWith(flags, mask) {
  const numbers = [];
  for (let i = 0; i < flags.length; i++) if (flags[i] & mask) numbers.push(i);
  return Uint32Array.from(numbers);
}

const WIDTHS = /** @type {const} */ ({ 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array });

/** @param {ArrayBuffer} buffer */
function readHeader(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 8 || new TextDecoder().decode(bytes.subarray(0, 4)) !== "OFT1") throw new BadTable("not a frame table");
  const length = new DataView(buffer).getUint32(4, true);
  if (length % 8 || 8 + length > bytes.length) throw new BadTable("the header is cut off");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  if (header.version !== 1) throw new BadTable(`version ${header.version}`);
  return header;
}

/** @param {any} run @returns {Run} */
function readRun(run) {
  return {
    firstPacket: run.first_packet,
    codecString: run.codec_string,
    description: run.description === null ? null : Uint8Array.from(atob(run.description), (c) => c.charCodeAt(0)),
    width: run.width,
    height: run.height,
    sampleAspectRatio: run.sample_aspect_ratio,
  };
}

/** @param {ArrayBuffer} buffer @param {Column[]} columns */
function columnReader(buffer, columns) {
  const start = 8 + new DataView(buffer).getUint32(4, true);

  /**
   * @template {Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array} T
   * @param {string} name
   * @param {new (length: number) => T} Type
   * @returns {T}
   */
  return (name, Type) => {
    const column = columns.find((each) => each.name === name);
    if (!column) throw new BadTable(`no column ${name}`);
    const { count, width, base, offset } = column;
    const values = new Type(count);
    if (start + offset + count * width > buffer.byteLength) throw new BadTable(`column ${name} is cut off`);
    const stored = width === 0 ? null : new WIDTHS[width](buffer, start + offset, count);
    if (column.coding === "delta") {
      let value = column.first;
      for (let i = 0; i < count; i++) {
        if (i) value += base + (stored ? Number(stored[i]) : 0);
        values[i] = value;
      }
    } else if (stored) {
      for (let i = 0; i < count; i++) values[i] = base + Number(stored[i]);
    } else values.fill(base);
    return values;
  };
}

/** @param {Float64Array} gaps @param {Uint32Array} sizes */
function positions(gaps, sizes) {
  let end = 0;
  for (let packet = 0; packet < gaps.length; packet++) {
    gaps[packet] += end;
    end = gaps[packet] + sizes[packet];
  }
  return gaps;
}
