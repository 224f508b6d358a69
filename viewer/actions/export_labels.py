"""Labels out: of one data unit or of a dataset, in pieces, with memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import orjson

from viewer.actions.read_table import read_table
from viewer.labels.formats import coco, onframe_json
from viewer.labels.formats.source import ExportedUnit
from viewer.labels.tracks import Track
from viewer.media.frame_table import DIGEST_SIZE, NO_DIGEST, FrameTable, digest_at
from viewer.models import Dataset, DataUnit, FrameTableRow, LabelRecord, LabelRow, Ontology

FORMATS = ("json", "coco")
FRAMES = ("keyframes", "all")


def export_labels(dataset: Dataset, units: Iterable[DataUnit], *, format: str, frames: str) -> Iterator[bytes]:
    """The export in chunks. `format` is one of FORMATS, `frames` of FRAMES. Give units with `table__file`."""
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

    def __init__(self, row: FrameTableRow):
        self._table = read_table(row)
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
    row = LabelRow.objects.filter(data_unit=unit).order_by("-id").first()
    about: dict[str, Any] = {
        "id": unit.pk,
        "title": unit.title,
        "sha256": unit.file_id,
        "size": unit.file.size,
        "label_row": row.pk if row else None,
        "revision": row.revision if row else 0,
    }
    if unit.table is None:
        return ExportedUnit(about | {"video": None, "table": None}, unit.title, 1, 1, None, iter(()))
    table = read_table(unit.table)
    width, height = (table.width, table.height) if table.rotation % 180 == 0 else (table.height, table.width)
    about |= {"video": _video(table, width, height), "table": _table(unit.table)}
    tracks = _tracks(row) if row else iter(())
    return ExportedUnit(about, unit.title, width, height, _TableFrames(unit.table), tracks)


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


def _tracks(row: LabelRow) -> Iterator[Track]:
    """One track after another, each whole, read from the database as they are asked for."""
    records = LabelRecord.objects.filter(label_row=row, value__isnull=False).order_by("track")
    rows = records.values_list("track", "kind", "record", "value").iterator(chunk_size=1000)
    for id, group in groupby(rows, key=lambda each: each[0]):
        own, others = None, []
        for _, kind, record, text in group:
            value = orjson.loads(text)
            if kind == "track":
                own = value
            else:
                others.append((kind, record, value))
        if own is not None:
            yield Track.of(id, own, others)
