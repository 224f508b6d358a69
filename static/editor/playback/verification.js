/** How far the server has verified the frames of a table. */

/** `secondsLeft` null: not known yet. @typedef {{proved: number, frameCount: number, secondsLeft: number | null}} Verification */

/**
 * Null when all is verified.
 * @param {any} dataUnit  as the API describes it, with a table
 * @returns {Verification | null}
 */
export function verificationOf({ table, progress }) {
  if (table.state === "verified") return null;
  return { proved: table.proved, frameCount: table.frame_count, secondsLeft: progress?.seconds_left ?? null };
}

/** "43 %, 12 s left". @param {Verification | null} verification */
export function progressWords(verification) {
  if (!verification) return "waiting";
  const percent = Math.floor((100 * verification.proved) / Math.max(1, verification.frameCount));
  return verification.secondsLeft === null ? `${percent} %` : `${percent} %, ${roughly(verification.secondsLeft)} left`;
}

/** "12 s", "3 min". @param {number} seconds */
function roughly(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
