"""Remove a data unit with its labels, and its bytes when nobody else shows them."""

from __future__ import annotations

import shutil
from functools import partial

from django.conf import settings
from django.db import transaction

from viewer.actions.enqueue import cancel
from viewer.actions.tell import tell
from viewer.errors import ViewerError
from viewer.models import DataUnit, LabelRecord, StoredFile


def count_labels(data_unit: DataUnit) -> int:
    """Tracks that would go with it."""
    return LabelRecord.objects.filter(label_row__data_unit=data_unit, kind="track", value__isnull=False).count()


def remove_data_unit(data_unit: DataUnit, *, labels: int | None = None) -> None:
    """Raises ViewerError `labels_differ` if `labels` is given and is not the number of labels that would be lost."""
    with transaction.atomic():
        found = count_labels(data_unit)
        if labels is not None and labels != found:
            raise ViewerError(
                f"“{data_unit.title}” has {found} label{'' if found == 1 else 's'}, not {labels}. "
                "Nothing was removed; look again before you do.",
                code="labels_differ",
                status=409,
                labels=found,
            )
        removed = data_unit.pk
        # First, since they protect the frame tables that they stand on.
        LabelRecord.objects.filter(label_row__data_unit=data_unit).delete()
        data_unit.delete()
        tell(f"dataset:{data_unit.dataset_id}", "data_unit.removed", {"id": removed})
        release_file(data_unit.file_id)


def release_file(sha256: str) -> None:
    """Remove a stored file that no data unit shows any more. Call it in the transaction that removed the last one."""
    if DataUnit.objects.filter(file=sha256).exists():
        return
    cancel(("read", "verify"), f"file:{sha256}")
    StoredFile.objects.filter(sha256=sha256).delete()
    transaction.on_commit(partial(discard_bytes, sha256))


def discard_bytes(sha256: str) -> None:
    """Take the bytes away unless the same file has come back meanwhile: `store_file` links under this write lock."""
    with transaction.atomic():
        if not StoredFile.objects.filter(sha256=sha256).exists():
            (settings.DATA_DIR / "files" / sha256).unlink(missing_ok=True)
            shutil.rmtree(settings.DATA_DIR / "derived" / sha256, ignore_errors=True)
