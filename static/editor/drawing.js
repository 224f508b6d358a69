/** Draws the panels, each as often as it can be read. */

import { render } from "lit-html";
import { classesView } from "./panels/classes.js";
import { ObjectsPanel, selectedView } from "./panels/objects.js";
import { saveStateView } from "./panels/save_state.js";
import { statusBarView } from "./panels/status_bar.js";
import { statusChipView } from "./panels/status_chip.js";
import { Timeline } from "./panels/timeline.js";
import { toolRailView } from "./panels/tool_rail.js";
import { TransportBar } from "./panels/transport_bar.js";
import { progressWords } from "./playback/verification.js";
import { armedClass } from "./tools/box_tool.js";

/** @import {LabelSync} from "./net/label_sync.js" */
/** @import {Live} from "../shared/net/live.js" */
/** @import {PanelContext} from "./panels/panel_context.js" */
/** @import {Stage} from "./render/stage.js" */
/** @import {VideoSource} from "./sources/video_source.js" */
/** @import {ToolContext} from "./tools/tool_context.js" */
/** @import {Hand} from "./tools/hand.js" */

const LISTS_MS = 100; // while it plays nobody reads lists faster
const SMALL_SAMPLE = 30_000; // bytes; what is smaller says more of the latency than of the rate

/**
 * @param {{panelContext: PanelContext, toolContext: ToolContext, hand: Hand, stage: Stage, source: VideoSource, live: Live, sync: LabelSync | null,
 *   element: (id: string) => HTMLElement, panning: () => boolean}} parts  `panning`: the hand drags the picture, not shapes
 * @returns {{draw: () => void, transportBar: TransportBar}}
 */
export function panels({ panelContext, toolContext, hand, stage, source, live, sync, element, panning }) {
  const transportBar = new TransportBar(element("transport"), element("scrub"), panelContext);
  const objects = sync ? new ObjectsPanel(element("objects"), panelContext) : null;
  const timeline = sync ? new Timeline(element("timeline"), panelContext) : null;
  let listsDrawn = 0;
  /** @type {number | null} */
  let bitsPerSecond = null;
  source.addEventListener("buffered", panelContext.invalidate);
  source.addEventListener("sample", (event) => {
    const { bytes, seconds } = /** @type {CustomEvent} */ (event).detail;
    const rate = (8 * bytes) / seconds;
    if (seconds > 0 && bytes > SMALL_SAMPLE) bitsPerSecond = bitsPerSecond === null ? rate : 0.7 * bitsPerSecond + 0.3 * rate;
    panelContext.invalidate();
  });

  function drawStatus() {
    const { viewport, placement, session } = toolContext;
    const { width, height } = viewport.picture;
    const verification = panelContext.verification();
    const status = {
      facts: panelContext.dataUnit.facts, frames: panelContext.frames, bitsPerSecond, zoom: stage.picture ? viewport.scale : null, pointer: hand.pointer?.point ?? null,
      insecure: !isSecureContext, verifying: verification ? progressWords(verification) : null, live: live.state,
    };
    render(statusBarView(status), element("status-bar"));
    const problem = session.tool === "box" && !placement.open ? placement.problem : null;
    element("corner").textContent = problem ?? (stage.picture ? `${width} × ${height}` : "");
    element("overlay").style.cursor = panning() ? "grab" : hand.cursor;
  }

  function draw() {
    transportBar.draw();
    transportBar.syncCounter();
    render(statusChipView(panelContext), element("status"));
    timeline?.draw();
    drawStatus();
    const now = performance.now();
    if (sync === null || (panelContext.playing().playing && now - listsDrawn < LISTS_MS)) return;
    listsDrawn = now;
    render(toolRailView(panelContext), element("tools"));
    render(classesView(panelContext, armedClass(toolContext)), element("classes"));
    render(selectedView(panelContext), element("selected"));
    objects?.draw();
    render(saveStateView(sync.state, () => element("conflicts").querySelector("button")?.focus()), element("save-state"));
  }

  return { draw, transportBar };
}
