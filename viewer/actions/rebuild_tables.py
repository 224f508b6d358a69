"""After an upgrade: build frame tables again where the rules that built them have changed."""

from __future__ import annotations

from django.db import transaction

from viewer.actions.enqueue import enqueue
from viewer.media.frame_table import ALGORITHM
from viewer.models import DataUnit


def rebuild_tables() -> int:
    """Ask for it, and return for how many files. Pages and labels keep the old table until the new one is verified."""
    files = (
        DataUnit.objects.filter(table__algorithm__lt=ALGORITHM)
        .exclude(state=DataUnit.FAILED)
        .values_list("file", flat=True)
        .distinct()
    )
    with transaction.atomic():
        for file in files:
            enqueue("read", f"file:{file}", {"file": file}, priority=-10)
    return len(files)
