/** What a user can do to labels, as writes for the store: `history.do("Split car 3", splitTrack(…))`. Nothing here changes anything. */

import { newId } from "../core/ids.js";
import { KEYFRAME, RANGE, TRACK } from "./records.js";
import { SHAPES } from "./shapes.js";

/** @import {Value} from "../../shared/core/json.js" */
/** @import {Write} from "../core/store.js" */
/** @import {Interpolation, Keyframe, Range, Receipt, Shape, Track} from "./records.js" */
/** @import {TrackIndex} from "./tracks.js" */

/** An edit that makes no sense; the message is a sentence for the user. */
export class EditError extends Error {}

const REVIEW_FIRST = "Labels of this object are to be reviewed: do that first.";

/**
 * The number that a new track of this class gets: "car 3".
 * @param {TrackIndex} index
 * @param {string | number} classId
 */
export function nextNumber(index, classId) {
  let highest = 0;
  for (const { value } of index.tracks()) {
    if (value.class === classId && value.number > highest) highest = value.number;
  }
  return highest + 1;
}

/**
 * A new track that starts on `frame`. The track's id is `writes[0].id`, its keyframe's `writes[1].id`.
 * @param {{classId: string | number, number: number, frame: number, shape: Shape, receipt: Receipt,
 *   interpolation?: Interpolation, occluded?: boolean}} what
 * @returns {[Write, Write]}
 */
export function createTrack({ classId, number, frame, shape, receipt, interpolation = "linear", occluded = false }) {
  const track = newId();
  return [
    { id: track, kind: TRACK, value: { class: classId, number } },
    { id: newId(), kind: KEYFRAME, value: { track, frame, shape, interpolation, occluded, receipt } },
  ];
}

/**
 * The track has this shape on `frame`: changes the keyframe there or makes one. Where the track was outside, it is visible
 * from this frame on.
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {number} frame
 * @param {Shape} shape
 * @param {Receipt} receipt
 * @returns {Write[]}
 */
export function placeShape(index, trackId, frame, shape, receipt) {
  return [keyframeWrite(index, trackId, frame, { shape, receipt }), ...inside(index, trackId, frame, receipt)];
}

/**
 * The track has the shape that it has on `from` on all frames up to `to`, which may come before: keyframes stand on both, and none
 * between them; nor is it outside there. Nothing where the track is not on `from`.
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {Receipt} from  the proof of that frame
 * @param {Receipt} to
 * @returns {Write[]}
 */
export function propagateShape(index, trackId, from, to) {
  const shown = index.shapeAt(trackId, from.frame);
  if (shown === null || from.frame === to.frame) return [];
  const { shape, occluded } = shown;
  const [first, last] = [Math.min(from.frame, to.frame), Math.max(from.frame, to.frame)];
  const between = index.keyframes(trackId).filter(({ value }) => value.frame > first && value.frame < last);
  /** @type {Write[]} */
  const writes = between.map(({ id }) => ({ id, kind: KEYFRAME, value: null }));
  if (!shown.isKeyframe) writes.push(keyframeWrite(index, trackId, from.frame, { shape, occluded, receipt: from }));
  writes.push(keyframeWrite(index, trackId, to.frame, { shape, occluded, receipt: to }));
  for (const { id, value } of index.ranges(trackId)) {
    if (value.first > last || (value.last !== null && value.last < first)) continue;
    const left = value.first < first ? { ...value, last: first - 1, receipt: to } : null;
    const right = value.last === null || value.last > last ? { ...value, first: last + 1, receipt: to } : null;
    writes.push({ id, kind: RANGE, value: left ?? right });
    if (left && right) writes.push({ id: newId(), kind: RANGE, value: right });
  }
  return writes;
}

/**
 * A keyframe less; with its last keyframe the track goes too.
 * @param {TrackIndex} index
 * @param {string} keyframeId
 * @returns {Write[]}
 */
export function deleteKeyframe(index, keyframeId) {
  const keyframe = index.store.get(keyframeId);
  if (keyframe === null) return [];
  const aside = index.aside(keyframe.track).filter(({ kind }) => kind === KEYFRAME);
  if (index.keyframes(keyframe.track).length + aside.length === 1) return deleteTrack(index, keyframe.track);
  return [{ id: keyframeId, kind: KEYFRAME, value: null }];
}

/**
 * @param {TrackIndex} index
 * @param {string} trackId
 * @returns {Write[]}
 */
export function deleteTrack(index, trackId) {
  return [
    { id: trackId, kind: TRACK, value: null },
    ...index.keyframes(trackId).map(({ id }) => ({ id, kind: KEYFRAME, value: null })),
    ...index.ranges(trackId).map(({ id }) => ({ id, kind: RANGE, value: null })),
    ...index.aside(trackId).map(({ id, kind }) => ({ id, kind, value: null })),
  ];
}

/**
 * Where the track is visible on `frame`, it is outside from there to just before its next keyframe, or to the end; where it
 * is outside, it is visible from there on. Nothing before the track's first keyframe.
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {number} frame
 * @param {Receipt} receipt
 * @returns {Write[]}
 */
