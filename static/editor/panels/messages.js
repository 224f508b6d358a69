/** Sentences for the user: the last one stays for a while, and screen readers hear each. */

const STAYS = 5000; // milliseconds; longer for longer sentences

export class Messages {
  #host;
  /** @type {{element: HTMLElement, timer: ReturnType<typeof setTimeout>, refusal: boolean} | null} */
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
    return this.#show(sentence, false);
  }

  /** Why something is not done now: of no use any more as soon as something is, see `settle`. @param {string} sentence */
  refuse(sentence) {
    this.#show(sentence, true);
  }

  /** Something is done, or the user has read enough: a refusal that still stands there goes. */
  settle() {
    if (this.#shown?.refusal) this.#drop();
  }

  /** @param {string} sentence @param {boolean} refusal */
  #show(sentence, refusal) {
    this.#drop();
    const element = document.createElement("div");
    element.className = "toast";
    element.textContent = sentence;
    this.#host.append(element);
    const shown = { element, timer: setTimeout(() => this.#drop(), STAYS + 40 * sentence.length), refusal };
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
