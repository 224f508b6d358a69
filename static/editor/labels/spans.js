/** On which frames a track is there, and where the work on it ends. */

/** `held`: after the last keyframe, where the shape only stays as it is. @typedef {{from: number, to: number, held: boolean}} Span */

/**
 * Where a track is there, both ends included.
 * @param {number} first frame
 * @param {number} placedUntil the frame of the last keyframe
 * @param {number} until frame up to which the shape is held
 * @param {readonly {first: number, last: number | null}[]} ranges where it is outside, by their first frames, perhaps overlapping; `last` null: to the end
 * @returns {Span[]}
 */
export function spansOf(first, placedUntil, until, ranges) {
  /** @type {Span[]} */
  const spans = [];
  let from = first;
  for (const range of [...ranges, { first: until + 1, last: null }]) {
    const to = Math.min(range.first - 1, until);
    spans.push({ from, to: Math.min(to, placedUntil), held: false }, { from: Math.max(from, placedUntil + 1), to, held: true });
    from = Math.max(from, (range.last ?? Infinity) + 1);
  }
  return spans.filter((span) => span.from <= span.to);
}
