/** Who else works on these labels: a chip for each, for a while after their last change. */

const SHOWN_MS = 180_000;

/**
 * @param {HTMLElement} host
 * @returns {(user: {id: number, username: string}) => void}  to be told who has changed something
 */
export function presence(host) {
  /** @type {Map<number, {chip: HTMLElement, timer: ReturnType<typeof setTimeout>}>} */
  const present = new Map();
  return ({ id, username }) => {
    const known = present.get(id);
    clearTimeout(known?.timer);
    const chip = known?.chip ?? document.createElement("span");
    chip.className = "present";
    chip.textContent = username.slice(0, 2).toUpperCase();
    chip.title = `${username} changed labels here at ${new Date().toLocaleTimeString("en-GB")}`;
    if (!known) host.append(chip);
    const timer = setTimeout(() => {
      chip.remove();
      present.delete(id);
    }, SHOWN_MS);
    present.set(id, { chip, timer });
  };
}
