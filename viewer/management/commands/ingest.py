"""`manage.py ingest DATASET PATH…`: take videos in from this machine's disk."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from viewer.actions.create_dataset import create_dataset
from viewer.actions.remove_data_unit import remove_data_unit
from viewer.actions.sandboxed import close_sandbox
from viewer.actions.store_file import BLOCK, check_size, check_space, store_file, visible_text
from viewer.errors import ViewerError
from viewer.jobs.lease import Holder, claim, release_orphans
from viewer.jobs.worker import beating, run
from viewer.models import Dataset, DataUnit

UNFINISHED = (DataUnit.WAITING, DataUnit.VERIFYING)


class Command(BaseCommand):
    help = (
        "Copy videos into a dataset, read and verify them. Prints a line a video: its id, state and number of frames. "
        "Files that are refused are named with the reason on stderr, leave nothing behind, and make the exit status 2."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("dataset", help="title or id; made if there is none of this title")
        parser.add_argument("paths", nargs="+", type=Path, metavar="path", help="videos, or folders of them")
        parser.add_argument("--json", action="store_true", help="print one JSON list instead")

    def handle(self, *args: Any, **options: Any) -> None:
        paths = list(_files(options["paths"]))
        refused: list[dict[str, Any]] = []
        taken: list[tuple[Path, DataUnit]] = []
        try:
            dataset = _dataset(options["dataset"])
        except ViewerError as error:
            self.stderr.write(error.detail)
            sys.exit(2)
        holder = Holder()
        try:
            for path in paths:
                try:
                    unit = _take(path, dataset)
                    _read(holder, unit)
                    if unit.state == DataUnit.FAILED:
                        remove_data_unit(unit)
                        raise ViewerError(unit.error, code=unit.error_code)
                except ViewerError as error:
                    refused.append({"path": str(path), "code": error.code, "detail": error.detail})
                    # A name may hold what a terminal takes for a command of its own.
                    self.stderr.write(f"{visible_text(str(path))}: {error.detail} ({error.code})")
                else:
                    taken.append((path, unit))
                    if not options["json"]:
                        frames = unit.table.frame_count if unit.table else "no"
                        self.stdout.write(f"{unit.pk}\t{unit.state}\t{frames} frames\t{unit.title}")
        finally:
            close_sandbox()
            holder.close()
        if options["json"]:
            self.stdout.write(json.dumps([_summary(path, unit) for path, unit in taken], indent=1))
        if refused:
            sys.exit(2)


def _summary(path: Path, unit: DataUnit) -> dict[str, Any]:
    return {
        "path": str(path),
        "id": unit.pk,
        "dataset": unit.dataset_id,
        "title": unit.title,
        "state": unit.state,
        "sha256": unit.file_id,
        "frame_count": unit.table.frame_count if unit.table else None,
        "detail": unit.error or None,
    }


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path


def _dataset(name: str) -> Dataset:
    dataset = Dataset.objects.named(name)
    if dataset is None and name.isdecimal():
        raise ViewerError(f"There is no dataset {name}. A title that is not a number makes one.")
    return dataset or create_dataset(name, by=None)


def _take(path: Path, dataset: Dataset) -> DataUnit:
    """Copy the file in. A link would be faster, but whoever changes the original would change what labels stand on."""
    try:
        size = path.stat().st_size
        check_size(size)
        (settings.DATA_DIR / "uploads").mkdir(parents=True, exist_ok=True)
        check_space(size)
        copy = settings.DATA_DIR / "uploads" / f"ingest-{uuid.uuid4()}"
        try:
            sha256, size = _copy(path, copy)
            check_size(size)  # it may have grown meanwhile
            return store_file(copy, sha256=sha256, size=size, dataset=dataset, title=path.name, by=None)
        finally:
            copy.unlink(missing_ok=True)
    except OSError as error:
        raise ViewerError(f"It cannot be read: {error.strerror or error}.", code="unreadable") from error


def _copy(source: Path, target: Path) -> tuple[str, int]:
    """Return SHA-256 and size of what was copied."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reading, target.open("xb") as writing:
        while block := reading.read(BLOCK):
            digest.update(block)
            size += writing.write(block)
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest(), size


def _read(holder: Holder, unit: DataUnit) -> None:
    """Have the file read and verified: here, or by a server's worker when that is faster in taking the job."""
    key = f"file:{unit.file_id}"
    while True:
        unit.refresh_from_db()
        if unit.state not in UNFINISHED:
            return
        lease = claim(holder, ("read", "verify"), key)
        if lease is None:
            release_orphans(holder)
            time.sleep(0.2)
            continue
        with beating(lease):
            run(lease)
