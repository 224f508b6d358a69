/** Builds frame tables for tests: the wire format's bytes from plain lists. */

const WIDTHS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };

function column(name, values, coding) {
  const steps = coding === "delta" ? values.slice(1).map((value, i) => value - values[i]) : values;
  const base = Math.min(...steps, ...(coding === "delta" || steps.length ? [] : [0]));
  const stored = steps.map((value) => value - base);
  if (coding === "delta") stored.unshift(0);
  const top = Math.max(0, ...stored);
  const width = top === 0 ? 0 : [1, 2, 4, 8].find((each) => top < 2 ** (8 * each));
  const bytes = width ? new Uint8Array(WIDTHS[width].from(stored.map(width === 8 ? BigInt : Number)).buffer) : new Uint8Array();
  return { header: { name, coding, width, base: Number.isFinite(base) ? base : 0, first: values[0] ?? 0, count: values.length }, bytes };
}

/**
 * @param {object} content
 * @param {{size: number, flags?: number, gap?: number}[]} content.packets in decode order
 * @param {{pts: number, packet: number, second?: number, flags?: number}[]} content.frames in presentation order
 */
export function tableBytes({ packets, frames, ...rest }) {
  const columns = [
    column("packet_gap", packets.map((p) => p.gap ?? 0), "plain"),
    column("packet_size", packets.map((p) => p.size), "plain"),
    column("packet_flags", packets.map((p) => p.flags ?? 0), "plain"),
    column("frame_pts", frames.map((f) => f.pts), "delta"),
    column("frame_packet", frames.map((f, i) => f.packet - i), "plain"),
    column("frame_second_packet", frames.map((f) => f.second ?? 0), "plain"),
    column("frame_flags", frames.map((f) => f.flags ?? 0), "plain"),
  ];
  let offset = 0;
  const described = columns.map(({ header, bytes }) => {
    const at = offset;
    offset += Math.ceil(bytes.length / 8) * 8;
    return { ...header, offset: at };
  });
  const header = {
    version: 1, algorithm: 1, size: 0, stream: 0, time_base: [1, 30], codec: "h264", pixel_format: "yuv420p",
    width: 16, height: 8, rotation: 0, sample_aspect_ratio: [1, 1],
    colour: { matrix: "bt709", primaries: "bt709", transfer: "bt709", full_range: false },
    runs: [{ first_packet: 0, codec_string: "avc1.640028", description: null, width: 16, height: 8, sample_aspect_ratio: [1, 1] }],
    media: "file", media_size: packets.reduce((sum, p) => sum + p.size + (p.gap ?? 0), 0),
    packet_count: packets.length, frame_count: frames.length, libraries: {}, ...rest, columns: described,
  };
  let text = JSON.stringify(header);
  text += " ".repeat((8 - ((8 + text.length) % 8)) % 8);
  const bytes = new Uint8Array(8 + text.length + offset);
  bytes.set(new TextEncoder().encode("OFT1"));
  new DataView(bytes.buffer).setUint32(4, text.length, true);
  bytes.set(new TextEncoder().encode(text), 8);
  columns.forEach((each, i) => bytes.set(each.bytes, 8 + text.length + described[i].offset));
  return bytes.buffer;
}

/** A video without B-frames: a start every `group` packets, each packet a frame of `size` bytes. */
export function simpleTable(count, { group = 10, size = 100, gap = 0, ...rest } = {}) {
  return tableBytes({
    packets: Array.from({ length: count }, (_, n) => ({ size, gap, flags: n % group ? 0 : 3 })),
    frames: Array.from({ length: count }, (_, n) => ({ pts: n, packet: n })),
    ...rest,
  });
}
