"""What lies between keyframes.

static/editor/labels/interpolation.js is its twin; tests/shared/interpolation.json holds both to one table.
"""

from __future__ import annotations

from collections.abc import Iterable

from viewer.labels.shapes import Shape

LINEAR, HOLD = "linear", "hold"
INTERPOLATIONS = (LINEAR, HOLD)


def shape_between(
    earlier: Shape, earlier_frame: int, interpolation: str, later: Shape | None, later_frame: int, frame: int
) -> Shape:
    """The shape at `frame` from the keyframe at or before it and the one after it, if any."""
    if later is None or frame == earlier_frame or interpolation == HOLD:
        return earlier
    if later.type != earlier.type:
        return earlier  # nothing lies between two kinds of shape
    return earlier.between(later, (frame - earlier_frame) / (later_frame - earlier_frame))


def union(ranges: Iterable[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """The union of ranges first..last (None: to the end), sorted, none touching the next."""
    result: list[tuple[int, int | None]] = []
    for first, last in sorted(ranges, key=lambda each: each[0]):
        if result:
            start, end = result[-1]
            if end is None:
                break
            if first <= end + 1:
                result[-1] = (start, None if last is None else max(end, last))
                continue
        result.append((first, last))
    return result
