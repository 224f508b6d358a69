/** Opens the editor, or the viewer without labels, and wires its parts together. */

import { render } from "lit-html";
import { listOf, listSearch } from "../shared/core/addresses.js";
import { oncePerFrame } from "../shared/core/once_per_frame.js";
import { Live } from "../shared/net/live.js";
import { actionsOf } from "./actions.js";
import { bindingFor } from "./core/keys.js";
import { sameWhile } from "./core/same_while.js";
import { Session } from "./core/session.js";
import { panels } from "./drawing.js";
import { followLabels, followReview, followServer, followTransport } from "./following.js";
import { takeHands } from "./hands.js";
import { makePanelContext } from "./make_panel_context.js";
import { LabelReview } from "./net/label_review.js";
import { Neighbours } from "./net/neighbours.js";
import { WatchedUnit } from "./net/watched_unit.js";
import { opening } from "./opening.js";
import { Address } from "./panels/address.js";
import { ContextMenu } from "./panels/context_menu.js";
import { showDecisions } from "./panels/decisions.js";
import { itemStepsView } from "./panels/item_steps.js";
import { recall, sideSplitter, timelineSplitter } from "./panels/layout.js";
import { Messages } from "./panels/messages.js";
import { presence } from "./panels/presence.js";
import { ProofState } from "./panels/proof_state.js";
import { ReviewPanel } from "./panels/review.js";
import { noticeView, removedNotice } from "./panels/stage_notice.js";
import { Labelable } from "./playback/labelable.js";
import { Transport } from "./playback/transport.js";
import { verificationOf } from "./playback/verification.js";
import { Stage } from "./render/stage.js";
import { Viewport } from "./render/viewport.js";
import { Hand } from "./tools/hand.js";
import { Keyboard } from "./tools/keyboard.js";
import { Placement } from "./tools/placement.js";
import { receiptOf } from "./tools/receipts.js";

/** @import {Keyframe} from "./labels/records.js" */
/** @import {Visible} from "./labels/tracks.js" */
/** @import {LabelSync} from "./net/label_sync.js" */
/** @import {Opened} from "./opening.js" */
/** @import {Notice} from "./panels/stage_notice.js" */
/** @import {Rect} from "./render/viewport.js" */
/** @import {ToolContext} from "./tools/tool_context.js" */

const page = document.body.dataset;
const datasetUrl = `/datasets/${page.dataset}/`;
const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const messages = new Messages(element("toasts"));
const say = (/** @type {string} */ sentence) => messages.say(sentence);
/** Why something is not done now. What stands in the corner already is only pointed at, and read out. @param {string} sentence */
function refuse(sentence) {
  const corner = element("corner");
  if (corner.textContent !== sentence) return messages.refuse(sentence);
  messages.settle();
  element("spoken").textContent = sentence;
  corner.animate([{ background: "var(--danger)" }, {}], 900);
}
const list = listOf(location.search);
/** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(`a[href="${datasetUrl}"]`)).forEach((link) => (link.href = datasetUrl + listSearch(list)));
const neighbours = new Neighbours(Number(page.dataUnit), list);
const live = new Live();
const watched = new WatchedUnit(live, { dataset: Number(page.dataset), dataUnit: Number(page.dataUnit) });
watched.on("removed", () => showNotice(null));

const WARM_MS = 3000; // this page's own first frames come first
/** @type {{transport: Transport, viewport: Viewport} | null} */
let shown = null;
const ready = opening({ labelRow: page.labelRow === undefined ? null : Number(page.labelRow), datasetUrl, live, watched, say, showNotice }).then(wire);
ready.catch((error) => {
  console.error(error);
  const action = { label: "Load the page again", run: () => location.reload() };
  showNotice({ kind: "error", title: "This could not be opened", sentence: error instanceof Error ? error.message : String(error), action });
});

/** The interface for scripts (docs/architecture.md): usable at once, it waits for the video to be open. */
Object.defineProperty(window, "viewer", {
  value: {
    show: async (/** @type {number} */ frame) => (await ready).show(frame),
    get frame() {
      return shown?.transport.painted ?? null;
    },
    get frameCount() {
      return shown?.transport.frameCount ?? null;
    },
    pictureRect: () => shown?.viewport.rect ?? null,
    play: () => void ready.then((transport) => transport.play()),
    pause: () => void ready.then((transport) => transport.pause()),
  },
});

