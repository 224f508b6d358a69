/** The receipt that goes with a label: the proof of exactly the picture that was on the screen when the hand began. */

/** @import {Receipt} from "../labels/records.js" */
/** @import {SeenFrame} from "./placement.js" */

/**
 * What is asked of the transport: `picture` is the one on the screen, `prove` proves it (null if another one came meanwhile).
 * @typedef {{picture: {frame: number} | null,
 *   prove: () => Promise<{frame: number, state: string, digest: string | null, reason: string | null} | null>}} Evidence
 */

/**
 * The receipt of the picture that is seen now, and of no other: where it turns out wrong, the server's takes its place on the screen,
 * but what the hand followed was the wrong one. Rejects with a sentence.
 * @param {Evidence} evidence
 * @param {SeenFrame} seen
 * @returns {Promise<Receipt>}
 */
export async function receiptOf(evidence, seen) {
  const { picture } = evidence;
  if (picture?.frame !== seen.frame) throw new Error(`frame ${seen.frame} is no longer on the screen.`);
  const proof = await evidence.prove();
  if (proof === null) throw new Error(`the picture of frame ${seen.frame} was replaced while you drew: look again.`);
  if ((proof.state !== "proved" && proof.state !== "server") || proof.digest === null) {
    throw new Error(`frame ${seen.frame} is not proved: ${proof.reason ?? "it has no digest"}.`);
  }
  return { ...seen, proof: proof.state === "server" ? "server" : "browser_digest", digest: proof.digest };
}
