/** An EventTarget whose events have names and payloads that the type checker knows. */

/**
 * Events are CustomEvents with the payload in `detail`, so plain `addEventListener` works too.
 * @template {Record<string, any>} Events
 */
export class Emitter extends EventTarget {
  /**
   * Call `listener` with the payload of every event `type`. Returns what takes the listener away again.
   * @template {keyof Events & string} Type
   * @param {Type} type
   * @param {(detail: Events[Type]) => void} listener
   * @returns {() => void}
   */
  on(type, listener) {
    const handler = (/** @type {Event} */ event) => listener(/** @type {CustomEvent} */ (event).detail);
    this.addEventListener(type, handler);
    return () => this.removeEventListener(type, handler);
  }

  /**
   * @template {keyof Events & string} Type
   * @param {Type} type
   * @param {Events[Type]} detail
   */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
