/** An editor for tools without a browser: a real store, history and viewport, a frame on the screen, a proof that comes when told. */

import { History } from "../../static/editor/core/history.js";
import { Session } from "../../static/editor/core/session.js";
import { Store } from "../../static/editor/core/store.js";
import { Ontology } from "../../static/editor/labels/ontology.js";
import { TrackIndex } from "../../static/editor/labels/tracks.js";
import { Viewport } from "../../static/editor/render/viewport.js";
import { Placement } from "../../static/editor/tools/placement.js";

export const DIGEST = "0123456789abcdef0123456789abcdef";

/** One canvas pixel a pixel of the picture, so that points are the same in both. */
export function setOut({ classes = [{ id: 1, name: "car", color: "#e69f00", shape: "box" }, { id: 2, name: "person", color: "#56b4e9", shape: "box" }] } = {}) {
  const store = new Store();
  const index = new TrackIndex(store);
  const history = new History(store);
  const session = new Session();
  const viewport = new Viewport();
  viewport.setCanvas(640, 480);
  viewport.setPicture(640, 480, [1, 1], 0);
  const screen = { frame: 10, problem: /** @type {string | null} */ (null), said: /** @type {string[]} */ ([]), gone: /** @type {number[]} */ ([]), noClasses: 0 };
  /** @type {((receipt: any) => void) | null} */
  let give = null;
  /** @type {((reason: Error) => void) | null} */
  let fail = null;
  const proof = { late: false };
  const say = (/** @type {string} */ sentence) => void screen.said.push(sentence);
  const placement = new Placement({
    store, history, say, refuse: say,
    seen: () => (screen.problem === null ? { frame: { table: 7, frame: screen.frame, pts: screen.frame * 512, packet: screen.frame } } : { problem: screen.problem }),
    prove: (frame) => {
      const receipt = /** @type {const} */ ({ ...frame, proof: "browser_digest", digest: DIGEST });
      if (!proof.late) return Promise.resolve(receipt);
      return new Promise((resolve, reject) => {
        give = () => resolve(receipt);
        fail = reject;
      });
    },
  });
  const saved = /** @type {any[]} */ ([]);
  history.on("commit", ({ change }) => saved.push(change));
  const shown = () => index.visibleAt(screen.frame).filter(({ id }) => !session.isHidden(id));
  const ontology = new Ontology({ classes });
  const editor = {
    history, index, session, viewport, placement, shown, say, refuse: say,
    ontology: () => ontology,
    density: () => 1,
    reachable: () => shown().filter(({ id }) => !session.isLocked(id)),
    pointer: () => ({ x: 320, y: 240 }),
    painted: () => screen.frame,
    show: async (/** @type {number} */ frame) => void (screen.frame = frame),
    go: (/** @type {number} */ frame) => void screen.gone.push(frame),
    nameOf: (/** @type {string} */ id) => {
      const track = index.track(id);
      return track ? `${ontology.classOf(track.class).name} ${track.number}` : "nothing";
    },
    setSweep: () => {},
    noClasses: () => void screen.noClasses++,
  };
  return {
    editor, store, index, history, session, placement, viewport, screen, proof, saved,
    give: () => give?.(null),
    fail: (/** @type {string} */ reason) => fail?.(new Error(reason)),
    settle: () => new Promise((resolve) => setTimeout(resolve, 0)),
  };
}

/** @param {number} x @param {number} y @param {{shift?: boolean, alt?: boolean}} [held] */
export function at(x, y, { shift = false, alt = false } = {}) {
  return { point: { x, y }, canvasPoint: { x, y }, shift, ctrl: false, alt };
}
