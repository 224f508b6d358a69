/** How anyone can get the same frame and the same digest outside this page. */

/** @typedef {{file: string, stream: number, frame: number, pixelFormat: string}} Where */

/**
 * A Python program with nothing but PyAV.
 * @param {Where} where
 */
export function pyavSnippet({ file, stream, frame }) {
  return `import av, hashlib

with av.open(${JSON.stringify(file)}) as container:
    stream = container.streams[${stream}]
    for number, picture in enumerate(container.decode(stream)):
        if number == ${frame}:
            break

plane = picture.planes[0]  # as decoded: before any rotation
sample = len(bytes(plane)) // (plane.line_size * plane.height) and picture.format.components[0].bits > 8 and 2 or 1
if picture.format.is_rgb and not picture.format.is_planar:
    sample = picture.format.padded_bits_per_pixel // 8
rows = memoryview(plane).cast("B")
row = plane.width * sample
data = b"".join(rows[y * plane.line_size : y * plane.line_size + row] for y in range(plane.height))
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

/** @param {string} text */
function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
