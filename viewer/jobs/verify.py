"""Decode every frame of a file. What the decoder gives decides; labels may stand on the frames that are
proved so far."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q

from viewer.actions.sandboxed import limits, sandbox
from viewer.jobs import publish
from viewer.jobs.lease import Lease
from viewer.media.errors import MediaError
from viewer.media.frame_table import ALGORITHM, DIGEST_SIZE, UNCLEAN, FrameTable, same_until
from viewer.models import DataUnit, FrameTableRow, LabelRecord

if TYPE_CHECKING:
    from viewer.media.sandbox import Verified

TELL_SECONDS = 0.5  # between two publications of the proved prefix
CHANGED_SECONDS = 2  # between two descriptions of the data unit


def run(lease: Lease) -> None:
    """Raises MediaError for a file whose frames cannot be decoded, or not twice in the same way."""
    from viewer.media.sandbox import Verified  # not at the top: it brings the media libraries

    row = _table_to_verify(lease)
    if row is None:
        return  # removed, or verified meanwhile
    table = FrameTable.from_bytes(row.frames_path.read_bytes())
    digests = Digests(row)
    verified: Verified | None = None
    told = changed = time.monotonic()
    try:
        for step in sandbox().verify(row.file.path, table, limits()):
            lease.check()
            if isinstance(step, Verified):
                verified = step
                digests.compare(0, step.digests)
                break
            digests.add(step.proved, step.digests)
            seconds_left = lease.tell_progress(step.fraction)
            now = time.monotonic()
            if now - told >= TELL_SECONDS and step.proved > row.proved:
                told = now
                digests.sync()
                with lease.fence():
                    row.proved = step.proved
                    row.save(update_fields=["proved"])
                    publish.tell_progress(row, seconds_left)
                    if now - changed >= CHANGED_SECONDS:
                        changed = now
                        publish.tell_changed(row.file_id)
    finally:
        digests.close()
    assert verified is not None, "verify() ends with its result"
    if verified.changed:
        _replace(lease, row, table, verified)
    else:
        _confirm(lease, row, verified)


def failed(lease: Lease, code: str, sentence: str) -> None:
    publish.fail(lease.job.arguments["file"], code, sentence)


def _table_to_verify(lease: Lease) -> FrameTableRow | None:
    arguments = lease.job.arguments
    rows = FrameTableRow.objects.filter(file=arguments["file"], algorithm=ALGORITHM, state=FrameTableRow.PROVISIONAL)
    if "table" in arguments:
        rows = rows.filter(pk=arguments["table"])
    return rows.select_related("file", "supersedes").order_by("-id").first()


class Digests:
    """The digests file of a table. Those that were published are never written again, only compared.

    Every write says where it goes, and all attempts write the same: one that was paused and comes back does no harm.
    """

    def __init__(self, row: FrameTableRow):
        row.digests_path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(row.digests_path, os.O_RDWR | os.O_CREAT, 0o640)
        self._published = row.proved * DIGEST_SIZE

    def add(self, proved: int, new: bytes) -> None:
        """Put the digests of the last frames of the first `proved`."""
        at = proved * DIGEST_SIZE - len(new)
        compared = self.compare(at, new)
        os.pwrite(self._descriptor, new[compared:], at + compared)

    def compare(self, at: int, new: bytes) -> int:
        """Compare with what was published of these bytes. Return how many that were."""
        known = new[: max(self._published - at, 0)]
        if known and os.pread(self._descriptor, len(known), at) != known:
            raise MediaError(
                "not_repeatable",
                "Decoding this file again gave other pictures than the first time, so no label on it could be proved. "
                "The stored bytes or this machine's memory may be damaged.",
            )
        return len(known)

    def sync(self) -> None:
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def _confirm(lease: Lease, row: FrameTableRow, verified: Verified) -> None:
    """The provisional table was right."""
    publish.write_whole(row.digests_path, verified.digests)
    with lease.fence():
        row.state, row.proved = FrameTableRow.VERIFIED, row.frame_count
        row.save(update_fields=["state", "proved"])
        publish.tell_progress(row, 0)
        _show(row, verified.table)


def _replace(lease: Lease, old: FrameTableRow, old_table: FrameTable, verified: Verified) -> None:
    """The decoder disagrees with the packets: a new table takes the place of the provisional one."""
    content = verified.table.to_bytes()
    row = FrameTableRow(
        file=old.file,
        stream_index=verified.table.stream,
        algorithm=verified.table.algorithm,
        libraries=verified.table.libraries,
        content_sha256=hashlib.sha256(content).hexdigest(),
        frame_count=verified.table.frame_count,
        proved=verified.table.frame_count,
        state=FrameTableRow.VERIFIED,
        supersedes=old,
        same_until=verified.same_until,
    )
    publish.write_whole(row.frames_path, content)
    publish.write_whole(row.digests_path, verified.digests)
    if old.side_path.exists():
        # The packets are the same; each table has them under its own name, since pages may read both.
        publish.link(old.side_path, row.side_path)
    with lease.fence():
        row.save()
        _relink(old, row)
        _show(row, verified.table)
        publish.tell_replaced(old, row)


def _show(row: FrameTableRow, table: FrameTable) -> None:
    """Make the verified table the current one, and carry over what stands on older ones where the frames
    are the same."""
    previous = row.supersedes
    while previous is not None and previous.algorithm == row.algorithm:
        previous = previous.supersedes
    if previous is not None:
        # The rules have changed since it was built: frames count as the same where both sections agree.
        row.same_until = _same_until(previous, row)
        row.save(update_fields=["same_until"])
        _relink(previous, row)
    units = DataUnit.objects.filter(file=row.file_id)
    units.filter(~Q(state=DataUnit.NEEDS_REENCODE)).update(table=row, state=DataUnit.READY, error_code="", error="")
    counted = {
        "frame_count": row.frame_count,
        "unclean_frames": sum(1 for flags in table.frame_flags if flags & UNCLEAN),
    }
    for unit in units:
        facts = unit.facts | counted
        facts.pop("rebuild_error", None)
        if unit.facts != facts:
            unit.facts = facts
            unit.save(update_fields=["facts"])
    publish.tell_changed(row.file_id)
    if previous is not None:
        publish.tell_replaced(previous, row)


def _relink(old: FrameTableRow, new: FrameTableRow) -> None:
    """Carry labels over: their receipts say in the terms of the new table what they said in those of the old."""
    packets = FrameTable.from_bytes(new.frames_path.read_bytes()).frame_packet
    with connection.cursor() as cursor:
        # Ranges that were saved before the column held the frame of theirs too.
        cursor.execute(
            f"UPDATE {LabelRecord._meta.db_table} SET frame = json_extract(value, '$.receipt.frame') "  # noqa: S608
            "WHERE table_id = %s AND frame IS NULL",
            [old.pk],
        )
        records = LabelRecord.objects.filter(table=old, frame__lt=new.same_until).values_list("pk", "frame")
        cursor.executemany(
            f"UPDATE {LabelRecord._meta.db_table} SET table_id = %s, "  # noqa: S608
            "value = json_replace(value, '$.receipt.table', %s, '$.receipt.packet', %s) WHERE id = %s",
            [(new.pk, new.pk, packets[frame], record) for record, frame in records],
        )


def _same_until(a: FrameTableRow, b: FrameTableRow) -> int:
    tables = [FrameTable.from_bytes(row.frames_path.read_bytes()) for row in (a, b)]
    first, second = a.digests_path.read_bytes(), b.digests_path.read_bytes()
    count = same_until(*tables)
    for frame in range(count):
        at = slice(frame * DIGEST_SIZE, (frame + 1) * DIGEST_SIZE)
        if first[at] != second[at]:
            return frame
    return count
