"""Labels on frames that a newer frame table has elsewhere, or not as they were: list them, move them along."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from viewer.actions.label_places import MOVED, SAME, Place, Places
from viewer.actions.labels_to_review import records_to_review
from viewer.actions.save_changes import save_changes
from viewer.labels.changes import MAX_CHANGES
from viewer.models import FrameTableRow, LabelRecord, LabelRow, User

MOST = 1_000  # records an answer lists; it counts all
RECORDS_AT_ONCE = 10_000  # in one transaction
TAKEN = "taken"  # moved, to a frame on which the track has a keyframe already


@dataclass(frozen=True, slots=True)
class _ToReview:
    record: LabelRecord
    frame: int  # by the table that the label stands on
    verdict: str
    place: Place


def describe_review(row: LabelRow) -> dict[str, Any]:
    """`GET /api/label-rows/<id>/review/`, docs/labels.md."""
    found = list(_to_review(row))
    return {
        "table": row.data_unit.table_id,
        "counts": Counter(each.verdict for each in found),
        "records": [
            {
                "kind": each.record.kind,
                "id": each.record.record,
                "track": each.record.track,
                "frame": each.frame,
                "frame_now": each.place.frame,
                "verdict": each.verdict,
            }
            for each in found[:MOST]
        ],
    }


def move_labels(row: LabelRow, user: User) -> int:
    """Move, as changes by `user`, every label whose picture has another number now. Return how many were moved.

    Raises what saving raises; what was moved before that stays.
    """
    tracks: dict[str, list[_ToReview]] = defaultdict(list)
    for each in _to_review(row):
        if each.verdict == MOVED:
            tracks[each.record.track].append(each)
    count = 0
    for some in _parts(tracks.values()):
        save_changes(row, user, {"changes": [_change(records) for records in some]})
        count += sum(map(len, some))
    return count


def _parts(tracks: Iterable[list[_ToReview]]) -> Iterator[list[list[_ToReview]]]:
    part: list[list[_ToReview]] = []
    for records in tracks:
        if part and (len(part) == MAX_CHANGES or sum(map(len, part)) + len(records) > RECORDS_AT_ONCE):
            yield part
            part = []
        part.append(records)
    if part:
        yield part


def _change(records: list[_ToReview]) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "records": [
            {
                "kind": each.record.kind,
                "id": each.record.record,
                "base": each.record.revision,
                "value": each.place.value,
            }
            for each in records
        ],
    }


def _to_review(row: LabelRow) -> Iterator[_ToReview]:
    """In the order of their frames."""
    table = row.data_unit.table
    if table is None or table.state != FrameTableRow.VERIFIED:
        return
    places: Places | None = None
    taken: set[tuple[str, int]] = set()
    for record, value, old in records_to_review(row, table):
        if places is None:  # as a rule there is nothing to review
            places, taken = Places(table), _places_taken(row, table)
        place = places.find(old, value)
        verdict = MOVED if place.verdict == SAME else place.verdict
        if verdict == MOVED and record.kind == "keyframe" and place.frame is not None:
            at = (record.track, place.frame)
            verdict = TAKEN if at in taken else MOVED
            taken.add(at)
        yield _ToReview(record, value["receipt"]["frame"], verdict, place)


def _places_taken(row: LabelRow, table: FrameTableRow) -> set[tuple[str, int]]:
    live = LabelRecord.objects.filter(label_row=row, kind="keyframe", table=table, value__isnull=False)
    return {(track, frame) for track, frame in live.values_list("track", "frame") if frame is not None}
