/** Opens the editor, or the viewer without labels, and wires its parts together. */

import { render } from "lit-html";
import { History } from "./core/history.js";
import { oncePerFrame } from "./core/once_per_frame.js";
import { Session } from "./core/session.js";
import { Store } from "./core/store.js";
import { changeClass, deleteTrack, placeShape } from "./labels/edit.js";
import { freeColor, Ontology } from "./labels/ontology.js";
import { TrackIndex } from "./labels/tracks.js";
import { ApiError, get, put } from "./net/api.js";
import { LabelSync } from "./net/label_sync.js";
import { Live } from "./net/live.js";
import { classesView } from "./panels/classes.js";
import { drawDecisions } from "./panels/conflicts.js";
import { openHelp } from "./panels/help.js";
import { recall, remember, Splitter } from "./panels/layout.js";
import { Messages } from "./panels/messages.js";
import { ObjectsPanel, selectedView } from "./panels/objects.js";
import { playerCommands } from "./panels/player_commands.js";
import { saveStateView } from "./panels/save_state.js";
import { dataUnitNotice, noticeView } from "./panels/stage_notice.js";
import { statusBarView } from "./panels/status_bar.js";
import { copyText, progressWords, proofWords, statusChipView } from "./panels/status_chip.js";
import { Timeline } from "./panels/timeline.js";
import { toolRailView } from "./panels/tool_rail.js";
import { TransportBar } from "./panels/transport_bar.js";
import { Transport } from "./playback/transport.js";
import { boxBetween } from "./render/boxes.js";
import { Stage } from "./render/stage.js";
import { Viewport } from "./render/viewport.js";
import { VideoSource } from "./sources/video_source.js";
import { armedClass } from "./tools/box_tool.js";
import { labelCommands } from "./tools/commands.js";
import { Hand } from "./tools/hand.js";
import { Keyboard } from "./tools/keyboard.js";
import { Placement } from "./tools/placement.js";
import { PointerInput } from "./tools/pointer.js";
import { receiptOf } from "./tools/receipts.js";

/** @import {Desk, Proof, Verification} from "./panels/desk.js" */
/** @import {Notice} from "./panels/stage_notice.js" */
/** @import {SeenFrame} from "./tools/placement.js" */
/** @import {Bench} from "./tools/bench.js" */

/** @typedef {{id: number, revision: number, may_label: boolean, user: {id: number, username: string}, data_unit: any, ontology: any, records: any[]}} LabelRow */

const page = document.body.dataset;
const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const messages = new Messages(element("toasts"));
const say = (/** @type {string} */ sentence) => messages.say(sentence);
const live = new Live();

// Loads its own modules while the page asks what it is about.
/** @type {Worker | null} */
let earlyWorker = new Worker(new URL("./sources/video_worker.js", import.meta.url), { type: "module" });

/** @type {{show: (frame: number) => Promise<void>, frame: number | null, frameCount: number, pictureRect: () => any, play: () => void, pause: () => void}} */
let opened;
const ready = open();

/** The interface for scripts (docs/architecture.md): usable at once, it waits for the video to be open. */
Object.defineProperty(window, "viewer", {
  value: {
    show: async (/** @type {number} */ frame) => (await ready, opened.show(frame)),
    get frame() {
      return opened?.frame ?? null;
    },
    get frameCount() {
      return opened?.frameCount ?? null;
    },
    pictureRect: () => opened?.pictureRect() ?? null,
    play: () => void ready.then(() => opened.play()),
    pause: () => void ready.then(() => opened.pause()),
  },
});

/** @param {Notice | null} notice */
function showNotice(notice) {
  render(noticeView(notice, say), element("stage-note"));
}

