/** Command lines for any POSIX shell, to be run outside this page. */

/**
 * The command that makes a file that can be labelled. Every frame stays, each with its time.
 * @param {{title: string, facts: {width?: number, height?: number}}} dataUnit
 */
export function convertCommand({ title, facts }) {
  // FFmpeg takes what begins with "-" for an option, and what stands before ":" for a protocol.
  const name = /^-|:/.test(title) ? `./${title}` : title;
  const made = `${name.replace(/(?<=[^/])\.[^.]*$/, "")}-h264.mp4`;
  const odd = (facts.width ?? 0) % 2 || (facts.height ?? 0) % 2; // yuv420p has none such
  const filter = odd ? " -vf 'pad=ceil(iw/2)*2:ceil(ih/2)*2'" : "";
  return `ffmpeg -i ${shellQuoted(name)} -map 0:v:0${filter} -c:v libx264 -crf 16 -preset medium -pix_fmt yuv420p -fps_mode passthrough -an -movflags +faststart ${shellQuoted(made)}`;
}

/** @param {string} text */
export function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
