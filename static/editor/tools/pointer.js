/** Mouse, pen and fingers on the picture: panning and zooming are done here, the rest is told to the tool in hand. */

/** @import {Point, Viewport} from "../render/viewport.js" */
/** @import {Pointer} from "./tool_context.js" */

/**
 * `tool` receives press, move and up; `cancelTool` gives its gesture up. `menu` is asked for at a place on the window,
 * without a pointer from the keyboard, and answers whether there is one. `spaceHeld` turns a press into panning.
 * @typedef {{element: HTMLElement, viewport: Viewport, density: () => number, tool: (event: "press" | "move" | "up", pointer: Pointer) => void,
 *   cancelTool: () => void, spaceHeld: () => boolean, spaceUsed: () => void, menu: (pointer: Pointer | null, spot: Point) => boolean, doubleClick: (pointer: Pointer) => void, step: (by: 1 | -1) => void,
 *   left: () => void}} Hands
 */

const ZOOM = 0.0016; // a notch of a usual wheel (100) is 17 %
const PINCH = 0.01; // trackpads tell of pinching as small turns of the wheel with Ctrl
const NOTCH = 60; // wheel units a frame when stepping

export class PointerInput {
  #hands;
  /** @type {"none" | "tool" | "pan" | "pinch"} */
  #doing = "none";
  /** Where each finger is, CSS pixels. @type {Map<number, Point>} */
  #touches = new Map();
  #last = { x: 0, y: 0 };
  #wheel = 0;

  /** @param {Hands} hands */
  constructor(hands) {
    this.#hands = hands;
    const { element } = hands;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", (event) => this.#up(event, true));
    element.addEventListener("pointerleave", () => hands.left());
    element.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
    element.addEventListener("dblclick", (event) => hands.doubleClick(this.#pointer(event)));
    element.addEventListener("contextmenu", (event) => {
      const fromKeys = event instanceof PointerEvent && event.pointerType === "";
      if (hands.menu(fromKeys ? null : this.#pointer(event), { x: event.clientX, y: event.clientY })) event.preventDefault();
    });
    // The middle button would otherwise start the browser's own scrolling.
    element.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault());
  }

  get panning() {
    return this.#doing === "pan" || this.#doing === "pinch";
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const { element, tool, cancelTool, spaceHeld, spaceUsed } = this.#hands;
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") {
      this.#touches.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (this.#touches.size === 2) {
        cancelTool();
        this.#doing = "pinch";
        return;
      }
    }
    this.#last = { x: event.clientX, y: event.clientY };
    if (event.button === 1 || (event.button === 0 && spaceHeld())) {
      event.preventDefault();
      if (event.button === 0) spaceUsed();
      this.#doing = "pan";
    } else if (event.button === 0 && this.#doing === "none") {
      this.#doing = "tool";
      tool("press", this.#pointer(event));
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (this.#doing === "pinch") this.#pinch(event);
    else if (this.#doing === "pan") {
      const density = this.#hands.density();
      this.#hands.viewport.panBy((event.clientX - this.#last.x) * density, (event.clientY - this.#last.y) * density);
      this.#last = { x: event.clientX, y: event.clientY };
    } else this.#hands.tool("move", this.#pointer(event));
  }

  /**
   * @param {PointerEvent} event
   * @param {boolean} [given]  the system took the pointer away
   */
  #up(event, given = false) {
    this.#touches.delete(event.pointerId);
    const done = this.#doing;
    if (done === "pinch" && this.#touches.size > 0) return;
    if (done === "tool" && event.button !== 0 && !given) return; // another button while drawing
    this.#doing = "none";
    if (done !== "tool") return;
    if (given) this.#hands.cancelTool();
    else this.#hands.tool("up", this.#pointer(event));
  }

  /** Two fingers: what was between them stays between them. @param {PointerEvent} event */
  #pinch(event) {
    const before = this.#touches.get(event.pointerId);
    if (!before) return;
    const other = [...this.#touches].find(([id]) => id !== event.pointerId)?.[1];
    const now = { x: event.clientX, y: event.clientY };
    this.#touches.set(event.pointerId, now);
    if (!other) return;
    const density = this.#hands.density();
    const box = this.#hands.element.getBoundingClientRect();
    const middle = { x: ((now.x + other.x) / 2 - box.left) * density, y: ((now.y + other.y) / 2 - box.top) * density };
    this.#hands.viewport.panBy(((now.x - before.x) / 2) * density, ((now.y - before.y) / 2) * density);
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    if (was > 0) this.#hands.viewport.zoomAt(middle, Math.hypot(now.x - other.x, now.y - other.y) / was);
  }

  /** @param {WheelEvent} event */
  #turn(event) {
    event.preventDefault();
    const turned = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY;
    if (event.shiftKey) {
      this.#wheel += turned || event.deltaX;
      while (Math.abs(this.#wheel) >= NOTCH) {
        const by = this.#wheel > 0 ? 1 : -1;
        this.#wheel -= by * NOTCH;
        if (Math.abs(this.#wheel) < NOTCH) this.#wheel = 0; // a notch of 100 is one frame, not one and a rest
        this.#hands.step(by);
      }
      return;
    }
    const pinched = event.ctrlKey && Math.abs(turned) < 50;
    this.#hands.viewport.zoomAt(this.#pointer(event).canvasPoint, Math.exp(-turned * (pinched ? PINCH : ZOOM)));
  }

  /**
   * @param {MouseEvent} event
   * @returns {Pointer}
   */
  #pointer(event) {
    const { element, viewport, density } = this.#hands;
    const box = element.getBoundingClientRect();
    const canvasPoint = { x: (event.clientX - box.left) * density(), y: (event.clientY - box.top) * density() };
    return {
      canvasPoint,
      point: viewport.canvasToImage(canvasPoint),
      shift: event.shiftKey,
      ctrl: event.ctrlKey || event.metaKey,
      alt: event.altKey,
    };
  }
}
