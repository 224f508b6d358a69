"""Where the frames of labels stand once another frame table has taken the place of the one that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from viewer.actions.read_table import read_table
from viewer.media.frame_map import match_frames
from viewer.media.frame_table import digest_at
from viewer.models import FrameTableRow

SAME, MOVED, CHANGED, GONE = "same", "moved", "changed", "gone"


@dataclass(frozen=True, slots=True)
class Place:
    """What has become of the frame of a label.

    `same`: it is there as it was. `moved`: the same picture has another number or PTS now. `changed`: the decoder makes
    another picture of the same packet. `gone`: there is no such frame any more, or it may not be labelled.
    """

    verdict: str
    frame: int | None  # that is it now; None if gone
    value: dict[str, Any] | None  # the label in the terms of the current table; None if changed or gone


class Places:
    """Finds the labels of a file's older tables in its verified table `row`."""

    def __init__(self, row: FrameTableRow):
        self._row = row
        self._table = read_table(row)
        self._maps: dict[int, list[int | None]] = {}

    def find(self, old: FrameTableRow, value: Mapping[str, Any]) -> Place:
        """`value` is a keyframe's or a range's, with a receipt of the table `old`."""
        receipt = value["receipt"]
        frame = self._frame(old, receipt["frame"])
        if frame is None or not self._table.may_label(frame):
            return Place(GONE, None, None)
        if receipt["digest"] != self._digest(frame):
            return Place(CHANGED, frame, None)
        # A range ends on other frames than the one that its author stood on.
        ends = {end: self._frame(old, value[end]) for end in ("frame", "first", "last") if value.get(end) is not None}
        if None in ends.values():
            return Place(GONE, frame, None)
        terms = {
            "table": self._row.pk,
            "frame": frame,
            "pts": self._table.frame_pts[frame],
            "packet": self._table.frame_packet[frame],
        }
        now = {**value, **ends, "receipt": {**receipt, **terms}}
        same = frame == receipt["frame"] and terms["pts"] == receipt["pts"]
        return Place(SAME if same and all(value[end] == at for end, at in ends.items()) else MOVED, frame, now)

    def _frame(self, old: FrameTableRow, frame: int) -> int | None:
        if old.pk not in self._maps:
            self._maps[old.pk] = match_frames(read_table(old), self._table)
        frames = self._maps[old.pk]
        return frames[frame] if frame < len(frames) else None

    def _digest(self, frame: int) -> str | None:
        return digest_at(self._digests, frame)

    @cached_property
    def _digests(self) -> bytes:
        return self._row.digests_path.read_bytes()
