"""Labels as they are now, and every change that made them so."""

from __future__ import annotations

from django.db import models

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
