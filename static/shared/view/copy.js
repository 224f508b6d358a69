/** Putting text where it can be pasted from. */

/**
 * Rejects where the page is not secure and nothing can be copied.
 * @param {string} text
 */
export async function copyText(text) {
  if (!navigator.clipboard) throw new Error("no clipboard");
  await navigator.clipboard.writeText(text);
}

/**
 * Copy, and say how it went.
 * @param {string} text
 * @param {(sentence: string) => void} say
 */
export function copyAndSay(text, say) {
  return copyText(text).then(
    () => say("Copied."),
    () => say("The browser does not allow copying here: select the text instead."),
  );
}
