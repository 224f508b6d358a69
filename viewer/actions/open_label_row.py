"""Open the labels of a data unit: make its label row if it has none, say all that an editor needs of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db.models import QuerySet

from viewer.actions.describe_data_unit import describe_data_unit
from viewer.models import DatasetMember, DataUnit, LabelChange, LabelRecord, LabelRow, Ontology, User


def open_label_row(data_unit: DataUnit) -> LabelRow:
    """The label row of `data_unit` under the ontology of its dataset."""
    ontology, _ = Ontology.objects.get_or_create(dataset_id=data_unit.dataset_id)
    row, _ = LabelRow.objects.get_or_create(data_unit=data_unit, ontology=ontology)
    return row


def describe_label_row(row: LabelRow, user: User) -> dict[str, Any]:
    """`GET /api/label-rows/<id>/`, docs/labels.md; for `orjson`, which takes stored values as they are."""
    # Read before the records: what is written in between is then told twice, not never.
    revision = LabelRow.objects.values_list("revision", flat=True).get(pk=row.pk)
    unit = row.data_unit
    role = unit.dataset.role_of(user)
    return {
        "id": row.pk,
        "revision": revision,
        "data_unit": describe_data_unit(unit),
        "ontology": {"classes": row.ontology.classes, "revision": row.ontology.revision},
        "may_label": role in (DatasetMember.ANNOTATOR, DatasetMember.MANAGER)
        and unit.state in (DataUnit.VERIFYING, DataUnit.READY),
        "user": {"id": user.pk, "username": user.username},
        "records": _as_json(LabelRecord.objects.filter(label_row=row, value__isnull=False).order_by("id")),
    }


def changes_after(row: LabelRow, after: int) -> dict[str, Any]:
    """What has changed since revision `after`: the records as they are now (the value of a deleted one is null),
    and whose changes those were."""
    revision = LabelRow.objects.values_list("revision", flat=True).get(pk=row.pk)
    records = LabelRecord.objects.filter(label_row=row, revision__gt=after).order_by("revision", "id")
    changes = LabelChange.objects.filter(label_row=row, revision__gt=after).order_by("revision")
    return {
        "revision": revision,
        "records": _records(records),
        "changes": [
            {"id": change, "revision": number, "user": {"id": user, "username": username} if user else None}
            for change, number, user, username in changes.values_list("change", "revision", "user_id", "user__username")
        ],
    }


def _records(records: QuerySet[LabelRecord]) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "id": id,
            "revision": revision,
            "value": None if value is None else orjson.Fragment(value),
        }
        for kind, id, revision, value in _columns(records)
    ]


def _as_json(records: QuerySet[LabelRecord]) -> orjson.Fragment:
    """The same of records that are not deleted, in less than half the time: kinds and ids have nothing in them that
    would need escaping, and the values are JSON already."""
    texts = [
        f'{{"kind":"{kind}","id":"{id}","revision":{revision},"value":{value}}}'
        for kind, id, revision, value in _columns(records)
    ]
    return orjson.Fragment(f"[{','.join(texts)}]")


def _columns(records: QuerySet[LabelRecord]) -> Iterable[tuple[str, str, int, str | None]]:
    return records.values_list("kind", "record", "revision", "value")
