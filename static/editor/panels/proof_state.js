/** How it stands with the frame on the screen, and the digest that the table has of it. */

import { digestRange, digestText } from "../core/digest.js";
import { PaintedRate } from "../playback/painted_rate.js";

/** @import {Transport} from "../playback/transport.js" */
/** @import {Verification} from "../playback/verification.js" */
/** @import {Proof} from "./panel_context.js" */

export class ProofState {
  /** Why no picture can be had of the target, as a sentence. @type {string | null} */
  failure = null;
  /** The server is busy with other pictures, and is asked again for this one. @type {{frame: number, seconds: number} | null} */
  busy = null;
  #about;
  #rate = new PaintedRate();
  /** Those of the table that were looked at; null: asked for, or the table has none. @type {Map<number, string | null>} */
  #digests = new Map();

  /** @param {{transport: Transport, digestsUrl: string, verification: () => Verification | null, changed: () => void}} about */
  constructor(about) {
    this.#about = about;
  }

  /** @returns {Proof} */
  now = () => {
    const { painted, target, picture, proof, playing } = this.#about.transport;
    const verification = this.#about.verification();
    const facts = {
      frame: painted,
      digest: proof?.digest ?? picture?.digest ?? null,
      tableDigest: painted === null ? null : (this.#digests.get(painted) ?? null),
      pts: picture?.pts ?? null,
      packet: picture?.packet ?? null,
      source: picture?.source ?? null,
      perSecond: playing ? this.#rate.perSecond : null,
    };
    if (this.failure !== null) return { ...facts, state: "failed", reason: this.failure };
    if (playing && painted !== null) return { ...facts, state: "playing", reason: null };
    if (painted === null || painted !== target) return { ...facts, state: "seeking", reason: this.busy?.frame === target ? `the server is busy, trying again in ${Math.ceil(this.busy.seconds)} s` : null };
    if (verification && painted >= verification.proved) return { ...facts, state: "beyond", reason: "Labels may stand on frames that verification has decoded." };
    if (proof === null) return { ...facts, state: "proving", reason: picture?.reason ?? null };
    return { ...facts, state: /** @type {Proof["state"]} */ (proof.state), reason: proof.reason };
  };

  /** A picture has come onto the screen. @param {number} now  milliseconds */
  painted(now) {
    if (this.#about.transport.playing) this.#rate.add(now);
  }

  /** Playing has begun or ended, or goes on in another way, or frames were left out. */
  turned() {
    if (!this.#about.transport.playing) this.#rate.clear();
  }

  /** Fetch the table's digest of the frame on the screen, if the details that show it are open. */
  async lookUp() {
    const { transport, digestsUrl, verification, changed } = this.#about;
    const frame = transport.painted;
    const limit = verification()?.proved ?? Infinity;
    if (frame === null || frame >= limit || this.#digests.has(frame) || !document.getElementById("proof-details")?.matches(":popover-open")) return;
    this.#digests.set(frame, null);
    const answer = await fetch(digestsUrl, { headers: { Range: digestRange(frame, frame) } }).catch(() => null);
    if (answer?.status === 206) this.#digests.set(frame, digestText(new Uint8Array(await answer.arrayBuffer())));
    else this.#digests.delete(frame);
    changed();
  }
}