/** @param {Notice | null} notice */
function showNotice(notice) {
  render(noticeView(watched.removed ? removedNotice(datasetUrl) : notice, say), element("stage-note"));
}

/** The frame table of the next data unit, which the browser keeps for ever: a step to it waits for the labels alone. @param {any} dataUnit */
function warm(dataUnit) {
  if (dataUnit?.table) setTimeout(() => void fetch(dataUnit.table.frames_url, { priority: "low" }).catch(() => {}), WARM_MS);
}

/** What was superseded is no news; the rest is told. @param {unknown} error */
function heard(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  console.error(error);
  say(error instanceof Error ? error.message : String(error));
}

/** Once, when all is there; awaits nothing, so that it is done wholly. @param {Opened} opened */
function wire({ dataUnit, row, source, labels, sync }) {
  const mayLabel = row?.may_label ?? false;
  const { store, index, history, nameOf, colorOf } = labels;
  const session = new Session();
  session.set({ names: recall("names") ?? false, keepsDrawing: recall("keepsDrawing") ?? false });
  const overlay = element("overlay");
  const viewport = new Viewport();
  /** @type {Rect | null} */
  let sweep = null;
  let edits = 0;
  store.on("change", () => edits++);
  history.on("commit", () => messages.settle());
  const shownShapes = sameWhile(
    () => [stage.picture?.frame, edits, session.hidden, session.allHidden, labels.ontology],
    () => (stage.picture ? index.visibleAt(stage.picture.frame).filter(({ id }) => !session.isHidden(id)) : []),
  );
  /** What was taken up of the list to review, where it may be confirmed. @returns {Visible | null} */
  const ghost = () => {
    const label = stage.picture ? (review?.chosenOn(stage.picture.frame) ?? null) : null;
    const track = label && index.track(label.track);
    if (!label || !track) return null;
    const { shape, occluded } = /** @type {Keyframe} */ (store.get(label.id));
    return { id: label.track, track, shape, occluded, isKeyframe: false, keyframeId: null };
  };
  const reachable = sameWhile(
    () => [shownShapes(), session.locked, session.allLocked],
    () => shownShapes().filter(({ id }) => !session.isLocked(id)),
  );
  /** @type {Stage} */
  const stage = new Stage({
    host: element("stage"),
    frame: /** @type {HTMLCanvasElement} */ (element("frame")),
    overlay: /** @type {HTMLCanvasElement} */ (overlay),
    viewport,
    scene: () => ({
      shapes: shownShapes(),
      ghost: ghost(),
      colorOf: ({ id }) => colorOf(id),
      nameOf: ({ id }) => nameOf(id),
      selection: session.selection,
      hovered: session.hovered,
      locked: (id) => !mayLabel || session.isLocked(id), // a reader gets no handles
      names: session.names,
      moving: transport.playing,
      sweep,
      crosshair: session.tool === "box" && !hand.busy ? (hand.pointer?.canvasPoint ?? null) : null,
    }),
  });
  const transport = new Transport({ source, paint: (picture) => stage.show(picture) });
  shown = { transport, viewport };

  const verification = () => verificationOf(watched.dataUnit);
  const refusal = !row ? "This is the viewer without labels." : mayLabel ? null : "You may look at these labels, not change them.";
  const labelable = new Labelable({ transport, source, table: dataUnit.table.id, refusal, verification });
  const placement = new Placement({ store, history, say, refuse, seen: labelable.seen, prove: (frame) => receiptOf(transport, frame) });
  const go = (/** @type {number} */ frame) => {
    if (hand.busy) return refuse("Finish the shape in hand first, or give it up with Escape.");
    transport.show(Math.min(source.frameCount - 1, Math.max(0, frame))).catch(heard);
  };
  /** @type {ToolContext} */
  const toolContext = {
    history, index, session, viewport, placement, nameOf, go, say, refuse,
    show: (frame) => transport.show(frame),
    shown: shownShapes,
    ontology: () => labels.ontology,
    density: () => stage.density,
    reachable,
    pointer: () => hand.pointer?.point ?? null,
    painted: () => transport.painted,
    setSweep: (rect) => {
      sweep = rect;
      stage.invalidate();
    },
    noClasses: () => {
      say("There is no class yet: add the first one at the right.");
      element("class-add")?.focus();
    },
  };
  const hand = new Hand(toolContext);

  const invalidate = oncePerFrame(() => panel.draw());
  const refresh = () => {
    stage.invalidate();
    invalidate();
  };
  const address = new Address(transport, say);
  const proof = new ProofState({ transport, digestsUrl: dataUnit.table.digests_url, verification, changed: invalidate });
  source.addEventListener("busy", (event) => {
    const { frame, seconds } = /** @type {CustomEvent} */ (event).detail;
    proof.busy = seconds === null ? null : { frame, seconds };
    invalidate();
  });
  const splits = row && { side: sideSplitter(element("split-side")), timeline: timelineSplitter(element("split-timeline")) };
  const review = row && new LabelReview(row.id, store);
  const { act, knows } = actionsOf({
    transport, toolContext, hand, address, sync, review, neighbours, mayLabel, splits, overlay, heard, stage: element("stage"), refresh: invalidate,
    settle: () => messages.settle(),
    clock: source,
    saveAll: async () => sync && saveAll(sync),
    help: /** @type {HTMLDialogElement} */ (element("help")),
    focusCounter: () => panel.transportBar.focusCounter(),
  });
  const keyboard = new Keyboard({ canvas: overlay, act, knows });
  const may = (/** @type {string} */ action) => {
    const { selection, current } = session;
    if (action === "merge") return mayLabel && selection.length > 1;
    if (action === "confirm") return mayLabel && current !== null && transport.painted !== null && review?.find(current, transport.painted) !== null;
    return mayLabel || !bindingFor(action)?.changes;
  };
  const menu = row && new ContextMenu(element("context-menu"), { act, may, closed: () => overlay.focus({ preventScroll: true }) });
  const panelContext = makePanelContext({ dataUnit, hasLabels: row !== null, mayLabel, labels, source, transport, toolContext, hand, proof: proof.now, verification, act, menu: (subject, spot) => hand.busy || menu?.open(subject, spot), review, invalidate, heard });
  const panel = panels({ panelContext, toolContext, hand, stage, source, live, sync, element, panning: () => keyboard.spaceHeld });

  takeHands({ overlay, stage, toolContext, hand, keyboard, menu, act, refresh });
  void neighbours.ready().then(() => {
    render(itemStepsView(neighbours.place, act), element("item-steps"));
    warm(neighbours.place?.next);
  });
  element("open-help").addEventListener("click", () => act("help"));
  followLabels({ labels, toolContext, refresh });
  followTransport({ transport, stage, toolContext, proof, verification, address, spoken: element("spoken"), showNotice, refresh, invalidate, heard });
  const waiting = () => dataUnit.table.state !== "verified" && index.asideCount > 0;
  if (waiting()) say("Labels of this video wait until its frames are verified anew.");
  followServer({ watched, source, transport, waiting, refresh, replaced });
  viewport.on("change", invalidate);
  live.on("state", invalidate);
  if (sync && row && review) {
    const hosts = { banner: element("review"), list: element("review-list") };
    new ReviewPanel(hosts, panelContext, review, { prepare: () => saveAll(sync), unfold: () => splits?.side.folded && splits.side.toggle() });
    followReview({ watched, review, say, refresh });
    const problem = () => (placement.open ? "Finish the shape in hand first." : null);
    const decide = () => {
      showDecisions(element("conflicts"), sync, { problem, say, nameOf, nameOfNew: labels.nameOfNew, go });
      invalidate();
    };
    sync.on("state", decide);
    decide();
    const saw = presence(element("present"));
    live.on("event", ({ topic, type, data }) => {
      if (type === "labels.changed" && topic === `label_row:${row.id}` && data.user && String(data.user.id) !== page.user) saw(data.user);
    });
  }

  /** Resolves when all is on the server, or cannot be brought there now. @param {LabelSync} labels */
  function saveAll(labels) {
    placement.cancel();
    labels.flush();
    return labels.settled();
  }

  /** Its frames have other numbers than those on the screen: save what is placed, and open it again. */
  function replaced() {
    sessionStorage.setItem("said", "The frames of this file were read anew; the page was opened again with the right ones.");
    void Promise.resolve(sync && saveAll(sync)).finally(() => location.reload());
  }

  const said = sessionStorage.getItem("said");
  if (said !== null) say(said);
  sessionStorage.removeItem("said");
  panel.draw();
  transport.show(address.asked()).catch(() => {}); // what fails is told by `failed`
  return transport;
}
