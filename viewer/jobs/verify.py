"""Decode every frame of a file. What the decoder gives decides; labels may stand on the frames that are
proved so far."""

from __future__ import annotations

import hashlib
import os
import time

from django.db.models import Q

from viewer.actions.relink_labels import relink_labels
from viewer.actions.sandboxed import limits, sandbox
from viewer.jobs import publish
from viewer.jobs.lease import Lease
from viewer.media.errors import MediaError
from viewer.media.frame_table import DIGEST_SIZE, UNCLEAN, FrameTable, same_until
from viewer.media.sandbox import Verified
from viewer.models import DataUnit, FrameTableRow

TELL_SECONDS = 0.5  # between two publications of the proved prefix
CHANGED_SECONDS = 2  # between two descriptions of the data unit


def run(lease: Lease) -> None:
    """Raises MediaError for a file whose frames cannot be decoded, or not twice in the same way."""
    row = _table_to_verify(lease)
    if row is None:
        return  # removed, or verified meanwhile
    if row.state == FrameTableRow.VERIFIED:
        _show_again(lease, row)
        return
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
    row.state, row.proved = FrameTableRow.VERIFIED, row.frame_count
    shown = _shown(row)
    if shown is not None and shown != row:
        row.supersedes, row.same_until = shown, _same_until(shown, row)
    with lease.fence():
        row.save()
        publish.tell_progress(row, 0)
        _show(row, shown, verified.table)


def _replace(lease: Lease, old: FrameTableRow, verified: Verified) -> None:
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
    )
    publish.write_whole(row.frames_path, content)
    publish.write_whole(row.digests_path, verified.digests)
    if old.side_path.exists():
        # The packets are the same; each table has them under its own name, since pages may read both.
        publish.link(old.side_path, row.side_path)
    shown = _shown(old) or old
    row.supersedes = shown
    row.same_until = verified.same_until if shown == old else _same_until(shown, row)
    with lease.fence():
        row.save()
        _show(row, shown, verified.table)


def _show_again(lease: Lease, row: FrameTableRow) -> None:
    """FFmpeg was put back to a version by which this table has been verified before."""
    table, shown = FrameTable.from_bytes(row.frames_path.read_bytes()), _shown(row)
    if shown is not None and shown != row:
        with lease.fence():
            _show(row, shown, table)


def _shown(row: FrameTableRow) -> FrameTableRow | None:
    """The table that pages show of this file until now: the same, or one by the rules of before an upgrade."""
    unit = DataUnit.objects.filter(file=row.file_id, table__isnull=False).select_related("table__file").first()
    return unit.table if unit is not None else None


def _show(row: FrameTableRow, shown: FrameTableRow | None, table: FrameTable) -> None:
    """Make the verified table the current one, and carry over the labels on frames that are the same."""
    if shown is not None and shown != row:
        relink_labels(row)
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
    if shown is not None and shown != row:
        publish.tell_replaced(shown, row)


def _same_until(a: FrameTableRow, b: FrameTableRow) -> int:
    """How many frames, from the first, are the same in both: their places in both sections, and whether they may
    be labelled."""
    tables = [FrameTable.from_bytes(row.frames_path.read_bytes()) for row in (a, b)]
    first, second = a.digests_path.read_bytes(), b.digests_path.read_bytes()
    count = same_until(*tables)
    for frame in range(count):
        at = slice(frame * DIGEST_SIZE, (frame + 1) * DIGEST_SIZE)
        if first[at] != second[at]:
            return frame
    return count
