/** Which frames are worth decoding before they are asked for. */

const PAUSED = { ahead: 30, behind: 20 };
const MOVING = { ahead: 40, behind: 20 }; // 2 : 1 in the direction of travel
const BACKWARDS = { ahead: 60, behind: 12 }; // the group before has to be decoded from its start: begin early

/**
 * @param {object} state
 * @param {number} state.frame where the user is
 * @param {1 | -1} state.travel the way they went last
 * @param {boolean} state.moving stepping or playing, not at rest
 * @param {number} state.capacity pictures that fit into memory
 * @returns {{first: number, last: number}} may reach beyond the video's ends
 */
export function prefetchWindow({ frame, travel, moving, capacity }) {
  const { ahead, behind } = !moving ? PAUSED : travel > 0 ? MOVING : BACKWARDS;
  // More than fits would push out pictures that nobody has seen yet, and decode them again, for ever.
  const scale = Math.min(1, (capacity * 0.8) / (ahead + behind));
  const [far, near] = [Math.floor(ahead * scale), Math.floor(behind * scale)];
  return travel > 0 || !moving ? { first: frame - near, last: frame + far } : { first: frame - far, last: frame + near };
}
