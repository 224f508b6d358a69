"""When another frame table takes the place of a file's: labels on frames that are the same go over to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson
from django.db import connection

from viewer.actions.label_places import SAME, Places
from viewer.actions.labels_to_review import labelled_tables
from viewer.models import FrameTableRow, LabelRecord


@dataclass(slots=True)
class Relinking:
    """What was found out before anybody had to wait for it: labels are saved meanwhile."""

    texts: list[tuple[str, int, int, int]] = field(default_factory=list)  # value, table, record, revision
    seen: set[tuple[int, int]] = field(default_factory=set)  # (record, revision), those that stay too


def find_relinking(new: FrameTableRow) -> Relinking:
    """Look at every label that stands on another table of the file than `new`, which is verified or about to be."""
    relinking = Relinking()
    _look(new, relinking)
    return relinking


def relink_labels(new: FrameTableRow, relinking: Relinking) -> None:
    """Put the labels on frames that are the same in `new`, which is verified, in its terms.

    Their records keep their revisions, and the log keeps what came. All others stay on the table that they name, to
    be reviewed. Call it inside a transaction.
    """
    _look(new, relinking)  # those that were saved since
    records = LabelRecord._meta.db_table
    with connection.cursor() as cursor:
        # Not onto a keyframe that somebody has placed meanwhile.
        cursor.executemany(
            f"UPDATE {records} SET value = %s, table_id = %s WHERE id = %s AND revision = %s "  # noqa: S608
            f"AND NOT (kind = 'keyframe' AND EXISTS (SELECT 1 FROM {records} other "
            f"WHERE other.label_row_id = {records}.label_row_id AND other.track = {records}.track "
            f"AND other.frame = {records}.frame AND other.table_id = %s AND other.kind = 'keyframe' "
            "AND other.value IS NOT NULL))",
            [(*text, text[1]) for text in relinking.texts],
        )


def _look(new: FrameTableRow, relinking: Relinking) -> None:
    places: Places | None = None
    for old in labelled_tables(new):
        labels = LabelRecord.objects.filter(table=old, value__isnull=False)
        unseen = [each for each in labels.values_list("pk", "revision") if each not in relinking.seen]
        for some in _parts(unseen):
            found = labels.filter(pk__in=[pk for pk, _ in some]).values_list("pk", "revision", "value")
            for pk, revision, text in found:
                relinking.seen.add((pk, revision))
                places = places or Places(new)
                place = places.find(old, orjson.loads(text or ""))
                if place.verdict == SAME:
                    relinking.texts.append((orjson.dumps(place.value).decode(), new.pk, pk, revision))


def _parts(values: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    for start in range(0, len(values), 500):
        yield values[start : start + 500]
