"""Labels that stand on another frame table than the current one of their video: nobody has looked at them since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from django.db.models import Count

from viewer.models import DataUnit, FrameTableRow, LabelRecord, LabelRow


def records_to_review(row: LabelRow, table: FrameTableRow) -> Iterator[tuple[LabelRecord, Any, FrameTableRow]]:
    """The live keyframes and ranges that stand on another table than `table`, the current one, with their values and
    tables, by frame."""
    tables = {each.pk: each for each in labelled_tables(table)}
    records = LabelRecord.objects.filter(label_row=row, table__in=tables, value__isnull=False)
    for record in records.order_by("frame", "id"):
        yield record, orjson.loads(record.value or ""), tables[record.table_id or 0]


def count_to_review(units: Iterable[DataUnit]) -> dict[int, int]:
    """By data unit, for those that have labels to be reviewed. Costs little where there are none. Give units with
    `table`."""
    # Until a table is verified, labels may still go over to it by themselves.
    verified = [unit.table for unit in units if unit.table and unit.table.state == FrameTableRow.VERIFIED]
    current = {table.file_id: table.pk for table in verified}
    others = FrameTableRow.objects.filter(file__in=current).exclude(pk__in=current.values())
    records = LabelRecord.objects.filter(table__in=others, value__isnull=False)
    return dict(records.values_list("label_row__data_unit").annotate(Count("id")).order_by())


def labelled_tables(current: FrameTableRow) -> list[FrameTableRow]:
    """The other tables of the file that labels stand on."""
    others = FrameTableRow.objects.filter(file=current.file_id).exclude(pk=current.pk).select_related("file")
    labelled = LabelRecord.objects.filter(table__in=others, value__isnull=False).values("table").distinct()
    return list(others.filter(pk__in=labelled))
