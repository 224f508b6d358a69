/** What happens in the page's parts, and what is to be seen of it then. */

import { remember } from "./panels/layout.js";
import { proofWords } from "./panels/status_chip.js";

/** @import {Emitter} from "../shared/core/emitter.js" */
/** @import {OpenLabels} from "./labels/open_labels.js" */
/** @import {LabelReview} from "./net/label_review.js" */
/** @import {WatchedUnit} from "./net/watched_unit.js" */
/** @import {Address} from "./panels/address.js" */
/** @import {ProofState} from "./panels/proof_state.js" */
/** @import {Notice} from "./panels/stage_notice.js" */
/** @import {Transport} from "./playback/transport.js" */
/** @import {Verification} from "./playback/verification.js" */
/** @import {Stage} from "./render/stage.js" */
/** @import {VideoSource} from "./sources/video_source.js" */
/** @import {ToolContext} from "./tools/tool_context.js" */

/**
 * The labels, the selection, the theme and the window.
 * @param {{labels: OpenLabels, toolContext: ToolContext, refresh: () => void}} parts
 */
export function followLabels({ labels: { store, index, history }, toolContext: { session, placement, say }, refresh }) {
  store.on("change", () => {
    const left = session.selection.filter((id) => index.track(id) !== null);
    if (left.length !== session.selection.length && !placement.open) session.set({ selection: left });
    refresh();
  });
  session.on("change", () => {
    remember("names", session.names);
    remember("keepsDrawing", session.keepsDrawing);
    refresh();
  });
  history.on("steps", refresh);
  history.on("message", say);
  placement.on("change", refresh);
  addEventListener("resize", refresh);
  new MutationObserver(refresh).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
}

/**
 * The frames: asked for, painted, played, proved, failed.
 * @param {{transport: Transport, stage: Stage, toolContext: ToolContext, proof: ProofState, verification: () => Verification | null, address: Address,
 *   spoken: HTMLElement, showNotice: (notice: Notice | null) => void, refresh: () => void, invalidate: () => void, heard: (error: unknown) => void}} parts
 */
export function followTransport({ transport, stage, toolContext: { placement }, proof, verification, address, spoken, showNotice, refresh, invalidate, heard }) {
  transport.addEventListener("target", () => {
    proof.failure = null;
    if (!transport.playing) stage.setState(transport.painted === transport.target ? "shown" : "seeking");
    invalidate();
  });
  transport.addEventListener("painted", () => {
    proof.failure = null;
    proof.painted(performance.now());
    stage.setState(transport.painted === transport.target || transport.playing ? "shown" : "seeking");
    showNotice(null);
    // A shape in hand belongs to the frame that it was begun on.
    if (placement.open && placement.frame !== transport.painted) placement.cancel();
    address.follow();
    refresh();
  });
  transport.addEventListener("playing", () => {
    proof.turned();
    stage.setState(transport.painted === transport.target ? "shown" : "seeking");
    address.follow();
    refresh();
  });
  transport.addEventListener("proof", () => {
    void proof.lookUp();
    const now = proof.now();
    if (now.state !== "proving") spoken.textContent = proofWords(now, verification(), transport.target);
    refresh();
  });
  transport.addEventListener("failed", (event) => {
    const { frame, error } = /** @type {CustomEvent} */ (event).detail;
    if (frame !== transport.target) return;
    proof.failure = error instanceof Error ? error.message : String(error);
    stage.setState("failed");
    const action = { label: "Try again", run: () => transport.show(frame).catch(heard) };
    showNotice({ kind: "error", title: `Frame ${frame} cannot be shown`, sentence: proof.failure, action });
    refresh();
  });
  document.addEventListener("toggle", () => void proof.lookUp(), { capture: true });
}

/**
 * What others do, and the server: verification goes on, the table is replaced, the classes change.
 * `waiting`: labels of an older table wait for this one to be verified. They then go over to it, or are to be reviewed.
 * @param {{watched: WatchedUnit, source: VideoSource, transport: Transport, waiting: () => boolean, refresh: () => void, replaced: () => void}} parts
 */
export function followServer({ watched, source, transport, waiting, refresh, replaced }) {
  let gone = false;
  const verify = () => {
    if (watched.dataUnit.table.state === "verified" && waiting()) {
      gone = true;
      return replaced();
    }
    const { proved } = watched.dataUnit.table;
    const { painted } = transport;
    const reached = painted !== null && painted >= source.proved && painted < proved;
    if (proved > source.proved) source.setProved(proved);
    if (reached && !transport.playing) void transport.prove();
    refresh();
  };
  watched.on("replaced", () => (gone = true) && replaced());
  watched.on("changed", () => gone || verify());
  watched.on("ontology", refresh);
  verify(); // it may have gone on while the page was opened
}

/**
 * What an upgrade has left to be reviewed: asked for whenever the server says that it is another number, or another table.
 * @param {{watched: WatchedUnit, review: LabelReview, say: (sentence: string) => void, refresh: () => void}} parts
 */
export function followReview({ watched, review, say, refresh }) {
  let told = "";
  const look = () => {
    const { to_review: count, table } = watched.dataUnit;
    const now = `${count} of ${table.id} ${table.state}`; // a table that is not verified says nothing of what to review
    if (now === told) return;
    told = now;
    if (count > 0 || review.known) void review.ask();
  };
  review.on("change", refresh);
  review.on("message", say);
  watched.on("changed", look);
  look();
}