export function toggleOutside(index, trackId, frame, receipt) {
  if (index.placedAt(trackId, frame) === null) return [];
  if (index.shapeAt(trackId, frame) === null) return inside(index, trackId, frame, receipt);
  const next = index.nextKeyframe(trackId, frame);
  return outside(index, trackId, frame, next ? next.value.frame - 1 : null, receipt);
}

/**
 * Occluded or not, from this frame to the next keyframe: makes a keyframe here if there is none.
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {number} frame
 * @param {Receipt} receipt
 * @returns {Write[]}
 */
export function toggleOccluded(index, trackId, frame, receipt) {
  const shown = index.shapeAt(trackId, frame);
  if (shown === null) return [];
  const keyframe = index.keyframeAt(trackId, frame);
  if (keyframe) return [{ id: keyframe.id, kind: KEYFRAME, value: { ...keyframe.value, occluded: !shown.occluded } }];
  return [keyframeWrite(index, trackId, frame, { shape: shown.shape, occluded: !shown.occluded, receipt })];
}

/**
 * The keyframe is what is to be seen on `frame`: it gets the proof of that, and stands there now. Another keyframe of the track on
 * that frame gives way, and where the track was outside it is visible from there on.
 * @param {TrackIndex} index
 * @param {string} id
 * @param {number} frame
 * @param {Receipt} receipt
 * @returns {Write[]}
 */
export function confirmLabel(index, id, frame, receipt) {
  const keyframe = index.store.all(KEYFRAME).get(id);
  if (!keyframe) return [];
  const there = index.keyframeAt(keyframe.track, frame);
  /** @type {Write[]} */
  const writes = there && there.id !== id ? [{ id: there.id, kind: KEYFRAME, value: null }] : [];
  return [...writes, { id, kind: KEYFRAME, value: { ...keyframe, frame, receipt } }, ...inside(index, keyframe.track, frame, receipt)];
}

/**
 * How the track moves from this keyframe to the next.
 * @param {TrackIndex} index
 * @param {string} keyframeId
 * @param {Interpolation} interpolation
 * @returns {Write[]}
 */
export function setInterpolation(index, keyframeId, interpolation) {
  const keyframe = index.store.get(keyframeId);
  return keyframe === null ? [] : [{ id: keyframeId, kind: KEYFRAME, value: { ...keyframe, interpolation } }];
}

/**
 * The track ends before `frame`, a new one of the same class goes on from it; together they show on every frame what the
 * one showed. The new track's id is `writes[0].id`. Nothing if no keyframe is before `frame`.
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {number} frame
 * @param {Receipt} receipt  of `frame`: both halves get a keyframe there
 * @returns {Write[]}
 * @throws {EditError} if labels of the track are to be reviewed: nobody knows on which side they belong
 */
export function splitTrack(index, trackId, frame, receipt) {
  if (index.aside(trackId).length > 0) throw new EditError(REVIEW_FIRST);
  const track = index.track(trackId);
  const here = index.placedAt(trackId, frame);
  const before = index.previousKeyframe(trackId, frame);
  if (track === null || here === null || before === null) return [];
  const second = newId();
  /** @type {Write[]} */
  const writes = [{ id: second, kind: TRACK, value: { ...track, number: nextNumber(index, track.class) } }];
  const later = index.keyframes(trackId).filter(({ value }) => value.frame >= frame);
  for (const { id, value } of later) writes.push({ id, kind: KEYFRAME, value: { ...value, track: second } });

  const interpolation = before.value.interpolation;
  const copy = { frame, shape: here.shape, interpolation, occluded: here.occluded, receipt };
  if (!here.isKeyframe) writes.push({ id: newId(), kind: KEYFRAME, value: { ...copy, track: second } });
  // Hidden by the range below, it keeps the way from the last keyframe to here as it was.
  if (later.length > 0 && interpolation !== "hold") writes.push({ id: newId(), kind: KEYFRAME, value: { ...copy, track: trackId } });

  let ended = false;
  for (const { id, value } of index.ranges(trackId)) {
    if (value.first >= frame) writes.push({ id, kind: RANGE, value: { ...value, track: second } });
    else if (value.last === null || value.last >= frame) {
      ended = true;
      writes.push({ id, kind: RANGE, value: { ...value, last: null, receipt } });
      writes.push({ id: newId(), kind: RANGE, value: { ...value, first: frame, track: second, receipt } });
    }
  }
  if (!ended) writes.push({ id: newId(), kind: RANGE, value: { track: trackId, type: "outside", first: frame, last: null, receipt } });
  return writes;
}

/**
 * Both tracks become the one that starts first, with its class and number; between the end of the first and the start of the
 * second it moves as its last keyframe says, except where the first was outside. The kept track is not in `writes` as deleted.
 * @param {TrackIndex} index
 * @param {string} trackA
 * @param {string} trackB
 * @returns {Write[]}
 * @throws {EditError} if both have keyframes over the same frames, or labels that are to be reviewed
 */
