"""Labels as they are now, and every change that made them so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models

from viewer.models.accounts import User
from viewer.models.datasets import Dataset, DataUnit, FrameTableRow


class Ontology(models.Model):
    """The classes that may be used in a dataset (viewer.labels.ontology)."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="ontology")
    classes = models.JSONField(default=list)  # [{"id", "name", "color", "shape"}]
    next_id = models.IntegerField(default=1)  # an id of a removed class is not given again
    revision = models.IntegerField(default=1)


class LabelRowQuerySet(models.QuerySet["LabelRow"]):
    def visible_to(self, user: User) -> LabelRowQuerySet:
        return self.filter(data_unit__in=DataUnit.objects.visible_to(user))


class LabelRow(models.Model):
    """All labels of one data unit under one ontology. `revision` counts its changes."""

    data_unit = models.ForeignKey(DataUnit, on_delete=models.CASCADE, related_name="label_rows")
    ontology = models.ForeignKey(Ontology, on_delete=models.CASCADE, related_name="label_rows")
    revision = models.IntegerField(default=0)

    objects = LabelRowQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["data_unit", "ontology"], name="one_label_row")]


AT_ONCE = 500  # values in one query
COLUMNS = ("label_row_id", "record", "kind", "revision", "value", "track", "frame", "table_id")
Row = tuple[int, str, str, int, str | None, str, int | None, int | None]  # of COLUMNS


class LabelRecordQuerySet(models.QuerySet["LabelRecord"]):
    """By hand where a request asks for 1,000 records: Django takes longer to put together such a query than the
    database to answer it."""

    def stored(self, label_row: LabelRow, ids: Iterable[str]) -> Iterator[tuple[str, str, int, str | None, str]]:
        """(record, kind, revision, value, track) of those that there are, deleted ones too."""
        for some in _parts(sorted(ids), AT_ONCE):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT record, kind, revision, value, track FROM {self.model._meta.db_table} "  # noqa: S608
                    f"WHERE label_row_id = %s AND record IN ({', '.join(['%s'] * len(some))})",
                    [label_row.pk, *some],
                )
                yield from cursor.fetchall()

    def keyframes_at(self, label_row: LabelRow, places: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, int]]:
        """The live keyframes on these (track, table, frame), as (record, frame)."""
        for some in _parts(sorted(places), AT_ONCE):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"WITH place(track, on_table, frame) AS (VALUES {', '.join(['(%s, %s, %s)'] * len(some))}) "  # noqa: S608
                    f"SELECT r.record, r.frame FROM place JOIN {self.model._meta.db_table} r ON r.label_row_id = %s "
                    "AND r.track = place.track AND r.frame = place.frame AND r.table_id = place.on_table "
                    "WHERE r.kind = 'keyframe' AND r.value IS NOT NULL",
                    [part for place in some for part in place] + [label_row.pk],
                )
                yield from cursor.fetchall()

    def put(self, rows: Sequence[Row]) -> None:
        """Write records, each over what is there of it. 100 in a statement: `executemany` takes nearly twice as long
        for 1,000 keyframes, `bulk_create` ten times."""
        one = f"({', '.join(['%s'] * len(COLUMNS))})"
        for some in _parts(rows, 100):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {self.model._meta.db_table} ({', '.join(COLUMNS)}) "  # noqa: S608
                    f"VALUES {', '.join([one] * len(some))} ON CONFLICT (label_row_id, record) DO UPDATE SET "
                    "revision = excluded.revision, value = excluded.value, track = excluded.track, "
                    "frame = excluded.frame, table_id = excluded.table_id",
                    [value for row in some for value in row],
                )


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


class LabelRecord(models.Model):
    """A track, keyframe or range as it is now. `id` is the client's; `revision` is the change that last wrote it.

    A deleted record keeps its row, with `value` null, so that a later change of it is seen as a conflict.
    """

    # The constraint below begins with it: an index of its own would only make saving slower.
    label_row = models.ForeignKey(LabelRow, on_delete=models.CASCADE, related_name="records", db_index=False)
    record = models.CharField(max_length=40)
    kind = models.CharField(max_length=16)  # viewer.labels.changes.KINDS
    revision = models.IntegerField()
    value = models.TextField(null=True)  # JSON
    track = models.CharField(max_length=40)  # that it belongs to; a track's own id
    frame = models.IntegerField(null=True)  # of the receipt
    table = models.ForeignKey(FrameTableRow, null=True, on_delete=models.PROTECT, related_name="+")

    objects = LabelRecordQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label_row", "record"], name="one_record")]
        indexes = [
            models.Index(fields=["label_row", "track", "frame"], name="records_of_a_track"),
            models.Index(fields=["label_row", "revision"], name="records_since"),
            # A dataset's page counts the tracks of many rows without reading their keyframes.
            models.Index(
                fields=["label_row"], condition=models.Q(kind="track", value__isnull=False), name="live_tracks"
            ),
        ]


class LabelChange(models.Model):
    """The log, append only. `change` is the client's id, which makes a retry harmless."""

    label_row = models.ForeignKey(LabelRow, on_delete=models.CASCADE, related_name="changes", db_index=False)
    change = models.CharField(max_length=40)
    revision = models.IntegerField()
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    records = models.TextField()  # JSON: the change as it came, and each record's value before
    body_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["label_row", "change"], name="one_effect_a_change"),
            models.UniqueConstraint(fields=["label_row", "revision"], name="one_change_a_revision"),
        ]
        indexes = [models.Index(fields=["label_row", "user"], name="who_labelled")]
