"""Where each frame of a video stands in time and in the file, and where decoding may start (docs/frame-table.md)."""

from __future__ import annotations

import base64
import json
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

from viewer.media.errors import FrameOutOfRange, MediaError

MAGIC = b"OFT1"
VERSION = 1  # of the wire format
ALGORITHM = 1  # of the rules that build a table; a higher one has existing tables built again
DIGEST_SIZE = 16
NO_DIGEST = bytes(DIGEST_SIZE)

# packet_flags
START, KEY, LEADING, SKIP = 1, 2, 4, 8
# frame_flags; the two lowest bits are the picture type
TYPE_MASK, TYPE_I, TYPE_P, TYPE_B = 3, 1, 2, 3
UNCLEAN, PTS_GUESSED, NO_LABEL = 4, 8, 16


@dataclass(frozen=True, slots=True)
class Colour:
    """How YUV becomes RGB, in the names of WebCodecs' VideoColorSpace. Server and browser both go by it."""

    matrix: str
    primaries: str
    transfer: str
    full_range: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Packets that share one decoder configuration and one picture size, from `first_packet` on."""

    first_packet: int
    codec_string: str | None  # for WebCodecs; None where it has no name for the codec
    description: bytes | None
    width: int
    height: int
    sample_aspect_ratio: Fraction


@dataclass(frozen=True)
class FrameTable:
    """The frames of one video stream, in presentation order, and its packets, in decode order.

    A frame is a position in `frame_pts`, never computed from a frame rate: variable rates need no special case.
    """

    size: int  # bytes of the file
    stream: int
    time_base: Fraction  # seconds a tick
    codec: str
    pixel_format: str
    width: int  # visible decoded picture, before rotation
    height: int
    rotation: int  # degrees clockwise that a player turns the picture
    sample_aspect_ratio: Fraction
    colour: Colour
    runs: tuple[Run, ...]
    media: str  # "file"; "side" where the file's byte ranges are not the packets; "none": only inspected
    media_size: int
    libraries: dict[str, str]
    packet_pos: Sequence[int]
    packet_size: Sequence[int]
    packet_flags: Sequence[int]
    frame_pts: Sequence[int]
    frame_packet: Sequence[int]
    frame_second_packet: Sequence[int]  # 0, or distance to the second field's packet
    frame_flags: Sequence[int]
    algorithm: int = field(default=ALGORITHM)

    @property
    def frame_count(self) -> int:
        return len(self.frame_pts)

    @property
    def packet_count(self) -> int:
        return len(self.packet_size)

    @cached_property
    def starts(self) -> list[int]:
        """Packets that decoding may begin at."""
        return [n for n, flags in enumerate(self.packet_flags) if flags & START]

    def seconds(self, frame: int) -> Fraction:
        return self.frame_pts[frame] * self.time_base

    def start_of(self, frame: int) -> int | None:
        """Return the packet to begin decoding at so that `frame` comes out whole, or None if there is none."""
        if not 0 <= frame < self.frame_count:
            raise FrameOutOfRange(frame, self.frame_count)
        packet = self.frame_packet[frame]
        at = bisect_right(self.starts, packet) - 1
        if at >= 0 and self.packet_flags[packet] & LEADING:
            at -= 1  # it refers to pictures before the start that it follows
        return self.starts[at] if at >= 0 else None

    def packets_from(self, start: int, stop: int) -> Iterable[int]:
        """The packets to feed, in order, when decoding begins at `start` and ends before `stop`."""
        leading = True  # until a picture follows that does not depend on what stood before `start`
        for n in range(start, stop):
            flags = self.packet_flags[n]
            if flags & SKIP or (n > start and leading and flags & LEADING):
                continue
            if n > start and flags & START:
                leading = False
            yield n

    def may_label(self, frame: int) -> bool:
        return not self.frame_flags[frame] & (NO_LABEL | UNCLEAN)

    # -- wire format ------------------------------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """The `frames` section."""
        ends = [pos + size for pos, size in zip(self.packet_pos, self.packet_size, strict=True)]
        gaps = [pos - end for pos, end in zip(self.packet_pos, [0, *ends], strict=False)]
        columns = [
            _plain("packet_gap", gaps),
            _plain("packet_size", self.packet_size),
            _plain("packet_flags", self.packet_flags),
            _delta("frame_pts", self.frame_pts),
            _plain("frame_packet", [packet - frame for frame, packet in enumerate(self.frame_packet)]),
            _plain("frame_second_packet", self.frame_second_packet),
            _plain("frame_flags", self.frame_flags),
        ]
        offset, described, bodies = 0, [], []
        for column, body in columns:
            described.append(column | {"offset": offset})
            bodies.append(body + bytes(-len(body) % 8))
            offset += len(bodies[-1])
        header = json.dumps(self._header() | {"columns": described}, separators=(",", ":")).encode()
        header += b" " * (-(8 + len(header)) % 8)
        return b"".join([MAGIC, len(header).to_bytes(4, "little"), header, *bodies])

    def _header(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "algorithm": self.algorithm,
            "size": self.size,
            "stream": self.stream,
            "time_base": _pair(self.time_base),
            "codec": self.codec,
            "pixel_format": self.pixel_format,
            "width": self.width,
            "height": self.height,
            "rotation": self.rotation,
            "sample_aspect_ratio": _pair(self.sample_aspect_ratio),
            "colour": {
                "matrix": self.colour.matrix,
                "primaries": self.colour.primaries,
                "transfer": self.colour.transfer,
                "full_range": self.colour.full_range,
            },
            "runs": [
                {
                    "first_packet": run.first_packet,
                    "codec_string": run.codec_string,
                    "description": base64.b64encode(run.description).decode() if run.description else None,
                    "width": run.width,
                    "height": run.height,
                    "sample_aspect_ratio": _pair(run.sample_aspect_ratio),
                }
                for run in self.runs
            ],
            "media": self.media,
            "media_size": self.media_size,
            "packet_count": self.packet_count,
            "frame_count": self.frame_count,
            "libraries": self.libraries,
        }

    @staticmethod
    def from_bytes(data: bytes) -> FrameTable:
        """Read a `frames` section. Raises MediaError `bad_table` for anything else."""
        try:
            return _parse(data)
        except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
            raise MediaError("bad_table", "The frame table cannot be read; it has to be built again.") from error


def same_until(a: FrameTable, b: FrameTable) -> int:
    """The number of leading frames that are the same in both: PTS, packet bytes, and whether they may be labelled."""
    count = min(a.frame_count, b.frame_count)
    for frame in range(count):
        p, q = a.frame_packet[frame], b.frame_packet[frame]
        if (
            a.frame_pts[frame] != b.frame_pts[frame]
            or a.frame_flags[frame] != b.frame_flags[frame]
            or (a.packet_pos[p], a.packet_size[p]) != (b.packet_pos[q], b.packet_size[q])
        ):
            return frame
    return count


def digest_at(digests: bytes, frame: int) -> str | None:
    """32 hexadecimal digits from a `digests` section; None for a frame that it does not reach."""
    digest = digests[frame * DIGEST_SIZE : (frame + 1) * DIGEST_SIZE]
    return digest.hex() if len(digest) == DIGEST_SIZE else None


# -- columns ----------------------------------------------------------------------------------------------------

_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def _plain(name: str, values: Sequence[int]) -> tuple[dict[str, Any], bytes]:
    base = min(values, default=0)
    width, body = _stored([v - base for v in values] if base else values)
    return {
        "name": name,
        "coding": "plain",
        "width": width,
        "base": base,
        "first": 0,
        "count": len(values),
    }, body


def _delta(name: str, values: Sequence[int]) -> tuple[dict[str, Any], bytes]:
    steps = [b - a for a, b in pairwise(values)]
    base = min(steps, default=0)
    width, body = _stored([0, *(step - base for step in steps)] if values else [])
    first = values[0] if values else 0
    return {
        "name": name,
        "coding": "delta",
        "width": width,
        "base": base,
        "first": first,
        "count": len(values),
    }, body


def _stored(values: Sequence[int]) -> tuple[int, bytes]:
    top = max(values, default=0)
    width = 0 if top == 0 else next(w for w in (1, 2, 4, 8) if top < 1 << (8 * w))
    if width == 0:
        return 0, b""
    body = array(_CODES[width], values)
    if sys.byteorder == "big":
        body.byteswap()
    return width, body.tobytes()


def _read_column(column: dict[str, Any], data: memoryview) -> array[int]:
    count, width, base = column["count"], column["width"], column["base"]
    if width == 0:
        stored = array("q", bytes(8 * count))
    else:
        body = data[column["offset"] : column["offset"] + count * width]
        if len(body) != count * width:
            raise ValueError(f"column {column['name']} is cut off")
        stored = array(_CODES[width])
        stored.frombytes(body)
        if sys.byteorder == "big":
            stored.byteswap()
    if column["coding"] == "plain":
        return array("q", [base + s for s in stored] if base else stored)
    if not count:
        return array("q")
    return array("q", accumulate((base + s for s in stored[1:]), initial=column["first"]))


def _parse(data: bytes) -> FrameTable:
    if data[:4] != MAGIC:
        raise ValueError("not a frame table")
    length = int.from_bytes(data[4:8], "little")
    header = json.loads(data[8 : 8 + length])
    if header["version"] != VERSION:
        raise ValueError(f"version {header['version']}")
    body = memoryview(data)[8 + length :]
    columns = {column["name"]: _read_column(column, body) for column in header["columns"]}
    pos, end = array("q"), 0
    for gap, size in zip(columns["packet_gap"], columns["packet_size"], strict=True):
        pos.append(end + gap)
        end += gap + size
    return FrameTable(
        size=header["size"],
        stream=header["stream"],
        time_base=Fraction(*header["time_base"]),
        codec=header["codec"],
        pixel_format=header["pixel_format"],
        width=header["width"],
        height=header["height"],
        rotation=header["rotation"],
        sample_aspect_ratio=Fraction(*header["sample_aspect_ratio"]),
        colour=Colour(**header["colour"]),
        runs=tuple(
            Run(
                run["first_packet"],
                run["codec_string"],
                base64.b64decode(run["description"]) if run["description"] else None,
                run["width"],
                run["height"],
                Fraction(*run["sample_aspect_ratio"]),
            )
            for run in header["runs"]
        ),
        media=header["media"],
        media_size=header["media_size"],
        libraries=header["libraries"],
        packet_pos=pos,
        packet_size=columns["packet_size"],
        packet_flags=columns["packet_flags"],
        frame_pts=columns["frame_pts"],
        frame_packet=array("q", [frame + d for frame, d in enumerate(columns["frame_packet"])]),
        frame_second_packet=columns["frame_second_packet"],
        frame_flags=columns["frame_flags"],
        algorithm=header["algorithm"],
    )


def _pair(ratio: Fraction) -> list[int]:
    return [ratio.numerator, ratio.denominator]
