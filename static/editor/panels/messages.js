/** Sentences for the user: the last one stays for a while, and screen readers hear each. */

const STAYS = 5000; // milliseconds; longer for longer sentences

export class Messages {
  #host;
  /** @type {{element: HTMLElement, timer: ReturnType<typeof setTimeout>} | null} */
  #shown = null;

  /** @param {HTMLElement} host  a polite live region */
  constructor(host) {
    this.#host = host;
  }

  /**
   * @param {string} sentence
   * @returns {() => void} takes it away, if it is still there
   */
  say(sentence) {
    this.#drop();
    const element = document.createElement("div");
    element.className = "toast";
    element.textContent = sentence;
    this.#host.append(element);
    const shown = { element, timer: setTimeout(() => this.#drop(), STAYS + 40 * sentence.length) };
    this.#shown = shown;
    return () => {
      if (this.#shown === shown) this.#drop();
    };
  }

  #drop() {
    if (!this.#shown) return;
    clearTimeout(this.#shown.timer);
    this.#shown.element.remove();
    this.#shown = null;
  }
}
