"""Check an export of labels against the video file, with nothing but PyAV: python check_export.py export.json video.mp4

Decodes the video and says whether the picture at each label's frame number has the label's PTS and digest.
"""

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator

import av


def digest(frame: av.VideoFrame) -> str:
    """SHA-256, cut to 16 bytes, of plane 0: visible rectangle, rows packed, the palette after it."""
    plane, shape = frame.planes[0], frame.format
    if shape.is_planar and not shape.has_palette:
        row = frame.width * ((shape.components[0].bits + 7) // 8)
    else:
        row = (frame.width * shape.padded_bits_per_pixel + 7) // 8
    data, stride = bytes(plane), plane.line_size
    packed = b"".join(data[y * stride : y * stride + row] for y in range(frame.height))
    if shape.has_palette:
        packed += bytes(frame.planes[1])
    return hashlib.sha256(packed).digest()[:16].hex()


def pictures(container: av.container.InputContainer, stream: int) -> Iterator[av.VideoFrame]:
    """As a player goes on after damage: a frame's number counts the pictures that come out."""
    for packet in container.demux(container.streams[stream]):
        with contextlib.suppress(av.error.InvalidDataError):
            yield from packet.decode()


def main(export: str, video: str) -> int:
    with open(video, "rb") as file:  # noqa: PTH123
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with open(export) as file:  # noqa: PTH123
        units = [unit for unit in json.load(file)["data_units"] if unit["sha256"] == sha256]
    if not units:
        print("The export has no labels of this file.")
        return 2
    labels = [label for unit in units for track in unit["tracks"] for label in track["frames"]]
    wanted, found = {label["frame"] for label in labels}, {}
    with av.open(video) as container:
        for number, frame in enumerate(pictures(container, units[0]["video"]["stream"])):
            if number in wanted:
                found[number] = (frame.pts, digest(frame))
    wrong = [label for label in labels if found.get(label["frame"]) != (label["pts"], label["digest"])]
    for label in wrong:
        print(f"frame {label['frame']}: {(label['pts'], label['digest'])} is {found.get(label['frame'])} in the file")
    print(f"{len(labels) - len(wrong)} of {len(labels)} labels are on their frame.")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("Use: python check_export.py export.json video.mp4")
    sys.exit(main(sys.argv[1], sys.argv[2]))
