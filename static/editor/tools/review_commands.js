/** What keys and buttons do to labels that are to be reviewed, by the names of core/keys.js. */

import { confirmLabel, deleteKeyframe } from "../labels/edit.js";

/** @import {ToolContext} from "./tool_context.js" */

/**
 * The list of labels to review (net/label_review.js). `find`: what confirming on a frame would be about.
 * @typedef {{chosen: string | null, records: readonly Reviewed[], find: (trackId: string, frame: number) => Reviewed | null}} Review
 */
/** @typedef {{kind: "keyframe" | "range", id: string, track: string}} Reviewed */

/**
 * @param {ToolContext} editor
 * @param {Review} review
 */
export function reviewCommands({ history, index, session, placement, nameOf, painted, say }, review) {
  /** What a key press on the frame on the screen would confirm. */
  const toConfirm = () => {
    const [id, frame] = [session.current, painted()];
    return id === null || frame === null ? null : review.find(id, frame);
  };
  const isLocked = (/** @type {string} */ id) => {
    if (session.isLocked(id)) say(`${nameOf(id)} is locked (Shift+L).`);
    return session.isLocked(id);
  };
  return {
    /** Whether `confirm` has anything to do. */
    canConfirm: () => toConfirm() !== null,
    confirm() {
      const label = toConfirm();
      if (label === null) return say("Nothing of the selection is to be reviewed on this frame.");
      if (isLocked(label.track)) return;
      // What it ends on are frames of the older table, which nobody sees here.
      if (label.kind === "range") return say("Mark anew where the object is outside (O), then delete this range.");
      const name = `Confirm ${label.kind} of ${nameOf(label.track)}`;
      return placement.do(name, (receipt, frame) => confirmLabel(index, label.id, frame, receipt));
    },
    deleteReviewed() {
      const label = review.records.find(({ id }) => id === review.chosen);
      if (!label) return say("Choose a label of the list first.");
      if (placement.open) return say("Finish the shape in hand first.");
      if (isLocked(label.track)) return;
      const name = nameOf(label.track);
      const writes = label.kind === "keyframe" ? deleteKeyframe(index, label.id) : [{ id: label.id, kind: label.kind, value: null }];
      history.do(`Delete ${label.kind} of ${name}`, writes);
      say(`Deleted the ${label.kind} of ${name}. Ctrl+Z brings it back.`);
    },
  };
}