/** Fetch what the page is about and open it; while it cannot be opened, say why and go on when that changes. */
async function open() {
  showNotice({ kind: "busy", title: "Opening", sentence: "Fetching the frame table and the labels." });
  const dataUnitId = Number(page.dataUnit);
  live.subscribe([`dataset:${page.dataset}`, `data_unit:${dataUnitId}`]);
  for (;;) {
    try {
      /** @type {LabelRow | null} */
      const row = page.labelRow === undefined ? null : await get(`/api/label-rows/${page.labelRow}/`);
      const dataUnit = row ? row.data_unit : await get(`/api/data-units/${dataUnitId}/`);
      const notice = dataUnitNotice(dataUnit, `/datasets/${page.dataset}/`);
      if (notice === null) return await start(dataUnit, row);
      showNotice(notice);
      await nextEvent((event) => event.type === "data_unit.changed" && event.data.id === dataUnitId && event.data.state !== dataUnit.state);
    } catch (error) {
      console.error(error);
      const detail = error instanceof Error ? error.message : String(error);
      await new Promise((resolve) => {
        const again = { label: "Try again", run: () => resolve(null) };
        const code = error instanceof ApiError ? error.code : null;
        showNotice({ kind: "error", title: "This could not be opened", sentence: detail, code, action: again });
      });
    }
  }
}

/** @param {(event: {type: string, data: any}) => boolean} wanted @returns {Promise<void>} */
function nextEvent(wanted) {
  return new Promise((resolve) => {
    const stop = live.on("event", (event) => {
      if (!wanted(event)) return;
      stop();
      resolve();
    });
  });
}

/**
 * @param {any} dataUnit
 * @param {LabelRow | null} row  null in the viewer without labels
 */
