"""A data unit as pages and scripts see it; the same in every answer and every event (docs/architecture.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count

from viewer.actions.enqueue import UNFINISHED
from viewer.actions.labels_to_review import count_to_review
from viewer.models import DataUnit, FrameTableRow, Job, LabelChange, LabelRecord, LabelRow


def describe_data_unit(data_unit: DataUnit) -> dict[str, Any]:
    return describe_data_units([data_unit])[0]


def describe_data_units(data_units: Iterable[DataUnit]) -> list[dict[str, Any]]:
    """Describe many with as many queries as one takes. Give them with `select_related("file", "table__file")`."""
    units = list(data_units)
    ids = [unit.pk for unit in units]
    label_rows = dict(LabelRow.objects.filter(data_unit__in=ids).order_by("-id").values_list("data_unit_id", "id"))
    tracks = dict(
        LabelRecord.objects.filter(label_row__data_unit__in=ids, kind="track", value__isnull=False)
        .values_list("label_row__data_unit")
        .annotate(Count("id"))
        .order_by()
    )
    labelled_by: dict[int, list[str]] = defaultdict(list)
    people = (
        LabelChange.objects.filter(label_row__data_unit__in=ids, user__isnull=False)
        .values_list("label_row__data_unit", "user__username")
        .distinct()
        .order_by("user__username")
    )
    for data_unit_id, username in people:
        labelled_by[data_unit_id].append(username)
    to_review = count_to_review(units)
    progress = _progress([unit for unit in units if unit.state in (DataUnit.WAITING, DataUnit.VERIFYING)])
    return [
        {
            "id": unit.pk,
            "dataset": unit.dataset_id,
            "kind": unit.kind,
            "title": unit.title,
            "state": unit.state,
            "error": {"code": unit.error_code, "detail": unit.error} if unit.error_code else None,
            "size": unit.file.size,
            "sha256": unit.file_id,
            "facts": unit.facts,
            "label_row": label_rows.get(unit.pk),
            "labels": tracks.get(unit.pk, 0),
            "to_review": to_review.get(unit.pk, 0),
            "labelled_by": labelled_by[unit.pk],
            "table": describe_table(unit, unit.table) if unit.table else None,
            "media_url": f"/media/{unit.pk}/{unit.file_id}",
            **_addresses(unit),
            "progress": progress.get(unit.file_id) if unit.state in (DataUnit.WAITING, DataUnit.VERIFYING) else None,
            "created_at": unit.created_at.isoformat(),
        }
        for unit in units
    ]


def describe_table(data_unit: DataUnit, table: FrameTableRow) -> dict[str, Any]:
    """`proved` frames, counted from 0, are decoded and digested: labels may stand on those."""
    return {
        "id": table.pk,
        "state": table.state,
        "frame_count": table.frame_count,
        "proved": table.proved,
        "frames_url": f"/media/{data_unit.pk}/tables/{table.pk}/frames?of={table.imprint}",
        "digests_url": f"/media/{data_unit.pk}/tables/{table.pk}/digests?of={table.imprint}",
    }


def _addresses(unit: DataUnit) -> dict[str, str | None]:
    """Of what a table is needed for. `of` makes them other addresses whenever other bytes may be behind them."""
    if unit.table is None:
        return {"side_url": None, "picture_url": None, "thumbnail_url": None}
    api, of = f"/api/data-units/{unit.pk}", unit.table.imprint
    return {
        "side_url": f"/media/{unit.pk}/{unit.file_id}/side?table={unit.table_id}&of={of}",
        "picture_url": f"{api}/frames/{{frame}}/picture?table={unit.table_id}&of={of}",
        "thumbnail_url": f"{api}/thumbnail?of={of}",
    }


def _progress(units: list[DataUnit]) -> dict[str, dict[str, float | None]]:
    """By file: how much of the reading is done (0 to 1), and the seconds that are left, None while nobody knows."""
    keys = {f"file:{unit.file_id}": unit.file_id for unit in units}
    if not keys:
        return {}
    jobs = Job.objects.filter(kind__in=("read", "verify"), key__in=keys, state__in=UNFINISHED)
    return {
        keys[key]: {"fraction": fraction if kind == "verify" else 0.0, "seconds_left": seconds_left}
        for kind, key, fraction, seconds_left in jobs.values_list("kind", "key", "progress", "seconds_left")
    }
