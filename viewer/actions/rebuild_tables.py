"""After an upgrade: build the frame tables again that other rules or another FFmpeg built."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from viewer.actions.enqueue import enqueue
from viewer.media.frame_table import ALGORITHM
from viewer.models import DataUnit


def rebuild_tables(libraries: Mapping[str, str]) -> int:
    """Ask for it where tables are not by ALGORITHM and these FFmpeg `libraries`, and return for how many files.

    Pages and labels keep the old table until the new one is verified.
    """
    shown = DataUnit.objects.filter(table__isnull=False)
    tables = shown.values_list("file", "table__algorithm", "table__libraries").distinct()
    files = {file for file, algorithm, built_by in tables if (algorithm, built_by) != (ALGORITHM, libraries)}
    with transaction.atomic():
        for file in files:
            enqueue("read", f"file:{file}", {"file": file}, priority=-10)
    return len(files)
