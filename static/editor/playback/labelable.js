/** Whether the frame on the screen may be labelled now, and why not. */

import { progressWords } from "./verification.js";

/** @import {FrameSource} from "../sources/frame_source.js" */
/** @import {Transport} from "./transport.js" */
/** @import {Verification} from "./verification.js" */

/** What the table says of a frame. @typedef {{table: number, frame: number, pts: number, packet: number}} Seen */

export class Labelable {
  #about;

  /**
   * @param {{transport: Transport, source: FrameSource, table: number, refusal: string | null, verification: () => Verification | null}} about
   *   `refusal`: why this user may label nothing here, as a sentence
   */
  constructor(about) {
    this.#about = about;
  }

  /** Why nothing can be placed on the frame on the screen, as a sentence; null if it can. */
  get problem() {
    const { transport, source, refusal } = this.#about;
    const { painted, target, proof } = transport;
    const verification = this.#about.verification();
    if (refusal !== null) return refusal;
    if (transport.playing) return "Pause to label: a shape is placed on a frame that stands still.";
    if (painted === null || painted !== target) return `Frame ${target} is not on the screen yet.`;
    if (verification && painted >= verification.proved) return `Verification has not reached frame ${painted}: ${progressWords(verification)}.`;
    if (!source.mayLabel(painted)) return `Frame ${painted} may not be labelled, because ${source.whyNotLabel(painted) ?? "the server has not verified it"}.`;
    if (proof?.state === "unproved") return `Frame ${painted} is not proved: ${proof.reason}.`;
    return null;
  }

  /** The frame that stands on the screen, or why nothing can be placed on it. @returns {{frame: Seen} | {problem: string}} */
  seen = () => {
    const { picture } = this.#about.transport;
    const { problem } = this;
    if (problem !== null || picture === null) return { problem: problem ?? "No picture is on the screen." };
    return { frame: { table: this.#about.table, frame: picture.frame, pts: picture.pts, packet: picture.packet } };
  };
}
