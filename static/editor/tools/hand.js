/** The tool in hand: tells it what the pointer does, gives its gesture up when it is put away, says what the cursor is. */

import { boxTool } from "./box_tool.js";
import { Machine } from "./machine.js";
import { selectCursor, selectTool } from "./select_tool.js";

/** @import {ToolContext, Pointer} from "./tool_context.js" */

export class Hand {
  #editor;
  #machines;
  /** @type {"select" | "box"} */
  #holding = "select";
  /** @type {Pointer | null} */
  pointer = null;

  /** @param {ToolContext} editor */
  constructor(editor) {
    this.#editor = editor;
    this.#machines = { select: new Machine(selectTool(editor)), box: new Machine(boxTool(editor)) };
    editor.session.on("change", () => this.#takeUp());
    // Undone or overtaken from elsewhere: the tool must not go on with a gesture that is over.
    editor.placement.on("change", () => {
      if (!editor.placement.open && PLACING.has(this.#machine.state)) this.cancel();
    });
  }

  get #machine() {
    return this.#machines[this.#holding];
  }

  /** In the middle of a gesture. */
  get busy() {
    return this.#machine.busy;
  }

  /**
   * @param {"press" | "move" | "up" | "enter"} event
   * @param {Pointer} [pointer]
   */
  send(event, pointer) {
    if (pointer) this.pointer = pointer;
    return this.#machine.send(event, pointer);
  }

  cancel() {
    return this.#machine.send("cancel");
  }

  /** The pointer has left the picture. */
  leave() {
    this.pointer = null;
    if (this.#editor.session.hovered !== null) this.#editor.session.set({ hovered: null });
  }

  /** What the pointer would do here, as a CSS cursor. */
  get cursor() {
    const { placement } = this.#editor;
    if (this.#holding === "box") return !placement.open && placement.problem !== null ? "not-allowed" : "crosshair";
    if (this.#machine.state === "moving") return "grabbing";
    return this.pointer === null ? "default" : selectCursor(this.#editor, this.pointer);
  }

  #takeUp() {
    const { tool } = this.#editor.session;
    if (tool === this.#holding) return;
    const old = this.#machine;
    this.#holding = tool;
    // A finished box hands over while its own event is still being answered: that is no giving up.
    queueMicrotask(() => {
      if (old.busy) old.send("cancel");
    });
  }
}

/** States in which a gesture of Placement is open. */
const PLACING = new Set(["resizing", "moving", "pressed", "dragging", "stretching", "closing"]);
