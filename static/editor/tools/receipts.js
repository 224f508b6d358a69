/** The receipt that goes with a label: the proof of exactly the picture that is on the screen. */

/** @import {Receipt} from "../labels/records.js" */
/** @import {SeenFrame} from "./placement.js" */

/**
 * What is asked of the transport: `painted` is the frame on the screen (null while its picture is being replaced), `prove` proves it
 * (null if another picture came meanwhile), `show` resolves when the frame is painted.
 * @typedef {{painted: number | null, target: number, prove: () => Promise<{frame: number, state: string, digest: string | null, reason: string | null} | null>,
 *   show: (frame: number) => Promise<unknown>}} Evidence
 */

const TRIES = 3; // the browser's picture, then the server's, and once more

/**
 * The receipt of the frame that is seen. Where the browser's picture cannot be proved, the transport shows the server's in its
 * place, and that is the proof. Rejects with a sentence.
 * @param {Evidence} evidence
 * @param {SeenFrame} seen
 * @returns {Promise<Receipt>}
 */
export async function receiptOf(evidence, seen) {
  let reason = "its picture changed while it was proved";
  for (let tries = 0; tries < TRIES; tries++) {
    if (evidence.target !== seen.frame) throw new Error(`frame ${seen.frame} is no longer on the screen.`);
    if (evidence.painted !== seen.frame) await evidence.show(seen.frame);
    const proof = await evidence.prove();
    if (proof === null || proof.frame !== seen.frame) continue;
    if ((proof.state === "proved" || proof.state === "server") && proof.digest !== null) {
      return { ...seen, proof: proof.state === "server" ? "server" : "browser_digest", digest: proof.digest };
    }
    if (proof.reason !== null) reason = proof.reason;
    // A wrong picture is being replaced: then nothing is painted just now, and there is something to wait for.
    if (evidence.painted === seen.frame) break;
  }
  throw new Error(`frame ${seen.frame} is not proved: ${reason}.`);
}
