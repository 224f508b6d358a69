"""Whether the frame that the author of a label says they saw is a frame of the file, and may be labelled."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from viewer.actions.read_table import read_table
from viewer.errors import ViewerError
from viewer.media.frame_table import DIGEST_SIZE, NO_DIGEST, NO_LABEL, UNCLEAN, FrameTable
from viewer.models import DataUnit, FrameTableRow


class ReceiptMismatch(ViewerError):
    code = "receipt_mismatch"
    status = 409


class FrameNotLabelable(ViewerError):
    code = "frame_not_labelable"
    status = 422


class Receipts:
    """The receipts of one request. Tables and digests are opened when a receipt first names them."""

    def __init__(self, data_unit: DataUnit):
        self._labelable = data_unit.table is not None and data_unit.state in (DataUnit.VERIFYING, DataUnit.READY)
        self._current = _Opened(data_unit.table) if data_unit.table else None
        # The tables that a receipt may name, and how many of their frames are the same in the current one.
        self._accepted = _accepted(self._current) if self._current else {}

    def check(self, receipt: dict[str, Any]) -> dict[str, Any]:
        """Return the receipt as it is to be stored: of a superseded table in the terms of the current one.

        Raises ReceiptMismatch, or FrameNotLabelable for frames that are not proved yet, have no clean picture
        or a PTS < 0.
        """
        current = self._current
        if current is None or not self._labelable:
            raise FrameNotLabelable("This video cannot be labelled as it is now.")
        frame = receipt["frame"]
        if receipt["table"] == current.row.pk and current.shows(receipt, frame):
            return receipt
        opened, until = self._accepted.get(receipt["table"], (None, 0))
        if opened is None or (frame >= until and opened is not current):
            raise ReceiptMismatch(
                f"The frame table by which frame {frame} was shown is not this video's any more. "
                "Nothing was saved; reload the page to see the frame again."
            )
        if frame >= until:
            raise FrameNotLabelable(f"There is no frame {frame}: the last one is {until - 1}.")
        # Frames before `until` are the same in both, so either may have the proof.
        proof = current if frame < current.proved else opened
        if frame >= proof.proved:
            proved = max(current.proved, opened.proved)
            raise FrameNotLabelable(
                f"Frame {frame} has not been verified yet, only the first {proved} are. Save again in a while.",
                proved=proved,
            )
        table = opened.table
        if not table.may_label(frame):
            raise FrameNotLabelable(_why_not(table.frame_pts[frame], frame))
        digest = proof.digest(frame)
        if digest == NO_DIGEST:
            raise FrameNotLabelable(f"Frame {frame} has no picture that could be proved.")
        seen = (receipt["pts"], receipt["packet"], receipt["digest"])
        if seen != (table.frame_pts[frame], table.frame_packet[frame], digest.hex()):
            raise ReceiptMismatch(
                f"The picture that was on the screen is not frame {frame} of this video. Nothing was saved; "
                "reload the page to see the frame again."
            )
        if opened is current:
            return receipt
        return {**receipt, "table": current.row.pk, "packet": current.table.frame_packet[frame]}


class _Opened:
    """A table whose frames and digests are read at first use, once for all receipts: a look a frame costs more."""

    def __init__(self, row: FrameTableRow):
        self.row = row
        self.proved = row.proved

    @cached_property
    def table(self) -> FrameTable:
        return read_table(self.row)

    def shows(self, receipt: dict[str, Any], frame: int) -> bool:
        """Whether it is right in everything, seen in one look; otherwise somebody has to say what is wrong."""
        if frame >= self.proved:
            return False
        pts, packet, flags, digests = self._columns
        digest = digests[DIGEST_SIZE * frame : DIGEST_SIZE * (frame + 1)]
        return (
            pts[frame] == receipt["pts"]
            and packet[frame] == receipt["packet"]
            and digest.hex() == receipt["digest"]
            and digest != NO_DIGEST
            and not flags[frame] & (NO_LABEL | UNCLEAN)
        )

    @cached_property
    def _columns(self) -> tuple[Sequence[int], Sequence[int], Sequence[int], bytes]:
        return self.table.frame_pts, self.table.frame_packet, self.table.frame_flags, self._digests

    def digest(self, frame: int) -> bytes:
        return self._digests[DIGEST_SIZE * frame : DIGEST_SIZE * (frame + 1)]

    @cached_property
    def _digests(self) -> bytes:
        return self.row.digests_path.read_bytes()


def _accepted(current: _Opened) -> dict[int, tuple[_Opened, int]]:
    row, until = current.row, current.row.frame_count
    accepted = {row.pk: (current, until)}
    while row.supersedes is not None and row.supersedes_id not in accepted:
        until = min(until, row.same_until)
        row = row.supersedes
        accepted[row.pk] = (_Opened(row), until)
    return accepted


def _why_not(pts: int, frame: int) -> str:
    if pts < 0:
        return (
            f"Frame {frame} has a negative time stamp ({pts}): players differ on whether to show it, so it can "
            "have "
            "no labels."
        )
    return f"Frame {frame} has no clean picture of the video's size, so it cannot be labelled."
