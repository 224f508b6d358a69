"""Fill the demo of an empty database: a dataset of short videos, each with something that moves."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import transaction

from viewer.actions.store_file import sha256_of, store_file
from viewer.jobs.lease import Lease
from viewer.models import Dataset

# In a process of its own: encoding brings libraries that the server does without.
MAKE = (
    "import json, sys, pathlib; from viewer.media import demo; "
    "print(json.dumps([str(path) for path in demo.make(pathlib.Path(sys.argv[1]))]))"
)


def run(lease: Lease) -> None:
    folder = settings.DATA_DIR / "uploads" / f"demo-{lease.job.pk}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        made = subprocess.run(
            [sys.executable, "-c", MAKE, str(folder)],
            cwd=settings.BASE_DIR,
            env={"PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
            timeout=120,
        )
        paths = [Path(path) for path in json.loads(made.stdout)]
        lease.check()
        for path in paths:
            # One by one: each is told to the page and looked at while the next is taken in.
            with lease.fence(), transaction.atomic():
                dataset = Dataset.objects.filter(pk=lease.job.arguments.get("dataset")).first()
                if dataset is None:
                    return  # somebody has removed it already
                if dataset.data_units.filter(title=path.name).exists():
                    continue  # an earlier attempt has
                store_file(
                    path,
                    sha256=sha256_of(path),
                    size=path.stat().st_size,
                    dataset=dataset,
                    title=path.name,
                    by=None,
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def failed(lease: Lease, code: str, sentence: str) -> None:
    """Nothing to tell: the dataset stays empty, and the server's log says why."""
