"""Whether the frame that the author of a label says they saw is a frame of the file, and may be labelled."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from viewer.actions.read_table import read_table
from viewer.errors import ViewerError
from viewer.media.frame_table import DIGEST_SIZE, NO_DIGEST
from viewer.models import DataUnit, FrameTableRow


class ReceiptMismatch(ViewerError):
    code = "receipt_mismatch"
    status = 409


class FrameNotLabelable(ViewerError):
    code = "frame_not_labelable"
    status = 422


class Receipts:
    """The receipts of one request. Digests are opened when a receipt first needs them; `close` closes them."""

    def __init__(self, data_unit: DataUnit):
        self._current = data_unit.table
        self._state = data_unit.state
        # The tables that a receipt may name, and how many of their frames are the same in the current one.
        self._accepted = _accepted(data_unit.table) if data_unit.table else {}
        self._digests: dict[Path, int] = {}

    def check(self, receipt: dict[str, Any]) -> dict[str, Any]:
        """Return the receipt as it is to be stored: of a superseded table in the terms of the current one.

        Raises ReceiptMismatch, or FrameNotLabelable for frames that are not proved yet, have no clean picture
        or a PTS < 0.
        """
        if self._current is None or self._state not in (DataUnit.VERIFYING, DataUnit.READY):
            raise FrameNotLabelable("This video cannot be labelled as it is now.")
        frame = receipt["frame"]
        row, until = self._accepted.get(receipt["table"], (None, 0))
        if row is None or (frame >= until and row.pk != self._current.pk):
            raise ReceiptMismatch(
                f"The frame table by which frame {frame} was shown is not this video's any more. "
                "Nothing was saved; reload the page to see the frame again."
            )
        if frame >= until:
            raise FrameNotLabelable(f"There is no frame {frame}: the last one is {until - 1}.")
        # Frames before `until` are the same in both, so either may have the proof.
        proof = next((each for each in (self._current, row) if frame < each.proved), None)
        if proof is None:
            proved = max(self._current.proved, row.proved)
            raise FrameNotLabelable(
                f"Frame {frame} has not been verified yet, only the first {proved} are. Save again in a while.",
                proved=proved,
            )
        table = read_table(row)
        if not table.may_label(frame):
            raise FrameNotLabelable(_why_not(table.frame_pts[frame], frame))
        digest = self._digest(proof, frame)
        if digest == NO_DIGEST:
            raise FrameNotLabelable(f"Frame {frame} has no picture that could be proved.")
        seen = (receipt["pts"], receipt["packet"], receipt["digest"])
        if seen != (table.frame_pts[frame], table.frame_packet[frame], digest.hex()):
            raise ReceiptMismatch(
                f"The picture that was on the screen is not frame {frame} of this video. Nothing was saved; "
                "reload the page to see the frame again."
            )
        if row.pk == self._current.pk:
            return receipt
        return {**receipt, "table": self._current.pk, "packet": read_table(self._current).frame_packet[frame]}

    def close(self) -> None:
        for descriptor in self._digests.values():
            os.close(descriptor)
        self._digests.clear()

    def _digest(self, row: FrameTableRow, frame: int) -> bytes:
        path = row.digests_path
        if path not in self._digests:
            self._digests[path] = os.open(path, os.O_RDONLY)
        return os.pread(self._digests[path], DIGEST_SIZE, DIGEST_SIZE * frame)


def _accepted(current: FrameTableRow) -> dict[int, tuple[FrameTableRow, int]]:
    accepted = {current.pk: (current, current.frame_count)}
    row, until = current, current.frame_count
    while row.supersedes is not None and row.supersedes_id not in accepted:
        until = min(until, row.same_until)
        row = row.supersedes
        accepted[row.pk] = (row, until)
    return accepted


def _why_not(pts: int, frame: int) -> str:
    if pts < 0:
        return (
            f"Frame {frame} has a negative time stamp ({pts}): players differ on whether to show it, so it can "
            "have "
            "no labels."
        )
    return f"Frame {frame} has no clean picture of the video's size, so it cannot be labelled."
