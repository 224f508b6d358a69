"""Decode videos again and say of every label whether it is on the frame that its author saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from viewer.actions.read_table import read_table
from viewer.actions.sandboxed import limits, sandbox
from viewer.actions.store_file import sha256_of
from viewer.media.errors import MediaError
from viewer.media.frame_table import digest_at
from viewer.media.sandbox import Verified
from viewer.models import DataUnit, LabelRecord


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a sentence; None where the label is proved."""

    record: str
    kind: str
    track: str
    frame: int
    proof: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class UnitVerdict:
    data_unit: DataUnit
    verdicts: list[Verdict]

    @property
    def failed(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.reason is not None]


def verify_labels(units: Iterable[DataUnit]) -> Iterator[UnitVerdict]:
    """One verdict a data unit that has labels. Give units with `file` and `table__file`."""
    for unit in units:
        records = LabelRecord.objects.filter(label_row__data_unit=unit, value__isnull=False)
        rows = records.exclude(kind="track").order_by("track", "frame").values_list("record", "kind", "value")
        labels = [(record, kind, orjson.loads(value)) for record, kind, value in rows if value]
        if labels:
            yield UnitVerdict(unit, _verdicts(unit, labels))


def _verdicts(unit: DataUnit, labels: list[tuple[str, str, dict[str, Any]]]) -> list[Verdict]:
    try:
        decoded: Verified | str = _decode(unit)
    except MediaError as error:
        decoded = error.sentence
    verdicts = []
    for record, kind, value in labels:
        receipt = value["receipt"]
        reason = decoded if isinstance(decoded, str) else _reason(decoded, receipt)
        verdicts.append(Verdict(record, kind, value["track"], receipt["frame"], receipt["proof"], reason))
    return verdicts


def _decode(unit: DataUnit) -> Verified | str:
    """The outcome of a fresh decode, or why there is none."""
    if unit.table is None:
        return "The video has no frame table."
    try:
        sha256 = sha256_of(unit.file.path)
    except OSError:
        return "The video file cannot be read."
    if sha256 != unit.file_id:
        return "The video file is not the one that was labelled: its SHA-256 is another."
    last = None
    for step in sandbox().verify(unit.file.path, read_table(unit.table), limits()):
        last = step
    return last if isinstance(last, Verified) else "The video could not be decoded to its end."


def _reason(decoded: Verified, receipt: dict[str, Any]) -> str | None:
    frame, table = receipt["frame"], decoded.table
    if frame >= table.frame_count:
        return f"The video has no frame {frame}: it has {table.frame_count}."
    if not table.may_label(frame):
        return f"Frame {frame} cannot be labelled."
    if receipt["pts"] != table.frame_pts[frame]:
        return f"Frame {frame} has the PTS {table.frame_pts[frame]}, not {receipt['pts']}."
    if receipt["packet"] != table.frame_packet[frame]:
        return f"Frame {frame} is in packet {table.frame_packet[frame]}, not {receipt['packet']}."
    digest = digest_at(decoded.digests, frame)
    if receipt["digest"] != digest:
        return f"The picture of frame {frame} has the digest {digest}, not {receipt['digest']}."
    return None
