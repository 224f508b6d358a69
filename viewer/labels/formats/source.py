"""What a format is made from: a data unit with its frames and tracks, as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from viewer.labels.tracks import Shown, Track


class Frames(Protocol):
    """The frame table of a data unit."""

    @property
    def frame_count(self) -> int: ...

    def pts(self, frame: int) -> int: ...

    def seconds(self, frame: int) -> float: ...

    def packet(self, frame: int) -> int: ...

    def digest(self, frame: int) -> str | None:
        """32 hexadecimal digits; None where the frame has not been decoded, or gave no picture."""

    def may_label(self, frame: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class ExportedUnit:
    """`about` goes into the export as it is. `tracks` can be gone through once."""

    about: Mapping[str, Any]
    title: str
    width: int  # of the picture that shapes are drawn on: decoded, after rotation
    height: int
    frames: Frames | None
    tracks: Iterator[Track]


def shown_on(unit: ExportedUnit, track: Track, *, every_frame: bool) -> Iterator[Shown]:
    """What the export has of a track. Frames that cannot be labelled have no interpolated labels, nor has a track of
    which labels are to be reviewed: they may say otherwise of what lies between its keyframes."""
    if unit.frames is None:
        return
    shown = track.shapes(unit.frames.frame_count) if every_frame and not track.to_review else track.shown_keyframes()
    for each in shown:
        if each.frame < unit.frames.frame_count and (each.keyframe or unit.frames.may_label(each.frame)):
            yield each


def proof_of(unit: ExportedUnit, shown: Shown) -> tuple[str | None, str | None, bool]:
    """Digest, kind of proof (None: interpolated) and whether the frame is proved.

    A keyframe has the digest that its author saw: proved if the server decoded the same, with that PTS and packet.
    """
    frames, frame = unit.frames, shown.frame
    decoded = frames.digest(frame) if frames else None
    if shown.keyframe is None or frames is None:
        return decoded, None, decoded is not None
    receipt = shown.keyframe.receipt
    place = (receipt["frame"], receipt["pts"], receipt["packet"])
    proved = receipt["digest"] == decoded and place == (frame, frames.pts(frame), frames.packet(frame))
    return receipt["digest"], receipt["proof"], proved
