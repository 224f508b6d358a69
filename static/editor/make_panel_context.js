/** Makes what panels show and ask for. */

import { ApiError, put } from "../shared/net/api.js";
import { changeClass, deleteTrack, placeShape } from "./labels/edit.js";
import { freeColor } from "./labels/ontology.js";
import { boxBetween } from "./render/boxes.js";

/** @import {Write} from "./core/store.js" */
/** @import {OpenLabels} from "./labels/open_labels.js" */
/** @import {LabelReview} from "./net/label_review.js" */
/** @import {PanelContext, Proof} from "./panels/panel_context.js" */
/** @import {Transport} from "./playback/transport.js" */
/** @import {Verification} from "./playback/verification.js" */
/** @import {VideoSource} from "./sources/video_source.js" */
/** @import {ToolContext} from "./tools/tool_context.js" */
/** @import {Hand} from "./tools/hand.js" */

/**
 * @param {{dataUnit: any, hasLabels: boolean, mayLabel: boolean, labels: OpenLabels, source: VideoSource, transport: Transport, toolContext: ToolContext, hand: Hand,
 *   proof: () => Proof, verification: () => Verification | null, act: (action: string) => void, menu: PanelContext["menu"], review: LabelReview | null, invalidate: () => void,
 *   heard: (error: unknown) => void}} parts
 * @returns {PanelContext}
 */
export function makePanelContext({ dataUnit, hasLabels, mayLabel, labels, source, transport, toolContext, hand, proof, verification, act, menu, review, invalidate, heard }) {
  const { history, index, nameOf, colorOf } = labels;
  const { session, placement, viewport, go, say } = toolContext;
  /** An edit that is about no frame in particular. @param {string} name @param {() => Write[]} writes */
  const edit = (name, writes) => {
    if (!placement.open) return history.do(name, writes()) !== null;
    say("Finish the shape in hand first.");
    return false;
  };
  return {
    dataUnit, hasLabels, mayLabel, session, history, index, nameOf, colorOf, go, act, say, proof, verification, menu, review, invalidate,
    stream: source.table.stream,
    frames: source,
    tracks: () => labels.tracks,
    ontology: () => labels.ontology,
    playing: () => transport,
    scrub: (frame) => (hand.busy ? undefined : transport.scrub(frame)),
    endScrub: () => void transport.endScrub().catch(heard),
    setRate: (rate) => (transport.rate = rate),
    select: (selection) => session.set({ selection }),
    placeBox: (id, { x, y, width, height }) => {
      const shape = boxBetween({ x, y }, { x: x + Math.max(0, width), y: y + Math.max(0, height) }, viewport.picture);
      void placement.do(`Change ${nameOf(id)}`, (receipt, frame) => placeShape(index, id, frame, shape, receipt));
    },
    setClass: (id, classId) => void edit(`Change ${nameOf(id)} to ${labels.ontology.classOf(classId).name}`, () => changeClass(index, id, classId)),
    deleteTrack: (id) => {
      const name = nameOf(id);
      if (!edit(`Delete ${name}`, () => deleteTrack(index, id))) return;
      session.set({ selection: session.selection.filter((one) => one !== id) });
      say(`Deleted ${name} on all frames. Ctrl+Z brings it back.`);
    },
    addClass: async (name) => {
      const { classes, revision } = labels.ontology;
      const added = [...classes, { id: null, name, color: freeColor(classes), shape: "box" }];
      try {
        labels.setOntology(await put(`/api/datasets/${dataUnit.dataset}/ontology/`, { classes: added, revision }));
      } catch (error) {
        say(error instanceof ApiError && error.status === 403 ? "Only managers of the dataset may add classes." : error instanceof Error ? error.message : String(error));
      }
      invalidate();
    },
  };
}
