"""What the reading of a file has found, written and told. Everything here is called inside a lease's fence."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path
from typing import Any

from viewer.actions.describe_data_unit import describe_data_units, describe_table
from viewer.actions.store_file import sync_folder
from viewer.actions.tell import tell
from viewer.models import DataUnit, FrameTableRow

log = logging.getLogger("onframe.jobs")


def shown_by(file: str) -> list[DataUnit]:
    """The data units that show a stored file, by its SHA-256."""
    return list(DataUnit.objects.filter(file=file).select_related("file", "table__file"))


def tell_changed(file: str) -> None:
    """Tell the datasets about every data unit that shows the file, as it is now."""
    for described in describe_data_units(shown_by(file)):
        tell(f"dataset:{described['dataset']}", "data_unit.changed", described)


def tell_progress(row: FrameTableRow, seconds_left: float | None) -> None:
    data: dict[str, Any] = {
        "table": row.pk,
        "state": row.state,
        "proved": row.proved,
        "frame_count": row.frame_count,
        "seconds_left": seconds_left,
    }
    for unit_id in DataUnit.objects.filter(file=row.file_id, table=row).values_list("pk", flat=True):
        tell(f"data_unit:{unit_id}", "table.progress", data)


def tell_replaced(old: FrameTableRow, new: FrameTableRow) -> None:
    for unit in shown_by(new.file_id):
        data = {"old": old.pk, "table": describe_table(unit, new), "same_until": new.same_until}
        tell(f"data_unit:{unit.pk}", "table.replaced", data)


def fail(file: str, code: str, sentence: str) -> None:
    """What was verified once stays as it is, with its labels: only the building again has failed."""
    units = DataUnit.objects.filter(file=file)
    verified = units.filter(table__state=FrameTableRow.VERIFIED)
    for unit in verified:
        log.error("Data unit %d keeps the frame table that it has; building it again failed: %s", unit.pk, sentence)
        unit.facts = unit.facts | {"rebuild_error": {"code": code, "detail": sentence}}
        unit.save(update_fields=["facts"])
    units.exclude(pk__in=[unit.pk for unit in verified]).update(state=DataUnit.FAILED, error_code=code, error=sentence)
    tell_changed(file)


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing, and still there after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def link(source: Path, target: Path) -> None:
    """Give bytes that never change a second name."""
    if target.exists():
        return
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        write_whole(target, source.read_bytes())  # a file system without hard links
    sync_folder(target.parent)