export function mergeTracks(index, trackA, trackB) {
  if ([trackA, trackB].some((id) => index.aside(id).length > 0)) throw new EditError(REVIEW_FIRST);
  const [first, second] = [trackA, trackB].sort((a, b) => startOf(index, a) - startOf(index, b));
  const start = startOf(index, second);
  const lastOfFirst = index.keyframes(first).at(-1);
  if (first === second || !lastOfFirst || !Number.isFinite(start)) return [];
  // A keyframe that a range hides (as a split leaves it) does not stand in the way, it gives way.
  const hidden = index.keyframes(first).filter(({ value }) => value.frame >= start && index.shapeAt(first, value.frame) === null);
  const overlapping = index.keyframes(first).find((keyframe) => keyframe.value.frame >= start && !hidden.includes(keyframe));
  if (overlapping) {
    throw new EditError(`Both objects have keyframes between frames ${start} and ${lastOfFirst.value.frame}: delete those of one of them first.`);
  }
  /** @type {Write[]} */
  const writes = [{ id: second, kind: TRACK, value: null }];
  for (const { id } of hidden) writes.push({ id, kind: KEYFRAME, value: null });
  for (const { id, value } of index.keyframes(second)) writes.push({ id, kind: KEYFRAME, value: { ...value, track: first } });
  const { receipt } = index.keyframes(second)[0].value;
  for (const { id, value } of index.ranges(first)) {
    if (value.first >= start) writes.push({ id, kind: RANGE, value: null });
    else if (value.last === null || value.last >= start) writes.push({ id, kind: RANGE, value: { ...value, last: start - 1, receipt } });
  }
  for (const { id, value } of index.ranges(second)) {
    if (value.last !== null && value.last < start) writes.push({ id, kind: RANGE, value: null });
    else writes.push({ id, kind: RANGE, value: { ...value, first: Math.max(value.first, start), track: first } });
  }
  return writes;
}

/**
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {string | number} classId
 * @returns {Write[]}
 */
export function changeClass(index, trackId, classId) {
  const track = index.track(trackId);
  if (track === null || track.class === classId) return [];
  return [{ id: trackId, kind: TRACK, value: { ...track, class: classId, number: nextNumber(index, classId) } }];
}

/**
 * The shape as it is on `frame`, moved by so many pixels; null where the track is not.
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {number} frame
 * @param {number} dx
 * @param {number} dy
 * @returns {Shape | null}
 */
export function movedShape(index, trackId, frame, dx, dy) {
  const shape = index.shapeAt(trackId, frame)?.shape;
  return shape ? SHAPES[shape.type].moved(shape, dx, dy) : null;
}

/**
 * The keyframe on `frame` with these fields, made if there is none.
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {number} frame
 * @param {Partial<Keyframe>} fields
 * @returns {Write}
 */
function keyframeWrite(index, trackId, frame, fields) {
  const keyframe = index.keyframeAt(trackId, frame);
  if (keyframe) return { id: keyframe.id, kind: KEYFRAME, value: { ...keyframe.value, ...fields } };
  const before = index.previousKeyframe(trackId, frame)?.value;
  const value = {
    track: trackId,
    frame,
    interpolation: before?.interpolation ?? "linear",
    occluded: before?.occluded ?? false,
    ...fields,
  };
  return { id: newId(), kind: KEYFRAME, value };
}

/**
 * The track is visible from `frame` on: ranges over it end before it.
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {number} frame
 * @param {Receipt} receipt
 * @returns {Write[]}
 */
function inside(index, trackId, frame, receipt) {
  return index
    .ranges(trackId)
    .filter(({ value }) => value.first <= frame && (value.last === null || value.last >= frame))
    .map(({ id, value }) => ({
      id,
      kind: RANGE,
      value: value.first < frame ? { ...value, last: frame - 1, receipt } : null,
    }));
}

/**
 * The track is outside on first..last; ranges that this touches become one with it.
 * @param {TrackIndex} index
 * @param {string} trackId
 * @param {number} first
 * @param {number | null} last
 * @param {Receipt} receipt
 * @returns {Write[]}
 */
function outside(index, trackId, first, last, receipt) {
  let from = first;
  let to = last ?? Infinity;
  /** @type {string[]} */
  const absorbed = [];
  for (const { id, value } of index.ranges(trackId)) {
    const end = value.last ?? Infinity;
    if (end < from - 1 || value.first > to + 1) continue;
    from = Math.min(from, value.first);
    to = Math.max(to, end);
    absorbed.push(id);
  }
  const [kept = newId(), ...others] = absorbed;
  /** @type {Range} */
  const value = { track: trackId, type: "outside", first: from, last: to === Infinity ? null : to, receipt };
  return [{ id: kept, kind: RANGE, value }, ...others.map((id) => ({ id, kind: RANGE, value: null }))];
}

/**
 * @param {TrackIndex} index
 * @param {string} trackId
 */
function startOf(index, trackId) {
  return index.keyframes(trackId)[0]?.value.frame ?? Infinity;
}
