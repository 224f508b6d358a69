/** How anyone can get the same frame and the same digest outside this page. */

/** @typedef {{file: string, stream: number, frame: number, pixelFormat: string}} Where */

/**
 * A Python program with nothing but PyAV.
 * @param {Where} where
 */
export function pyavSnippet({ file, stream, frame }) {
  return `import av, hashlib

with av.open(${JSON.stringify(file)}) as container:
    stream = container.streams[${stream}]  # by its index in the file
    for number, picture in enumerate(container.decode(stream)):
        if number == ${frame}:
            break

plane, format = picture.planes[0], picture.format
if format.is_planar and not format.has_palette:
    row = picture.width * ((format.components[0].bits + 7) // 8)
else:
    row = (picture.width * format.padded_bits_per_pixel + 7) // 8
rows, stride = memoryview(plane), plane.line_size
data = b"".join(rows[y * stride : y * stride + row] for y in range(picture.height))
if format.has_palette:
    data += bytes(picture.planes[1])
print(number, picture.pts, hashlib.sha256(data).hexdigest()[:32])
`;
}

/**
 * One command line; the first 32 digits of its last column are the digest.
 * @param {Where} where
 */
export function ffmpegSnippet({ file, stream, frame, pixelFormat }) {
  const plane = /^gbr/.test(pixelFormat) ? ",extractplanes=g" : /^(yuv|nv|gray|y\d)/.test(pixelFormat) ? ",extractplanes=y" : "";
  return `ffmpeg -v error -noautorotate -i ${shellQuoted(file)} -map 0:${stream} -fps_mode passthrough \\
  -vf 'select=eq(n\\,${frame})${plane}' -frames:v 1 -f framehash -hash sha256 -
`;
}

/**
 * The command that makes a file that can be labelled, for any POSIX shell. Every frame stays, each with its time.
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
function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
