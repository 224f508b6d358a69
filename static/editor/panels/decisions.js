/** What waits for the user's decision: conflicts with others, and changes that the server did not accept. */

import { drawDecisions } from "./conflicts.js";

/** @import {LabelSync} from "../net/label_sync.js" */
/** @import {Show} from "./conflicts.js" */

/**
 * @param {HTMLElement} host
 * @param {LabelSync} sync
 * @param {Show & {problem: () => string | null, say: (sentence: string) => void}} page
 *   `problem`: why nothing can be written just now, as a sentence
 */
export function showDecisions(host, sync, { problem, say, ...show }) {
  const { conflicts, refused } = sync.state;
  const keep = (/** @type {string} */ id) => {
    const sentence = problem();
    if (sentence === null) void sync.keepMine(id);
    else say(sentence);
  };
  const take = (/** @type {string} */ id) => void sync.takeTheirs(id);
  const decisions = [
    ...conflicts.map(({ id, name, detail, records }) => ({
      id, title: name, sentence: detail, versions: records,
      choices: [{ label: "Keep mine", run: () => keep(id) }, { label: "Take theirs", run: () => take(id) }],
    })),
    ...refused.map(({ id, name, detail, code, records }) => ({
      id, title: `Not accepted: ${name}`, sentence: `${detail} (${code})`, versions: records,
      choices: [{ label: "Try again", run: () => keep(id) }, { label: "Discard", run: () => take(id) }],
    })),
  ];
  drawDecisions(host, decisions, show);
}
