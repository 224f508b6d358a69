"""Read a file's packets: what it is, and a provisional frame table, so that it can be looked at within a second."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

from viewer.actions.enqueue import enqueue
from viewer.actions.make_thumbnail import make_thumbnail
from viewer.actions.sandboxed import limits, sandbox
from viewer.jobs import publish
from viewer.jobs.lease import Lease
from viewer.media.errors import MediaError
from viewer.media.frame_table import FrameTable
from viewer.models import DataUnit, FrameTableRow, StoredFile

log = logging.getLogger("onframe.jobs")


def run(lease: Lease) -> None:
    """Raises MediaError for a file that cannot be used."""
    file = StoredFile.objects.filter(pk=lease.job.arguments["file"]).first()
    if file is None:
        return  # removed meanwhile
    side = file.derived / "side" / f"reading.{secrets.token_hex(4)}"
    side.parent.mkdir(parents=True, exist_ok=True)
    try:
        found = sandbox().scan(file.path, side, limits())
        lease.check()
        if found.needs_reencode is not None and _verified_before(file):
            # By newer rules. What could be labelled yesterday can be today.
            raise MediaError("needs_reencode", found.needs_reencode)
        row = _row(file, found.table)
        if found.uses_side:
            _keep_side(side, row.side_path)
    finally:
        side.unlink(missing_ok=True)

    with lease.fence():
        row = _save(row)
        if found.needs_reencode is not None:
            _show(file, row, DataUnit.NEEDS_REENCODE, found.facts, found.needs_reencode)
        else:
            if _verified_before(file):
                _add_facts(file, found.facts)
            else:
                ready = row.state == FrameTableRow.VERIFIED
                _show(file, row, DataUnit.READY if ready else DataUnit.VERIFYING, found.facts, None)
            # Where a table is built again, pages keep the one that they have until this one is verified.
            enqueue("verify", f"file:{file.pk}", {"file": file.pk, "table": row.pk})
    try:
        make_thumbnail(row, found.table)
    except MediaError as error:
        log.info("No thumbnail of %s: %s", file.pk, error)
    else:
        with lease.fence():
            publish.tell_changed(file.pk)


def failed(lease: Lease, code: str, sentence: str) -> None:
    publish.fail(lease.job.arguments["file"], code, sentence)


def _verified_before(file: StoredFile) -> bool:
    """Whether people may have labelled it. Files that needed a conversion before are shown as such again."""
    units = DataUnit.objects.filter(file=file, state=DataUnit.READY)
    return units.filter(table__state=FrameTableRow.VERIFIED).exists()


def _row(file: StoredFile, table: FrameTable) -> FrameTableRow:
    """Write the table's bytes and return its row, not saved. The bytes come first: a row without them would
    be a lie."""
    row = FrameTableRow.of(table, file)
    if not row.frames_path.exists():
        publish.write_whole(row.frames_path, table.to_bytes())
    return row


def _save(row: FrameTableRow) -> FrameTableRow:
    """The row of this content: the one that an earlier attempt has made, if there is one."""
    same = FrameTableRow.objects.filter(file=row.file, content_sha256=row.content_sha256).select_related("file")
    if (existing := same.first()) is not None:
        return existing
    row.save()
    return row


def _show(file: StoredFile, row: FrameTableRow, state: str, facts: dict[str, object], needs: str | None) -> None:
    DataUnit.objects.filter(file=file).update(
        table=row, state=state, facts=facts, error_code="needs_reencode" if needs else "", error=needs or ""
    )
    publish.tell_changed(file.pk)


def _add_facts(file: StoredFile, facts: dict[str, object]) -> None:
    """What newer rules say of a file that was verified before; what only a decode can tell stays."""
    for unit in DataUnit.objects.filter(file=file):
        counted = {name: unit.facts[name] for name in ("frame_count", "unclean_frames") if name in unit.facts}
        unit.facts = unit.facts | facts | counted
        unit.save(update_fields=["facts"])


def _keep_side(temporary: Path, side: Path) -> None:
    with temporary.open("rb+") as written:
        os.fsync(written.fileno())
    temporary.replace(side)
