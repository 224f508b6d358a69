"""Datasets, the data units in them, the files behind those, and the frame tables of the files."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import models

from viewer.media.frame_table import FrameTable
from viewer.models.accounts import User


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, user: User) -> DatasetQuerySet:
        return self if user.is_admin else self.filter(members__user=user)

    def named(self, name: str) -> Dataset | None:
        """The dataset of this title, or else of this id. A title may be a number: it comes first."""
        found = self.filter(title=name).first()
        if found is None and name.isascii() and name.isdecimal() and len(name) < 19:
            found = self.filter(pk=int(name)).first()
        return found


class Dataset(models.Model):
    title = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = DatasetQuerySet.as_manager()

    def role_of(self, user: User) -> str | None:
        """`manager`, `annotator`, `reader` or None. Admins manage every dataset."""
        if user.is_admin:
            return DatasetMember.MANAGER
        return self.members.filter(user=user).values_list("role", flat=True).first()


class DatasetMember(models.Model):
    MANAGER = "manager"  # adds, renames and removes data; changes classes and members
    ANNOTATOR = "annotator"  # labels
    READER = "reader"  # looks
    ROLES = [(MANAGER, "Manager"), (ANNOTATOR, "Annotator"), (READER, "Reader")]

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=ROLES, default=ANNOTATOR)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "user"], name="one_role_a_dataset")]


class StoredFile(models.Model):
    """An original, immutable, named by its content. Removed when no data unit uses it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    @property
    def path(self) -> Path:
        return settings.DATA_DIR / "files" / self.sha256

    @property
    def derived(self) -> Path:
        """Tables, side files and thumbnails: all of it can be made again."""
        return settings.DATA_DIR / "derived" / self.sha256


class FrameTableRow(models.Model):
    """One frame table of a file. Its frames never change; `proved` grows while verification runs.

    `derived/<sha256>/table/<content_sha256>.frames` and `.digests` hold the bytes (docs/frame-table.md).
    """

    PROVISIONAL = "provisional"  # from packets; the first `proved` frames are decoded and digested
    VERIFIED = "verified"  # every frame is

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="tables")
    stream_index = models.IntegerField()
    algorithm = models.IntegerField()  # viewer.media.frame_table.ALGORITHM at the time
    libraries = models.JSONField(default=dict)  # FFmpeg's library versions
    content_sha256 = models.CharField(max_length=64)
    frame_count = models.IntegerField()
    proved = models.IntegerField(default=0)
    state = models.CharField(max_length=16, default=PROVISIONAL)
    supersedes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="superseded_by")
    same_until = models.IntegerField(default=0)  # frames [0, same_until) equal those of `supersedes`
    created_at = models.DateTimeField(auto_now_add=True)

    @staticmethod
    def of(table: FrameTable, file: StoredFile) -> FrameTableRow:
        """The row of a table whose bytes are to be written, not saved."""
        return FrameTableRow(
            file=file,
            stream_index=table.stream,
            algorithm=table.algorithm,
            libraries=table.libraries,
            content_sha256=hashlib.sha256(table.to_bytes()).hexdigest(),
            frame_count=table.frame_count,
        )

    @property
    def frames_path(self) -> Path:
        return self.file.derived / "table" / f"{self.content_sha256}.frames"

    @property
    def digests_path(self) -> Path:
        return self.file.derived / "table" / f"{self.content_sha256}.digests"

    @property
    def side_path(self) -> Path:
        """The packets one after another, where the file's own byte ranges are not the packets."""
        return self.file.derived / "side" / self.content_sha256

    @property
    def imprint(self) -> str:
        """What addresses carry that browsers keep for ever: an id alone is given out again once a copy of the
        database is restored, and would then show what another table's frames were."""
        return f"{self.content_sha256[:16]}-{self.file_id[:16]}"


class DataUnitQuerySet(models.QuerySet["DataUnit"]):
    def visible_to(self, user: User) -> DataUnitQuerySet:
        return self if user.is_admin else self.filter(dataset__members__user=user)

    def one_by_one(self) -> Iterator[DataUnit]:
        """For work that takes long with each. A statement that stays open would go on showing this connection, and
        keeping for it, the whole database as it was at its start (SQLite)."""
        for pk in list(self.values_list("pk", flat=True)):
            yield from self.filter(pk=pk)


class DataUnit(models.Model):
    VIDEO = "video"

    WAITING = "waiting"  # stored, not read yet
    VERIFYING = "verifying"  # provisional table: look at all, label the proved prefix
    READY = "ready"  # verified table
    NEEDS_REENCODE = "needs_reencode"  # readable, but only a converted copy can be labelled
    FAILED = "failed"  # `error_code` and `error` say why

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="data_units")
    kind = models.CharField(max_length=24, default=VIDEO)
    title = models.CharField(max_length=300)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="data_units")
    table = models.ForeignKey(FrameTableRow, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=24, default=WAITING)
    error_code = models.CharField(max_length=64, blank=True, default="")
    error = models.TextField(blank=True, default="")
    facts = models.JSONField(default=dict)  # codec, width, height, rotation, sample_aspect_ratio, duration_seconds, ...
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = DataUnitQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["dataset", "title"]), models.Index(fields=["dataset", "state"])]


class Upload(models.Model):
    """A resumable upload (tus 1.0). Its bytes grow in `DATA_DIR/uploads/<id>` until they are checked and renamed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    title = models.CharField(max_length=300)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True, default="")  # as the client computed it, if it did
    data_unit = models.ForeignKey(DataUnit, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    @property
    def path(self) -> Path:
        return settings.DATA_DIR / "uploads" / str(self.id)