async function start(dataUnit, row) {
  const { table } = dataUnit;
  const worker = earlyWorker;
  earlyWorker = null;
  const address = {
    framesUrl: table.frames_url,
    digestsUrl: table.digests_url,
    mediaUrl: dataUnit.media_url,
    sideUrl: dataUnit.side_url,
    pictureUrl: (/** @type {number} */ frame) => dataUnit.picture_url.replace("{frame}", String(frame)),
    proved: table.proved,
  };
  const source = await VideoSource.open(address, worker ? { makeWorker: () => worker } : {});
  /** @type {Verification | null} */
  let verification = table.state === "verified" ? null : { proved: table.proved, frameCount: table.frame_count, secondsLeft: dataUnit.progress?.seconds_left ?? null };
  const mayLabel = row?.may_label ?? false;

  // -- labels ---------------------------------------------------------------------------------------------------

  const store = new Store();
  const index = new TrackIndex(store);
  const history = new History(store);
  const session = new Session();
  session.set({ names: recall("names") ?? false, keepsDrawing: recall("keepsDrawing") ?? false });
  let ontology = new Ontology(row?.ontology ?? { classes: [] });
  let tracks = index.tracks();
  const nameOf = (/** @type {string} */ id) => {
    const track = index.track(id);
    return track === null ? "a deleted object" : `${ontology.classOf(track.class).name} ${track.number}`;
  };
  const colorOf = (/** @type {string} */ id) => {
    const track = index.track(id);
    return track?.color ?? ontology.classOf(track?.class ?? "").color;
  };

  // Before LabelSync hears of it: a shape in hand has no proof yet and must not be saved with the page.
  for (const type of ["visibilitychange", "pagehide"]) {
    window.addEventListener(type, () => (type === "pagehide" || document.visibilityState === "hidden") && placement.cancel(), { capture: true });
  }
  const sync = row && new LabelSync(row, store, history, live);

  // -- picture --------------------------------------------------------------------------------------------------

  const viewport = new Viewport();
  const overlay = /** @type {HTMLCanvasElement} */ (element("overlay"));
  /** @type {import("./render/viewport.js").Rect | null} */
  let sweep = null;
  const shown = () => {
    const frame = stage.picture?.frame;
    return frame === undefined ? [] : index.visibleAt(frame).filter(({ id }) => !session.isHidden(id));
  };
  /** @type {Stage} */
  const stage = new Stage({
    host: element("stage"),
    frame: /** @type {HTMLCanvasElement} */ (element("frame")),
    overlay,
    viewport,
    scene: () => ({
      shapes: shown(),
      colorOf: ({ id }) => colorOf(id),
      nameOf: ({ id }) => nameOf(id),
      selection: session.selection,
      hovered: session.hovered,
      locked: (id) => session.isLocked(id),
      names: session.names,
      moving: transport.playing,
      sweep,
      crosshair: session.tool === "box" && !hand.busy ? (hand.pointer?.canvasPoint ?? null) : null,
    }),
  });
  const transport = new Transport({ source, paint: (picture) => stage.show(picture) });

  // -- what may be done now ---------------------------------------------------------------------------------------

  /** @type {string | null} why no picture can be had of the target */
  let failure = null;
  const why = () => {
    const { painted, target } = transport;
    if (!row) return "This is the viewer without labels.";
    if (!mayLabel) return "You may look at these labels, not change them.";
    if (transport.playing) return "Pause to label: a shape is placed on a frame that stands still.";
    if (painted === null || painted !== target) return `Frame ${target} is not on the screen yet.`;
    if (verification && painted >= verification.proved) return `Verification has not reached frame ${painted}: ${progressWords(verification)}.`;
    if (!source.mayLabel(painted)) return `Frame ${painted} may not be labelled: it has no clean picture, a time before 0, or another size than the first.`;
    if (transport.proof?.state === "unproved") return `Frame ${painted} is not proved: ${transport.proof.reason}.`;
    return null;
  };
  const seenFrame = () => {
    const problem = why();
    const { picture } = transport;
    if (problem !== null || picture === null) return { problem: problem ?? "No picture is on the screen." };
    /** @type {SeenFrame} */
    const frame = { table: table.id, frame: picture.frame, pts: picture.pts, packet: picture.packet };
    return { frame };
  };
  const placement = new Placement({ store, history, say, seen: seenFrame, prove: (frame) => receiptOf(transport, frame) });

  const go = (/** @type {number} */ frame) => {
    if (hand.busy) return say("Finish the shape in hand first, or give it up with Escape.");
    transport.show(Math.min(source.frameCount - 1, Math.max(0, frame))).catch(heard);
  };

  /** @type {Bench} */
  const bench = {
    history, index, session, viewport, placement, shown, nameOf, go, say,
    ontology: () => ontology,
    density: () => stage.density,
    reachable: () => shown().filter(({ id }) => !session.isLocked(id)),
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
  const hand = new Hand(bench);

  // -- actions ----------------------------------------------------------------------------------------------------

  /** @type {Splitter | null} */
  let sideSplit = null;
  /** @type {Splitter | null} */
  let timelineSplit = null;
  const player = playerCommands(transport, say);
  const zoom = (/** @type {number} */ factor) => viewport.zoomAt({ x: viewport.canvas.width / 2, y: viewport.canvas.height / 2 }, factor);
  /** @type {Record<string, (held?: boolean) => unknown>} */
  const actions = {
    ...player,
    goTo: () => transportBar.focusCounter(),
    copyLink,
    loopIn: () => loop(transport.target, transport.loop?.last ?? source.frameCount - 1),
    loopOut: () => loop(transport.loop?.first ?? 0, transport.target),
    loopOff: () => {
      transport.loop = null;
      desk.invalidate();
      say("Plays through, repeating nothing.");
    },
    zoomIn: () => zoom(1.25),
    zoomOut: () => zoom(0.8),
    fit: () => viewport.fit(),
    fullscreen: () => (document.fullscreenElement ? document.exitFullscreen() : element("stage").requestFullscreen()),
    help: () => openHelp(/** @type {HTMLDialogElement} */ (element("help")), row !== null),
    cancel() {
      if (hand.busy) hand.cancel();
      else if (placement.open) placement.cancel();
      else if (session.tool !== "select") session.set({ tool: "select", redraws: null });
      else if (session.selection.length > 0) session.set({ selection: [] });
      else overlay.blur();
    },
  };
  if (row) {
    Object.assign(actions, labelCommands(bench), {
      finish: () => hand.send("enter"),
      save: () => {
        sync?.flush();
        say("Saving what is not on the server yet.");
      },
      foldPanel: () => sideSplit?.toggle(),
      foldTimeline: () => timelineSplit?.toggle(),
    });
  }
  const MOVES = new Set([...Object.keys(player), "previousKeyframe", "nextKeyframe", "previousLabelled", "nextLabelled", "bisect"]);
  const WHILE_DRAWING = new Set(["cancel", "finish", "zoomIn", "zoomOut", "fit", "undo", "help", "names"]);
  const CHANGES_NOTHING = new Set(["select", "hide", "hideAll", "names", "nextObject", "previousObject", "previousKeyframe", "nextKeyframe",
    "previousLabelled", "nextLabelled", "bisect", "zoomToSelection", "foldPanel", "foldTimeline", "finish", "copy"]);
  const labelActions = row ? new Set(Object.keys(labelCommands(bench))) : new Set();

  const act = (/** @type {string} */ action, held = false) => {
    const run = actions[action];
    if (!run) return;
    if (hand.busy && action === "undo") return void hand.cancel();
    if (hand.busy && !WHILE_DRAWING.has(action)) return say(MOVES.has(action) ? "Finish the shape in hand first, or give it up with Escape." : "Finish the shape in hand first.");
    if (!mayLabel && labelActions.has(action) && !CHANGES_NOTHING.has(action)) return say("You may look at these labels, not change them.");
    Promise.resolve(run(held)).catch(heard);
  };

  let isOpen = false;
  const keyboard = new Keyboard({ canvas: overlay, act, knows: (action) => isOpen && action in actions });

  /** What was superseded is no news; the rest is told. @param {unknown} error */
  function heard(error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    console.error(error);
    say(error instanceof Error ? error.message : String(error));
  }

  /** @param {number} first @param {number} last */
  function loop(first, last) {
    if (first >= last) return say("The loop must begin before it ends.");
    transport.loop = { first, last };
    desk.invalidate();
    say(`Repeats frames ${first} to ${last}. Shift+P plays through again.`);
  }

  async function copyLink() {
    const link = new URL(location.pathname, location.origin);
    link.searchParams.set("frame", String(transport.painted ?? transport.target));
    try {
      await copyText(link.href);
      say(`Copied the link to frame ${link.searchParams.get("frame")}.`);
    } catch {
      say(`The browser does not allow copying here. The link: ${link.href}`);
    }
  }

  // -- panels -----------------------------------------------------------------------------------------------------

  /** Digests of the table, as far as they were looked at. @type {Map<number, string | null>} */
  const tableDigests = new Map();
  const lookUpDigest = async () => {
    const frame = transport.painted;
    if (frame === null || tableDigests.has(frame) || frame >= source.proved || !element("proof-details")?.matches(":popover-open")) return;
    tableDigests.set(frame, null);
    const answer = await fetch(table.digests_url, { headers: { Range: `bytes=${frame * 16}-${frame * 16 + 15}` } }).catch(() => null);
    if (answer?.status === 206) {
      const bytes = new Uint8Array(await answer.arrayBuffer());
      tableDigests.set(frame, Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
    } else tableDigests.delete(frame);
    desk.invalidate();
  };

  /** @returns {Proof} */
  const proofNow = () => {
    const { painted, target, picture, proof } = transport;
    const facts = {
      frame: painted,
      digest: proof?.digest ?? picture?.digest ?? null,
      tableDigest: painted === null ? null : (tableDigests.get(painted) ?? null),
      pts: picture?.pts ?? null,
      packet: picture?.packet ?? null,
      source: picture?.source ?? null,
    };
    if (failure !== null) return { ...facts, state: "failed", reason: failure };
    if (transport.playing && painted !== null) return { ...facts, state: "playing", reason: null };
    if (painted === null || painted !== target) return { ...facts, state: "seeking", reason: null };
    if (verification && painted >= verification.proved) return { ...facts, state: "beyond", reason: "Labels may stand on frames that verification has decoded." };
    if (proof === null) return { ...facts, state: "proving", reason: picture?.reason ?? null };
    return { ...facts, state: /** @type {Proof["state"]} */ (proof.state), reason: proof.reason };
  };

  /** @type {Desk} */
  const desk = {
    dataUnit, mayLabel, session, history, index, nameOf, colorOf, go, act, say,
    hasLabels: row !== null,
    stream: source.table.stream,
    tracks: () => tracks,
    ontology: () => ontology,
    frames: source,
    playing: () => transport,
    proof: proofNow,
    verification: () => verification,
    scrub: (frame) => (hand.busy ? undefined : transport.scrub(frame)),
    endScrub: () => void transport.endScrub().catch(heard),
    setRate: (rate) => (transport.rate = rate),
    select: (selection) => session.set({ selection }),
    placeBox: (id, box) => {
      const { x, y, width, height } = box;
      const shape = boxBetween({ x, y }, { x: x + Math.max(0, width), y: y + Math.max(0, height) }, viewport.picture);
      void placement.do(`Change ${nameOf(id)}`, (receipt, frame) => placeShape(index, id, frame, shape, receipt));
    },
    setClass: (id, classId) => {
      if (placement.open) return say("Finish the shape in hand first.");
      history.do(`Change ${nameOf(id)} to ${ontology.classOf(classId).name}`, changeClass(index, id, classId));
    },
    deleteTrack: (id) => {
      if (placement.open) return say("Finish the shape in hand first.");
      const name = nameOf(id);
      history.do(`Delete ${name}`, deleteTrack(index, id));
      session.set({ selection: session.selection.filter((one) => one !== id) });
      say(`Deleted ${name} on all frames. Ctrl+Z brings it back.`);
    },
    addClass: async (name) => {
      try {
        const classes = [...ontology.classes, { id: null, name, color: freeColor(ontology.classes), shape: "box" }];
        ontology = new Ontology(await put(`/api/datasets/${page.dataset}/ontology/`, { classes, revision: ontology.revision }));
      } catch (error) {
        say(error instanceof ApiError && error.status === 403 ? "Only managers of the dataset may add classes." : error instanceof Error ? error.message : String(error));
      }
      desk.invalidate();
    },
    invalidate: oncePerFrame(() => draw()),
  };

  const transportBar = new TransportBar(element("transport"), element("scrub"), desk);
  const objects = row ? new ObjectsPanel(element("objects"), desk) : null;
  const timeline = row ? new Timeline(element("timeline"), desk) : null;
  let drawnAt = 0;

  function draw() {
    const now = performance.now();
    transportBar.draw();
    transportBar.syncCounter();
    render(statusChipView(desk), element("status"));
    timeline?.draw();
    drawStatus();
    // While it plays, lists that nobody can read that fast are left to ten times a second.
    if (transport.playing && now - drawnAt < 100) return;
    drawnAt = now;
    if (!row || !sync) return;
    render(toolRailView(desk), element("tools"));
    render(classesView(desk, armedClass(bench)), element("classes"));
    render(selectedView(desk), element("selected"));
    objects?.draw();
    render(saveStateView(sync.state, () => element("conflicts").querySelector("button")?.focus()), element("save-state"));
  }

  /** @type {number | null} */
  let bitsPerSecond = null;
  function drawStatus() {
    const { width, height } = viewport.picture;
    const status = {
      facts: dataUnit.facts, bitsPerSecond, zoom: stage.picture ? viewport.scale : null, pointer: hand.pointer?.point ?? null, insecure: !isSecureContext,
      verifying: verification ? progressWords(verification) : null, live: live.state };
    render(statusBarView(status), element("status-bar"));
    const problem = session.tool === "box" && !placement.open ? placement.problem : null;
    element("corner").textContent = problem ?? (stage.picture ? `${width} × ${height}` : "");
    overlay.style.cursor = keyboard.spaceHeld ? "grab" : hand.cursor;
  }

  const refresh = () => {
    stage.invalidate();
    desk.invalidate();
  };

  // -- what changes what is seen ----------------------------------------------------------------------------------

  store.on("change", () => {
    tracks = index.tracks();
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
  viewport.on("change", desk.invalidate);
  transport.addEventListener("target", () => {
    failure = null;
    if (!transport.playing) stage.setState(transport.painted === transport.target ? "shown" : "seeking");
    desk.invalidate();
  });
  transport.addEventListener("painted", () => {
    failure = null;
    stage.setState(transport.painted === transport.target || transport.playing ? "shown" : "seeking");
    showNotice(null);
    // A shape in hand belongs to the frame that it was begun on.
    if (placement.open && placement.frame !== transport.painted) placement.cancel();
    rested();
    refresh();
  });
  transport.addEventListener("playing", () => {
    stage.setState(transport.painted === transport.target ? "shown" : "seeking");
    rested();
    refresh();
  });
  transport.addEventListener("proof", () => {
    void lookUpDigest();
    const now = proofNow();
    if (now.state !== "proving") element("spoken").textContent = proofWords(now, verification, transport.target);
    refresh();
  });
  transport.addEventListener("failed", (event) => {
    const { frame, error } = /** @type {CustomEvent} */ (event).detail;
    if (frame !== transport.target) return;
    failure = error instanceof Error ? error.message : String(error);
    stage.setState("failed");
    const again = { label: "Try again", run: () => transport.show(frame).catch(heard) };
    showNotice({ kind: "error", title: `Frame ${frame} cannot be shown`, sentence: failure, action: again });
    refresh();
  });
  source.addEventListener("buffered", desk.invalidate);
  source.addEventListener("sample", (event) => {
    const { bytes, seconds } = /** @type {CustomEvent} */ (event).detail;
    if (seconds > 0 && bytes > 30_000) bitsPerSecond = bitsPerSecond === null ? (8 * bytes) / seconds : 0.7 * bitsPerSecond + (0.3 * 8 * bytes) / seconds;
    desk.invalidate();
  });

  /** @type {ReturnType<typeof setTimeout>} */
  let restTimer;
  /** The address names the frame that one rests on, so that reloading and sharing come back to it. */
  function rested() {
    clearTimeout(restTimer);
    restTimer = setTimeout(() => {
      if (transport.playing || transport.painted === null) return;
      const url = new URL(location.href);
      url.searchParams.set("frame", String(transport.painted));
      window.history.replaceState(null, "", url);
    }, 250);
  }

  live.on("state", desk.invalidate);
  live.on("event", ({ topic, type, data }) => {
    if (type === "ontology.changed" && topic === `dataset:${page.dataset}`) {
      ontology = new Ontology(data);
      refresh();
    } else if (type === "table.progress" && data.table === table.id) {
      const reached = verification !== null && transport.painted !== null && transport.painted >= verification.proved && transport.painted < data.proved;
      source.setProved(data.proved);
      verification = data.state === "verified" ? null : { proved: data.proved, frameCount: data.frame_count, secondsLeft: data.seconds_left };
      if (reached && !transport.playing) void transport.prove();
      refresh();
    } else if (type === "table.replaced" && topic === `data_unit:${dataUnit.id}`) {
      placement.cancel();
      sync?.flush();
      sessionStorage.setItem("said", "Verification has corrected the frames of this file; the page was opened again with the right ones.");
      void (sync?.settled() ?? Promise.resolve()).finally(() => location.reload());
    } else if (type === "data_unit.removed" && data.id === dataUnit.id) {
      showNotice({ kind: "error", title: "This video was removed", sentence: "Someone removed it from the dataset while it was open here.", link: { label: "Back to the dataset", href: `/datasets/${page.dataset}/` } });
    } else if (type === "labels.changed" && row && topic === `label_row:${row.id}`) sawOther(data.user);
  });

  /** @param {any} user */
  function sawOther(user) {
    if (!user || String(user.id) === page.user) return;
    const host = element("present");
    let chip = /** @type {HTMLElement | null} */ (host.querySelector(`[data-user="${CSS.escape(String(user.id))}"]`));
    if (!chip) {
      chip = document.createElement("span");
      chip.className = "present";
      chip.dataset.user = String(user.id);
      chip.textContent = String(user.username).slice(0, 2).toUpperCase();
      host.append(chip);
    }
    chip.title = `${user.username} changed labels here at ${new Date().toLocaleTimeString("en-GB")}`;
    clearTimeout(Number(chip.dataset.timer));
    chip.dataset.timer = String(window.setTimeout(() => chip.remove(), 180_000));
  }

  if (sync) {
    const showSync = () => {
      const { conflicts, refused } = sync.state;
      const keep = (/** @type {string} */ id) => (placement.open ? say("Finish the shape in hand first.") : void sync.keepMine(id));
      drawDecisions(
        element("conflicts"),
        [
          ...conflicts.map(({ id, name, detail, records }) => ({
            id, title: name, sentence: detail, versions: records,
            choices: [{ label: "Keep mine", run: () => keep(id) }, { label: "Take theirs", run: () => void sync.takeTheirs(id) }],
          })),
          ...refused.map(({ id, name, detail, code, records }) => ({
            id, title: `Not accepted: ${name}`, sentence: `${detail} (${code})`, versions: records,
            choices: [{ label: "Try again", run: () => keep(id) }, { label: "Discard", run: () => void sync.takeTheirs(id) }],
          })),
        ],
        { nameOf, nameOfNew: (track) => `${ontology.classOf(track.class).name} ${track.number}`, go },
      );
      desk.invalidate();
    };
    sync.on("state", showSync);
    sync.on("message", say);
    await sync.open();
    tracks = index.tracks();
    showSync();
  }

  // -- hands and keys ---------------------------------------------------------------------------------------------

  new PointerInput({
    element: overlay,
    viewport,
    density: () => stage.density,
    tool: (event, pointer) => {
      if (event === "press" && !row) return;
      hand.send(event, pointer);
      refresh();
    },
    cancelTool: () => hand.cancel(),
    spaceHeld: () => keyboard.spaceHeld,
    spaceUsed: keyboard.spaceUsed,
    doubleClick: ({ point }) => {
      const onShape = shown().some(({ shape: { x, y, width, height } }) => point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height);
      if (session.tool === "select" && !onShape) viewport.fit();
    },
    step: (by) => act(by > 0 ? "stepForward" : "stepBack"),
    left: () => {
      hand.leave();
      refresh();
    },
  });
  // A button that was clicked keeps the keyboard otherwise, and Space would press it again instead of playing.
  document.addEventListener("click", (event) => {
    const button = event.detail > 0 && event.target instanceof Element ? event.target.closest("main button, main select") : null;
    if (button instanceof HTMLButtonElement && !button.closest("dialog, [popover]")) overlay.focus({ preventScroll: true });
  });
  document.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement && event.target.closest("main")) overlay.focus({ preventScroll: true });
  });
  element("open-help").addEventListener("click", () => act("help"));
  document.addEventListener("toggle", () => void lookUpDigest(), { capture: true });
  window.addEventListener("resize", refresh);
  new MutationObserver(refresh).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);

  if (row) {
    sideSplit = new Splitter({ bar: element("split-side"), property: "--side-width", name: "Side panel", from: "left", least: 220, most: () => innerWidth * 0.45, initial: 296 });
    timelineSplit = new Splitter({ bar: element("split-timeline"), property: "--timeline-height", name: "Timeline", from: "bottom", least: 44, most: () => innerHeight * 0.4, initial: 132 });
  }

  // -- the first picture ------------------------------------------------------------------------------------------

  opened = {
    show: (frame) => transport.show(frame),
    get frame() {
      return transport.painted;
    },
    frameCount: source.frameCount,
    pictureRect: () => viewport.rect,
    play: () => transport.play(),
    pause: () => transport.pause(),
  };
  const said = sessionStorage.getItem("said");
  if (said !== null) {
    sessionStorage.removeItem("said");
    say(said);
  }
  const asked = Number(new URL(location.href).searchParams.get("frame") ?? 0);
  const first = Number.isInteger(asked) && asked >= 0 && asked < source.frameCount ? asked : 0;
  if (first !== asked) say(`There is no frame ${new URL(location.href).searchParams.get("frame")}: the last one is ${source.frameCount - 1}.`);
  isOpen = true;
  draw();
  transport.show(first).catch(() => {}); // what fails is told by `failed`
}
