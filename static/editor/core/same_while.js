/** Answers that cost something, kept as long as what they depend on is the same. */

/**
 * @template T
 * @param {() => readonly unknown[]} causes  compared one by one, by identity
 * @param {() => T} make
 * @returns {() => T}  the same T as long as the causes are the same
 */
export function sameWhile(causes, make) {
  /** @type {{causes: readonly unknown[], made: T} | null} */
  let last = null;
  return () => {
    const now = causes();
    if (last === null || now.some((cause, at) => cause !== last?.causes[at])) last = { causes: now, made: make() };
    return last.made;
  };
}
