"""Whether the frame that the author of a label says they saw is a frame of the file, and may be labelled."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from viewer.actions.label_places import SAME, Places
from viewer.actions.read_table import read_table
from viewer.errors import ViewerError
from viewer.media.frame_table import DIGEST_SIZE, NO_DIGEST, NO_LABEL, UNCLEAN, FrameTable, digest_at
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
        self._row = data_unit.table
        self._labelable = data_unit.state in (DataUnit.VERIFYING, DataUnit.READY)
        self._file = data_unit.file_id
        self._tables: dict[int, FrameTableRow | None] = {}

    def check(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return the keyframe or range as it is to be stored: of another table in the terms of the current one.

        Raises ReceiptMismatch, or FrameNotLabelable for frames that are not proved yet, have no clean picture
        or a PTS < 0.
        """
        row = self._row
        if row is None or not self._labelable:
            raise FrameNotLabelable("This video cannot be labelled as it is now.")
        receipt = value["receipt"]
        if receipt["table"] != row.pk:
            return self._in_current_terms(row, value)
        frame = receipt["frame"]
        if frame < row.proved and self._is_right(receipt, frame):
            return value
        table = self._table
        if frame >= row.frame_count:
            raise FrameNotLabelable(f"There is no frame {frame}: the last one is {row.frame_count - 1}.")
        if frame >= row.proved:
            raise FrameNotLabelable(
                f"Frame {frame} has not been verified yet, only the first {row.proved} are. Save again in a while.",
                proved=row.proved,
            )
        if not table.may_label(frame):
            raise FrameNotLabelable(_why_not(table.frame_pts[frame], frame))
        digest = digest_at(self._digests, frame)
        if digest == NO_DIGEST.hex():
            raise FrameNotLabelable(f"Frame {frame} has no picture that could be proved.")
        raise ReceiptMismatch(
            f"The picture that was on the screen is not frame {frame} of this video. Nothing was saved; "
            "reload the page to see the frame again."
        )

    def _is_right(self, receipt: dict[str, Any], frame: int) -> bool:
        """In everything, seen in one look; otherwise somebody has to say what is wrong."""
        pts, packet, flags, digests = self._columns
        digest = digests[DIGEST_SIZE * frame : DIGEST_SIZE * (frame + 1)]
        return (
            pts[frame] == receipt["pts"]
            and packet[frame] == receipt["packet"]
            and digest.hex() == receipt["digest"]
            and digest != NO_DIGEST
            and not flags[frame] & (NO_LABEL | UNCLEAN)
        )

    def _in_current_terms(self, row: FrameTableRow, value: dict[str, Any]) -> dict[str, Any]:
        """What a page saw that had an older table, or an undo brings back. Where the frame is not the same in the
        current one, the label is kept as it came, to be reviewed: its author saw what it proves."""
        receipt = value["receipt"]
        old = self.find_table(receipt["table"])
        if old is not None:
            frame, packets = receipt["frame"], read_table(old).frame_packet
            if row.state == FrameTableRow.VERIFIED and frame < len(packets) and receipt["packet"] == packets[frame]:
                place = self._places.find(old, value)
                if place.verdict == SAME and place.value is not None:
                    return place.value
            if self._was_right(old, receipt):
                return value
        raise ReceiptMismatch(
            f"The frame table by which frame {receipt['frame']} was shown is not this video's any more. Nothing was "
            "saved; reload the page to see the frame again."
        )

    @staticmethod
    def _was_right(old: FrameTableRow, receipt: dict[str, Any]) -> bool:
        frame, table = receipt["frame"], read_table(old)
        if frame >= old.proved or not table.may_label(frame) or not old.digests_path.exists():
            return False
        with old.digests_path.open("rb") as file:
            file.seek(frame * DIGEST_SIZE)
            digest = file.read(DIGEST_SIZE)
        seen = (receipt["pts"], receipt["packet"], receipt["digest"])
        return digest != NO_DIGEST and seen == (table.frame_pts[frame], table.frame_packet[frame], digest.hex())

    def find_table(self, id: int) -> FrameTableRow | None:
        """One of the file's tables, the current one or not."""
        if id not in self._tables:
            self._tables[id] = FrameTableRow.objects.filter(pk=id, file=self._file).select_related("file").first()
        return self._tables[id]

    # Read at first use, once for all receipts: a look a frame would cost more.

    @cached_property
    def _places(self) -> Places:
        assert self._row is not None
        return Places(self._row)

    @cached_property
    def _table(self) -> FrameTable:
        assert self._row is not None
        return read_table(self._row)

    @cached_property
    def _columns(self) -> tuple[Sequence[int], Sequence[int], Sequence[int], bytes]:
        return self._table.frame_pts, self._table.frame_packet, self._table.frame_flags, self._digests

    @cached_property
    def _digests(self) -> bytes:
        assert self._row is not None
        return self._row.digests_path.read_bytes()


def _why_not(pts: int, frame: int) -> str:
    if pts < 0:
        return (
            f"Frame {frame} has a negative time stamp ({pts}): players differ on whether to show it, so it can "
            "have "
            "no labels."
        )
    return f"Frame {frame} has no clean picture of the video's size, so it cannot be labelled."
