"""Take a file in: its bytes under the name of their content, once, and a data unit that shows them."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import unicodedata
from pathlib import Path

from django.conf import settings
from django.db import transaction

from viewer.actions.describe_data_unit import describe_data_unit
from viewer.actions.enqueue import enqueue
from viewer.actions.tell import tell
from viewer.errors import ViewerError
from viewer.models import Dataset, DataUnit, FrameTableRow, LabelRow, Ontology, StoredFile, User

BLOCK = 1 << 20
MAX_TITLE = 300  # characters; DataUnit.title


class NoSpace(ViewerError):
    code = "no_space"
    status = 507


def check_size(size: int) -> None:
    """Raise ViewerError if a file of `size` bytes is not taken, with a sentence that says by how much."""
    limit = settings.MAX_VIDEO_BYTES
    if size <= 0:
        raise ViewerError("The file is empty: it has 0 bytes.", code="empty_file", status=422)
    if size > limit:
        raise ViewerError(
            f"The file has {in_words(size)}, which is {in_words(size - limit)} more than the {in_words(limit)} "
            "that this server takes. Cut it, or ask whoever runs the server to raise MAX_VIDEO_BYTES.",
            code="too_large",
            status=413,
            size=size,
            limit=limit,
        )


def check_space(size: int, promised: int = 0) -> None:
    """Raise `NoSpace` unless `size` more bytes fit beside `promised` ones, with a little left for the database."""
    disk = shutil.disk_usage(settings.DATA_DIR)
    spare = disk.free - promised - min(256 << 20, disk.total // 20)
    if size > spare:
        raise NoSpace(
            f"The server's disk has no room for the file: it needs {in_words(size)} and {in_words(max(spare, 0))} "
            "can be used. Remove what is not needed, or ask whoever runs the server for a larger disk."
        )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clean_title(name: str) -> str:
    """The last part of a file's name, as text: without control characters and those that turn the direction of writing.

    What is left stays as it is, `<b>` included: whoever shows it shows it as text.
    """
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    name = visible_text(name).strip(" .")
    if len(name) > MAX_TITLE:
        stem, dot, ending = name.rpartition(".")
        keep = f"{dot}{ending}" if dot and len(ending) <= 8 else ""
        name = (stem if keep else name)[: MAX_TITLE - len(keep)] + keep
    return name or "Untitled"


def visible_text(text: str) -> str:
    """`text` without characters that nobody sees and that may deceive."""
    # Cc: control, Cf: invisible (direction overrides U+202A-E and U+2066-9, zero width), Cs: half of a pair
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs") and c not in "\u2028\u2029")


def store_file(path: Path, *, sha256: str, size: int, dataset: Dataset, title: str, by: User | None) -> DataUnit:
    """Make a data unit of the bytes at `path`, which lie in DATA_DIR and are complete, synced and hashed.

    `path` is still there afterwards: whoever made it removes it once this has returned, so that a power cut at any
    moment loses nothing. The same bytes are stored once, and read once.
    """
    with transaction.atomic():
        # Inside the transaction: `remove_data_unit` takes bytes away under the same write lock.
        stored, _ = StoredFile.objects.get_or_create(sha256=sha256, defaults={"size": size})
        _link(path, stored.path)
        unit = DataUnit.objects.create(dataset=dataset, title=clean_title(title), file=stored, created_by=by)
        ontology, _ = Ontology.objects.get_or_create(dataset=dataset)
        LabelRow.objects.create(data_unit=unit, ontology=ontology)
        _start_reading(unit)
        tell(f"dataset:{dataset.pk}", "data_unit.changed", describe_data_unit(unit))
    return unit


def _start_reading(unit: DataUnit) -> None:
    """Have the file read, or share what is known of it when another data unit shows the same bytes."""
    others = DataUnit.objects.filter(file=unit.file_id).exclude(pk=unit.pk)
    readable = others.filter(table__isnull=False, state__in=(DataUnit.READY, DataUnit.VERIFYING))
    twin = readable.select_related("table__file").first()
    if twin is None:
        enqueue("read", f"file:{unit.file_id}", {"file": unit.file_id}, priority=10)
        return
    assert twin.table is not None
    unit.table, unit.state, unit.facts = twin.table, twin.state, twin.facts
    unit.save(update_fields=["table", "state", "facts"])
    if twin.table.state != FrameTableRow.VERIFIED:
        enqueue("verify", f"file:{unit.file_id}", {"file": unit.file_id, "table": twin.table.pk})


def _link(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV, errno.EACCES):
            raise
        _copy(source, target)  # a file system without hard links
    target.chmod(0o440)
    sync_folder(target.parent)


def _copy(source: Path, target: Path) -> None:
    temporary = target.with_name(f"{target.name}.copying")
    shutil.copyfile(source, temporary)
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(target)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def in_words(size: int) -> str:
    """`1.24 GB`; in bytes as well where rounding would hide a difference: `1 byte`, `999 bytes`."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    units = ["bytes", "kB", "MB", "GB", "TB"]
    value = float(size)
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.3g} {units[0]}"
