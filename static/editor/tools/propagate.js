/** The same shape up to another frame, which is shown and proved for it: a label stands on no frame that was not on the screen. */

import { propagateShape } from "../labels/edit.js";
import { namesOf } from "./tool_context.js";

/** @import {ToolContext} from "./tool_context.js" */

/**
 * Goes to `to`, which stays on the screen.
 * @param {ToolContext} editor
 * @param {readonly string[]} ids  tracks
 * @param {number} to
 */
export async function propagate(editor, ids, to) {
  const { history, index, placement, say } = editor;
  const from = await placement.proof();
  await editor.show(to);
  const there = await placement.proof();
  if (there.frame !== to) return say(`Not propagated: frame ${to} is no longer on the screen.`);
  const writes = ids.flatMap((id) => propagateShape(index, id, from, there));
  if (writes.length === 0) return say(`Nothing of the selection was on frame ${from.frame}.`);
  history.do(`Propagate ${namesOf(editor, ids)} from frame ${from.frame} to ${to}`, writes);
  say(`Propagated from frame ${from.frame} to ${to}, where you are now.`);
}
