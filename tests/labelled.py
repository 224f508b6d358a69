"""Builds a data unit that can be labelled, with a small frame table, and labels for it."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from viewer.actions.open_label_row import open_label_row
from viewer.media.frame_table import NO_LABEL, START, Colour, FrameTable
from viewer.media.reading import read_video
from viewer.models import (
    Dataset,
    DatasetMember,
    DataUnit,
    FrameTableRow,
    LabelRow,
    Ontology,
    StoredFile,
    User,
)

CLASSES = [
    {"id": 1, "name": "car", "color": "#e69f00", "shape": "box"},
    {"id": 2, "name": "person", "color": "#56b4e9", "shape": "box"},
]


def frame_table(frame_count: int = 50, *, first_pts: int = 0, step: int = 512, flags: dict[int, int] | None = None):
    """A table of which frame n is in packet n + 1 (n odd) or n - 1 (n even), as with B-frames."""
    pts = [first_pts + step * n for n in range(frame_count)]
    frame_flags = [NO_LABEL if p < 0 else 0 for p in pts]
    for frame, flag in (flags or {}).items():
        frame_flags[frame] |= flag
    swapped = [n + 1 if n % 2 and n + 1 < frame_count else n - 1 if n and n % 2 == 0 else n for n in range(frame_count)]
    return FrameTable(
        size=1000 * frame_count,
        stream=0,
        time_base=Fraction(1, 12800),
        codec="h264",
        pixel_format="yuv420p",
        width=320,
        height=240,
        rotation=0,
        sample_aspect_ratio=Fraction(1),
        colour=Colour("bt709", "bt709", "bt709", False),
        runs=(),
        media="file",
        media_size=1000 * frame_count,
        libraries={"libavcodec": "62.11.100"},
        packet_pos=[1000 * n for n in range(frame_count)],
        packet_size=[1000] * frame_count,
        packet_flags=[START] + [0] * (frame_count - 1),
        frame_pts=pts,
        frame_packet=swapped,
        frame_second_packet=[0] * frame_count,
        frame_flags=frame_flags,
    )


def digest(frame: int) -> bytes:
    return hashlib.sha256(str(frame).encode()).digest()[:16]


def store_table(
    file: StoredFile,
    table: FrameTable,
    *,
    proved: int | None = None,
    digests: bytes | None = None,
    **fields: Any,
) -> FrameTableRow:
    proved = table.frame_count if proved is None else proved
    content = table.to_bytes()
    row = FrameTableRow(
        file=file,
        stream_index=table.stream,
        algorithm=table.algorithm,
        libraries=table.libraries,
        content_sha256=hashlib.sha256(content + uuid.uuid4().bytes).hexdigest(),
        frame_count=table.frame_count,
        proved=proved,
        state=FrameTableRow.VERIFIED if proved == table.frame_count else FrameTableRow.PROVISIONAL,
        **fields,
    )
    row.frames_path.parent.mkdir(parents=True, exist_ok=True)
    row.frames_path.write_bytes(content)
    row.digests_path.write_bytes(b"".join(map(digest, range(proved))) if digests is None else digests)
    row.save()
    return row


@dataclass
class Labelled:
    """A label row, the table that its frames are of, and someone who may label it."""

    row: LabelRow
    table: FrameTable
    user: User
    digests: bytes | None = None  # None: those of `digest`

    @property
    def unit(self) -> DataUnit:
        return self.row.data_unit

    def receipt(self, frame: int, **fields: Any) -> dict[str, Any]:
        return {
            "table": self.unit.table_id,
            "frame": frame,
            "pts": self.table.frame_pts[frame],
            "packet": self.table.frame_packet[frame],
            "proof": "browser_digest",
            "digest": (self.digests[16 * frame : 16 * frame + 16] if self.digests else digest(frame)).hex(),
        } | fields

    def track(self, id: str, base: int | str = 0, **fields: Any) -> dict[str, Any]:
        return {"kind": "track", "id": id, "base": base, "value": {"class": 1, "number": 1} | fields}

    def keyframe(
        self,
        track: str,
        frame: int,
        *,
        id: str | None = None,
        base: int | str = 0,
        x: float = 1,
        **fields: Any,
    ) -> dict[str, Any]:
        value = {
            "track": track,
            "frame": frame,
            "shape": {"type": "box", "x": x, "y": 2.5, "width": 30, "height": 40},
            "interpolation": "linear",
            "occluded": False,
            "receipt": self.receipt(frame) if frame < self.table.frame_count else {},
        }
        return {"kind": "keyframe", "id": id or new_id(), "base": base, "value": value | fields}

    def range(
        self, track: str, first: int, last: int | None, *, id: str | None = None, base: int | str = 0
    ) -> dict[str, Any]:
        value = {
            "track": track,
            "type": "outside",
            "first": first,
            "last": last,
            "receipt": self.receipt(first),
        }
        return {"kind": "range", "id": id or new_id(), "base": base, "value": value}


def labelled(table: FrameTable | None = None, *, proved: int | None = None, content: bytes = b"a video") -> Labelled:
    table = table or frame_table()
    number = Dataset.objects.count() + 1
    user = User.objects.create_user(f"annotator{number}", password="a good long password")
    dataset = Dataset.objects.create(title=f"Street {number}")
    DatasetMember.objects.create(dataset=dataset, user=user, role=DatasetMember.ANNOTATOR)
    Ontology.objects.create(dataset=dataset, classes=CLASSES)
    sha256 = hashlib.sha256(content).hexdigest()
    file, _ = StoredFile.objects.get_or_create(sha256=sha256, defaults={"size": table.size})
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_bytes(content)
    row = store_table(file, table, proved=proved)
    unit = DataUnit.objects.create(
        dataset=dataset, title="clip.mp4", file=file, table=row, state=DataUnit.READY, facts={}
    )
    return Labelled(open_label_row(unit), table, user)


def new_id() -> str:
    return str(uuid.uuid4())


def change(*records: dict[str, Any], id: str | None = None) -> dict[str, Any]:
    return {"id": id or new_id(), "records": list(records)}


def body(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"changes": list(changes)}


def deleted(record: dict[str, Any], base: int | str) -> dict[str, Any]:
    return record | {"base": base, "value": None}


def tiny_video(path: Path, *, frames: int = 40) -> Path:
    """160x96 H.264 with B-frames and an uneven rate; every picture is another."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(
            "libx264", rate=30, options={"preset": "ultrafast", "x264-params": "bframes=2:keyint=15"}
        )
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 90_000)
        for n in range(frames):
            frame = av.VideoFrame(160, 96, "yuv420p")
            for plane, shade in zip(frame.planes, (16 + 5 * n, 128, 90 + n), strict=True):
                plane.update(bytes([shade % 256]) * plane.buffer_size)
            frame.pts, frame.time_base = 3000 * n + 700 * (n % 3), Fraction(1, 90_000)
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return path


def damage(video: Path, packet: int) -> None:
    """Overwrite a packet."""
    table = read_video(video, fast=True).table
    with video.open("rb+") as file:
        file.seek(table.packet_pos[packet])
        file.write(b"\xff" * table.packet_size[packet])


def labelled_video(tmp_path: Path, *, damaged_packet: int | None = None) -> Labelled:
    """A real video with its real frame table."""
    path = tiny_video(tmp_path / "tiny.mp4")
    if damaged_packet is not None:
        damage(path, damaged_packet)
    read = read_video(path)
    on = labelled(read.table, content=path.read_bytes())
    on.unit.table.digests_path.write_bytes(read.digests)
    on.digests = read.digests
    return on
