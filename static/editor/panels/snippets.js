/** How anyone can get the same frame and the same digest outside this page. */

import { shellQuoted } from "../../shared/core/shell.js";

/** @typedef {{file: string, stream: number, frame: number, pixelFormat: string}} Where */

/**
 * A Python program with nothing but PyAV.
 * @param {Where} where
 */
export function pyavSnippet({ file, stream, frame }) {
  return `import av, hashlib

def pictures(container, stream):
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            pass  # damaged: go on with the next

with av.open(${JSON.stringify(file)}) as container:
    stream = container.streams[${stream}]  # by its index in the file
    for number, picture in enumerate(pictures(container, stream)):
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
