"""When another frame table takes the place of a file's: labels on frames that are the same go over to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from django.db.models import Count

from viewer.actions.read_table import read_table
from viewer.media.frame_map import match_frames
from viewer.media.frame_table import DIGEST_SIZE
from viewer.models import DataUnit, FrameTableRow, LabelRecord, LabelRow

SAME, MOVED, CHANGED, GONE = "same", "moved", "changed", "gone"


@dataclass(frozen=True, slots=True)
class Place:
    """What has become of the frame of a label.

    `same`: it is there as it was. `moved`: the same picture has another number or PTS now. `changed`: the decoder makes
    another picture of the same packet. `gone`: there is no such frame any more, or it may not be labelled.
    """

    verdict: str
    frame: int | None  # that is it now; None if gone
    value: dict[str, Any] | None  # the label in the terms of the current table; None if changed or gone


class Places:
    """Finds the labels of a file's older tables in its verified table `row`."""

    def __init__(self, row: FrameTableRow):
        self._row = row
        self._table = read_table(row)
        self._maps: dict[int, list[int | None]] = {}

    def find(self, old: FrameTableRow, value: Mapping[str, Any]) -> Place:
        """`value` is a keyframe's or a range's, with a receipt of the table `old`."""
        receipt = value["receipt"]
        frame = self._frame(old, receipt["frame"])
        if frame is None or not self._table.may_label(frame):
            return Place(GONE, None, None)
        if receipt["digest"] != self._digest(frame):
            return Place(CHANGED, frame, None)
        # A range ends on other frames than the one that its author stood on.
        ends = {end: self._frame(old, value[end]) for end in ("frame", "first", "last") if value.get(end) is not None}
        if None in ends.values():
            return Place(GONE, frame, None)
        terms = {
            "table": self._row.pk,
            "frame": frame,
            "pts": self._table.frame_pts[frame],
            "packet": self._table.frame_packet[frame],
        }
        now = {**value, **ends, "receipt": {**receipt, **terms}}
        same = frame == receipt["frame"] and terms["pts"] == receipt["pts"]
        return Place(SAME if same and all(value[end] == at for end, at in ends.items()) else MOVED, frame, now)

    def _frame(self, old: FrameTableRow, frame: int) -> int | None:
        if old.pk not in self._maps:
            self._maps[old.pk] = match_frames(read_table(old), self._table)
        frames = self._maps[old.pk]
        return frames[frame] if frame < len(frames) else None

    def _digest(self, frame: int) -> str:
        return self._digests[frame * DIGEST_SIZE : (frame + 1) * DIGEST_SIZE].hex()

    @cached_property
    def _digests(self) -> bytes:
        return self._row.digests_path.read_bytes()


def relink_labels(new: FrameTableRow) -> None:
    """Put the labels on frames that are the same in `new`, which is verified, in its terms.

    Their records keep their revisions, and the log keeps what came. All others stay on the table that they name, to
    be reviewed. Call it inside a transaction.
    """
    places = Places(new)
    for old in _labelled_tables(new):
        relinked = []
        for record in LabelRecord.objects.filter(table=old, value__isnull=False).only("value"):
            place = places.find(old, orjson.loads(record.value or ""))
            if place.verdict == SAME:
                record.value, record.table = orjson.dumps(place.value).decode(), new
                relinked.append(record)
        LabelRecord.objects.bulk_update(relinked, ["value", "table"], batch_size=200)


def records_to_review(row: LabelRow, table: FrameTableRow) -> Iterator[tuple[LabelRecord, Any, FrameTableRow]]:
    """The live keyframes and ranges that stand on another table than `table`, the current one, with their values and
    tables, by frame."""
    tables = {each.pk: each for each in _labelled_tables(table)}
    records = LabelRecord.objects.filter(label_row=row, table__in=tables, value__isnull=False)
    for record in records.order_by("frame", "id"):
        yield record, orjson.loads(record.value or ""), tables[record.table_id or 0]


def count_to_review(units: Iterable[DataUnit]) -> dict[int, int]:
    """By data unit, for those that have labels to be reviewed. Costs little where there are none."""
    current = {unit.file_id: unit.table_id for unit in units if unit.table_id is not None}
    others = FrameTableRow.objects.filter(file__in=current).exclude(pk__in=current.values())
    records = LabelRecord.objects.filter(table__in=others, value__isnull=False)
    return dict(records.values_list("label_row__data_unit").annotate(Count("id")).order_by())


def _labelled_tables(current: FrameTableRow) -> list[FrameTableRow]:
    """The other tables of the file that labels stand on."""
    others = FrameTableRow.objects.filter(file=current.file_id).exclude(pk=current.pk).select_related("file")
    labelled = LabelRecord.objects.filter(table__in=others, value__isnull=False).values("table").distinct()
    return list(others.filter(pk__in=labelled))
