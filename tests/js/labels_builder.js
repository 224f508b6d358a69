/** Builds a store of labels for the tests. */

import { History } from "../../static/editor/core/history.js";
import { Store } from "../../static/editor/core/store.js";
import { TrackIndex } from "../../static/editor/labels/tracks.js";

export const receipt = (frame) => ({
  table: 1, frame, pts: frame * 512, packet: frame, proof: "browser_digest", digest: String(frame).padStart(32, "0"),
});
export const box = (x, y = 0, width = 10, height = 10) => ({ type: "box", x, y, width, height });

/** keyframes: {frame: box | {shape, …}}; outside: [[first, last]] */
export function trackWrites(id, keyframes, outside = [], track = { class: 1, number: 1 }) {
  return [
    { id, kind: "track", value: track },
    ...Object.entries(keyframes).map(([frame, what]) => ({
      id: `${id}:${frame}`,
      kind: "keyframe",
      value: {
        track: id, frame: Number(frame), interpolation: "linear", occluded: false, receipt: receipt(Number(frame)),
        ...(what.type ? { shape: what } : what),
      },
    })),
    ...outside.map(([first, last]) => ({
      id: `${id}-${first}`, kind: "range", value: { track: id, type: "outside", first, last, receipt: receipt(first) },
    })),
  ];
}

export function labels(...tracks) {
  return labelsOn(null, tracks.flat());
}

/** With `table` as the page's frame table. */
export function labelsOn(table, writes) {
  const store = new Store();
  store.write(writes, "remote");
  return { store, history: new History(store), index: new TrackIndex(store, table) };
}

/** What a track shows on frames 0..last, as a list. */
export const seen = (index, id, last = 60) => Array.from({ length: last + 1 }, (_, frame) => index.shapeAt(id, frame));
