"""Read the labels of a data unit as they were at one moment, however slowly they are then written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from tempfile import SpooledTemporaryFile

import orjson
from django.conf import settings
from django.db.models import FilteredRelation, Q

from viewer.labels.tracks import Track
from viewer.models import DataUnit, FrameTableRow, LabelRow

ASIDE = "aside"  # a keyframe or range that is to be reviewed
_IN_MEMORY = 16 << 20  # bytes of labels, some 40,000 keyframes; the rest waits in a file without a name


@dataclass(frozen=True, slots=True)
class Labels:
    label_row: int | None
    revision: int
    table: FrameTableRow | None  # that the labels' frames are of
    to_review: int  # keyframes and ranges that stand on another table, and are left out
    tracks: Iterator[Track]  # each whole; can be gone through once


def read_labels(unit: DataUnit) -> Labels:
    """Revision, table and labels in one statement, so that they belong together, read to its end before this returns:
    a client that takes minutes for its export keeps no snapshot of the database open meanwhile."""
    live = FilteredRelation("records", condition=Q(records__value__isnull=False))
    rows = LabelRow.objects.filter(data_unit=unit, ontology__dataset=unit.dataset_id).annotate(live=live)
    columns = ("live__table", "live__track", "live__kind", "live__record", "live__value")
    found = rows.order_by("live__track").values_list("pk", "revision", "data_unit__table", *columns)
    label_row, revision, table, to_review = None, 0, unit.table_id, 0
    spool = SpooledTemporaryFile(_IN_MEMORY, dir=str(settings.DATA_DIR))  # noqa: SIM115  _tracks closes it
    for row in found.iterator(chunk_size=1000):
        (label_row, revision, table, stands_on), (*record, value) = row[:4], row[4:]
        if stands_on is not None and stands_on != table:
            to_review += 1  # its frame's number is not one of this table
            spool.write(orjson.dumps((record[0], ASIDE, record[2], None)) + b"\n")
        elif value is not None:  # else there are no labels
            spool.write(orjson.dumps((*record, orjson.Fragment(value))) + b"\n")
    spool.seek(0)
    # After the labels: they stand on frames that were proved before them.
    current = FrameTableRow.objects.select_related("file").filter(pk=table).first() if table is not None else None
    return Labels(label_row, revision, current, to_review, _tracks(spool))


def _tracks(spool: SpooledTemporaryFile[bytes]) -> Iterator[Track]:
    with spool:
        for id, group in groupby(map(orjson.loads, spool), key=lambda row: row[0]):
            own, others, aside = None, [], 0
            for _, kind, record, value in group:
                if kind == "track":
                    own = value
                elif kind == ASIDE:
                    aside += 1
                else:
                    others.append((kind, record, value))
            if own is not None:
                yield Track.of(id, own, others, aside)
