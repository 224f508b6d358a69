"""Resumable uploads: begun, continued, finished, given up. The length of the file on disk is how far one has come."""

from __future__ import annotations

import logging
import os
import re
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from viewer.actions.store_file import check_size, check_space, clean_title, sha256_of, store_file
from viewer.errors import NotAllowed, NotFound, ViewerError
from viewer.models import Dataset, DatasetMember, DataUnit, Upload, User

log = logging.getLogger("onframe.uploads")

KEPT = timedelta(hours=24)  # since the last byte came
MAX_UNFINISHED = 200  # of one person


def begin_upload(*, dataset: Dataset, user: User, filename: str, size: int, sha256: str = "") -> Upload:
    """Raises ViewerError: `too_large` and `no_space` say by how much; `empty_file`, `bad_checksum`,
    `too_many_uploads`."""
    check_size(size)
    if sha256 and not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ViewerError("The SHA-256 must be 64 hexadecimal digits.", code="bad_checksum")
    unfinished = [upload for upload in Upload.objects.filter(data_unit=None) if upload.path.exists()]
    if sum(upload.user_id == user.pk for upload in unfinished) >= MAX_UNFINISHED:
        raise ViewerError(
            f"You have {MAX_UNFINISHED} unfinished uploads. Finish or cancel some first.",
            code="too_many_uploads",
            status=429,
        )
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    check_space(size, promised=sum(max(upload.size - offset_of(upload), 0) for upload in unfinished))
    upload = Upload(dataset=dataset, user=user, title=clean_title(filename), size=size, sha256=sha256)
    upload.path.parent.mkdir(parents=True, exist_ok=True)
    upload.path.touch(mode=0o640, exist_ok=False)
    upload.save(force_insert=True)
    return upload


def find_upload(upload_id: UUID, user: User) -> Upload:
    """The upload, if it is `user`'s and they still manage its dataset. Raises NotFound or NotAllowed."""
    upload = Upload.objects.select_related("dataset", "data_unit").filter(pk=upload_id, user=user).first()
    if upload is None or (upload.data_unit_id is None and not upload.path.exists()):
        raise NotFound("There is no such upload (any more). Begin it again.", code="no_such_upload")
    role = upload.dataset.role_of(user)
    if role is None:
        raise NotFound("There is no such upload (any more). Begin it again.", code="no_such_upload")
    if role != DatasetMember.MANAGER:
        raise NotAllowed(f"Only managers of the dataset “{upload.dataset.title}” add videos to it; you are {role}.")
    return upload


def offset_of(upload: Upload) -> int:
    """Bytes that have arrived."""
    try:
        return upload.path.stat().st_size
    except FileNotFoundError:
        return upload.size if upload.data_unit_id else 0


def finish_upload(upload: Upload) -> DataUnit:
    """Check the complete bytes and make a data unit of them; harmless when done twice.

    Raises ViewerError `checksum_mismatch`, after which the bytes are gone.
    """
    if upload.data_unit is not None:
        return upload.data_unit
    path = upload.path
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    sha256 = sha256_of(path)
    if upload.sha256 and upload.sha256 != sha256:
        cancel_upload(upload)
        raise ViewerError(
            "What arrived is not what was sent: the SHA-256 of the bytes differs. They were removed; "
            "send the file again.",
            code="checksum_mismatch",
            status=422,
            expected=upload.sha256,
            sha256=sha256,
        )
    with transaction.atomic():
        current = Upload.objects.select_related("data_unit").filter(pk=upload.pk).first()
        if current is None:
            raise NotFound("The upload was cancelled.", code="no_such_upload")
        if current.data_unit is None:
            current.data_unit = store_file(
                path,
                sha256=sha256,
                size=upload.size,
                dataset=upload.dataset,
                title=upload.title,
                by=upload.user,
            )
            current.save(update_fields=["data_unit"])
        upload.data_unit = current.data_unit
    path.unlink(missing_ok=True)
    return upload.data_unit


def cancel_upload(upload: Upload) -> None:
    """Forget the upload and remove its bytes. A data unit that it has become stays."""
    path = upload.path
    Upload.objects.filter(pk=upload.pk).delete()
    path.unlink(missing_ok=True)


def sweep_uploads() -> int:
    """Remove uploads that nobody has continued for `KEPT`, and bytes that belong to none. Return how many."""
    removed = 0
    oldest = time.time() - KEPT.total_seconds()
    for upload in Upload.objects.filter(created_at__lt=timezone.now() - KEPT):
        if upload.data_unit_id is not None or _written(upload.path) < oldest:
            cancel_upload(upload)
            removed += 1
    known = {str(pk) for pk in Upload.objects.values_list("pk", flat=True)}
    folder = settings.DATA_DIR / "uploads"
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in known and _written(path) < oldest:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _written(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0
