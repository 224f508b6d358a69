"""Decode every frame of a file. What the decoder gives decides; labels may stand on the frames that are
proved so far."""

from __future__ import annotations

import os
import time

from django.db.models import Q

from viewer.actions.enqueue import enqueue
from viewer.actions.read_table import read_table
from viewer.actions.relink_labels import find_relinking, relink_labels
from viewer.actions.sandboxed import limits, sandbox
from viewer.jobs import publish
from viewer.jobs.lease import Lease
from viewer.media.errors import MediaError
from viewer.media.frame_table import ALGORITHM, DIGEST_SIZE, UNCLEAN, FrameTable, digest_at, same_until
from viewer.media.sandbox import Verified
from viewer.models import DataUnit, FrameTableRow

TELL_SECONDS = 0.5  # between two publications of the proved prefix
CHANGED_SECONDS = 2  # between two descriptions of the data unit


def run(lease: Lease) -> None:
    """Raises MediaError for a file whose frames cannot be decoded, or not twice in the same way."""
    row = _table_to_verify(lease)
    if row is None:
        return  # removed, or verified meanwhile
    table = read_table(row)
    if row.state == FrameTableRow.VERIFIED:
        # It was verified before by this FFmpeg and these rules; maybe another one was used in between.
        if _shown(row.file_id) != row:
            _show(lease, row, table)
        return
    if (row.algorithm, row.libraries) != (ALGORITHM, sandbox().libraries()):
        # An upgrade came in between: what was published of it cannot be gone on with.
        with lease.fence():
            enqueue("read", f"file:{row.file_id}", {"file": row.file_id}, priority=-10)
        return
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
        _replace(lease, row, verified)
    else:
        _confirm(lease, row, verified)


def failed(lease: Lease, code: str, sentence: str) -> None:
    publish.fail(lease.job.arguments["file"], code, sentence)


def _table_to_verify(lease: Lease) -> FrameTableRow | None:
    arguments = lease.job.arguments
    return FrameTableRow.objects.filter(pk=arguments["table"], file=arguments["file"]).select_related("file").first()


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
    _show(lease, row, verified.table, same_until=row.frame_count)


def _replace(lease: Lease, old: FrameTableRow, verified: Verified) -> None:
    """The decoder disagrees with the packets: a new table takes the place of the provisional one."""
    row = FrameTableRow.of(verified.table, old.file)
    publish.write_whole(row.frames_path, verified.table.to_bytes())
    publish.write_whole(row.digests_path, verified.digests)
    if old.side_path.exists():
        # The packets are the same; each table has them under its own name, since pages may read both.
        publish.link(old.side_path, row.side_path)
    with lease.fence():
        # An attempt that ended after this has made it already.
        row = FrameTableRow.objects.filter(file=row.file, content_sha256=row.content_sha256).first() or row
        row.save()
    _show(lease, row, verified.table, same_until=verified.same_until)


def _shown(file: str) -> FrameTableRow | None:
    """The table that pages show of a file until now: the same, its provisional one, or one of before an upgrade."""
    unit = DataUnit.objects.filter(file=file, table__isnull=False).select_related("table__file").first()
    return unit.table if unit is not None else None


def _show(lease: Lease, row: FrameTableRow, table: FrameTable, *, same_until: int | None = None) -> None:
    """Make the verified table the current one, and carry over the labels on frames that are the same.

    `same_until` is known of the provisional table that was verified.
    """
    shown = _shown(row.file_id)
    replaced = shown if shown is not None and shown != row else None
    if replaced is not None:
        if same_until is None or replaced.state == FrameTableRow.VERIFIED:
            same_until = _same_until(replaced, row)
        row.supersedes, row.same_until = replaced, same_until
    row.state, row.proved = FrameTableRow.VERIFIED, row.frame_count
    relinking = find_relinking(row)
    with lease.fence():
        row.save()
        relink_labels(row, relinking)
        units = DataUnit.objects.filter(file=row.file_id)
        units.filter(~Q(state=DataUnit.NEEDS_REENCODE)).update(table=row, state=DataUnit.READY, error_code="", error="")
        _count(row, table)
        if replaced is None:
            publish.tell_progress(row, 0)
        publish.tell_changed(row.file_id)
        if replaced is not None:
            publish.tell_replaced(replaced, row)


def _count(row: FrameTableRow, table: FrameTable) -> None:
    """Facts that only a decode can tell."""
    counted = {
        "frame_count": row.frame_count,
        "unclean_frames": sum(1 for flags in table.frame_flags if flags & UNCLEAN),
    }
    for unit in DataUnit.objects.filter(file=row.file_id):
        facts = unit.facts | counted
        facts.pop("rebuild_error", None)
        if unit.facts != facts:
            unit.facts = facts
            unit.save(update_fields=["facts"])


def _same_until(a: FrameTableRow, b: FrameTableRow) -> int:
    """How many frames, from the first, are the same in both: their places in both sections, and whether they may
    be labelled. Frames that were never proved count as others."""
    count = same_until(read_table(a), read_table(b))
    first = a.digests_path.read_bytes() if a.digests_path.exists() else b""
    second = b.digests_path.read_bytes()
    count = min(count, a.proved)
    return next((n for n in range(count) if digest_at(first, n) != digest_at(second, n)), count)
