"""Labels out: of one data unit or of a dataset, in pieces, with memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from viewer.actions.read_labels import read_labels
from viewer.actions.read_table import read_table
from viewer.labels.formats import coco, onframe_json
from viewer.labels.formats.source import ExportedUnit
from viewer.media.frame_table import DIGEST_SIZE, NO_DIGEST, FrameTable, digest_at
from viewer.models import Dataset, DataUnit, FrameTableRow, Ontology

FORMATS = ("json", "coco")
FRAMES = ("keyframes", "all")


def export_labels(dataset: Dataset, units: Iterable[DataUnit], *, format: str, frames: str) -> Iterator[bytes]:
    """The export in chunks. `format` is one of FORMATS, `frames` of FRAMES. Give units with `file`."""
    ontology = Ontology.objects.filter(dataset=dataset).first()
    classes = ontology.classes if ontology else []
    head: dict[str, Any] = {
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": {"id": dataset.pk, "title": dataset.title},
    }
    exported = (_exported(unit) for unit in units)
    every_frame = frames == "all"
    if format == "coco":
        return coco.write({"description": dataset.title} | head, classes, exported, every_frame=every_frame)
    return onframe_json.write(head | {"classes": classes}, exported, every_frame=every_frame)


class _TableFrames:
    """A stored frame table as the formats want it."""

    def __init__(self, row: FrameTableRow, table: FrameTable):
        self._table = table
        try:
            self._digests = row.digests_path.read_bytes()[: row.proved * DIGEST_SIZE]
        except FileNotFoundError:  # nothing is proved yet
            self._digests = b""

    @property
    def frame_count(self) -> int:
        return self._table.frame_count

    def pts(self, frame: int) -> int:
        return self._table.frame_pts[frame]

    def seconds(self, frame: int) -> float:
        return float(self._table.seconds(frame))

    def packet(self, frame: int) -> int:
        return self._table.frame_packet[frame]

    def digest(self, frame: int) -> str | None:
        digest = digest_at(self._digests, frame)
        return None if digest == NO_DIGEST.hex() else digest

    def may_label(self, frame: int) -> bool:
        return self._table.may_label(frame)


def _exported(unit: DataUnit) -> ExportedUnit:
    labels = read_labels(unit)
    about: dict[str, Any] = {
        "id": unit.pk,
        "title": unit.title,
        "sha256": unit.file_id,
        "size": unit.file.size,
        "label_row": labels.label_row,
        "revision": labels.revision,
        "to_review": labels.to_review,
    }
    if labels.table is None:
        return ExportedUnit(about | {"video": None, "table": None}, unit.title, 1, 1, None, iter(()))
    table = read_table(labels.table)
    width, height = (table.width, table.height) if table.rotation % 180 == 0 else (table.height, table.width)
    about |= {"video": _video(table, width, height), "table": _table(labels.table)}
    return ExportedUnit(about, unit.title, width, height, _TableFrames(labels.table, table), labels.tracks)


def _video(table: FrameTable, width: int, height: int) -> dict[str, Any]:
    ratio = table.sample_aspect_ratio
    return {
        "stream": table.stream,
        "codec": table.codec,
        "pixel_format": table.pixel_format,
        "frame_count": table.frame_count,
        "time_base": [table.time_base.numerator, table.time_base.denominator],
        "width": width,
        "height": height,
        "rotation": table.rotation,
        "sample_aspect_ratio": [ratio.numerator, ratio.denominator],
    }


def _table(row: FrameTableRow) -> dict[str, Any]:
    return {
        "id": row.pk,
        "state": row.state,
        "proved": row.proved,
        "algorithm": row.algorithm,
        "libraries": row.libraries,
    }
