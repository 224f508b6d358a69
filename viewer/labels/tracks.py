"""A track as one object over many frames, put together from its records."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from viewer.labels.interpolation import shape_between, union
from viewer.labels.shapes import Shape, shape_of


@dataclass(frozen=True, slots=True)
class Keyframe:
    """Where a person placed the track's shape, and the proof of the frame that they saw."""

    id: str
    frame: int
    shape: Shape
    interpolation: str
    occluded: bool
    receipt: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a track shows on one frame. `keyframe` is the one on this very frame, if there is one."""

    frame: int
    shape: Shape
    occluded: bool
    keyframe: Keyframe | None


@dataclass(frozen=True)
class Track:
    id: str
    class_id: str | int
    number: int
    keyframes: tuple[Keyframe, ...]  # by frame
    outside: tuple[tuple[int, int | None], ...]  # disjoint, sorted; None: to the end
    to_review: int = 0  # keyframes and ranges that stand on another frame table, and may say otherwise

    @staticmethod
    def of(
        id: str, value: Mapping[str, Any], others: Iterable[tuple[str, str, Mapping[str, Any]]], to_review: int = 0
    ) -> Track:
        """From a track's value and the (kind, id, value) of its keyframes and ranges, in any order."""
        keyframes, ranges = [], []
        for kind, record, of in others:
            if kind == "keyframe":
                shape = shape_of(of["shape"])
                keyframes.append(
                    Keyframe(record, of["frame"], shape, of["interpolation"], of["occluded"], of["receipt"])
                )
            elif kind == "range":
                ranges.append((of["first"], of["last"]))
        keyframes.sort(key=lambda keyframe: keyframe.frame)
        return Track(id, value["class"], value["number"], tuple(keyframes), tuple(union(ranges)), to_review)

    def shape_at(self, frame: int) -> Shown | None:
        """What the track shows on `frame`, None where it is not there."""
        index = bisect_right(self._frames, frame) - 1
        if index < 0 or self._is_outside(frame):
            return None
        return self._shown(frame, index)

    def shapes(self, frame_count: int) -> Iterator[Shown]:
        """What the track shows on every frame on which it is there, in order. Linear in their number."""
        if not self.keyframes:
            return
        index = 0
        for first, last in self._inside(frame_count):
            for frame in range(first, last + 1):
                while index + 1 < len(self.keyframes) and self.keyframes[index + 1].frame <= frame:
                    index += 1
                yield self._shown(frame, index)

    def shown_keyframes(self) -> Iterator[Shown]:
        """The keyframes that are not hidden by an outside range."""
        for keyframe in self.keyframes:
            if not self._is_outside(keyframe.frame):
                yield Shown(keyframe.frame, keyframe.shape, keyframe.occluded, keyframe)

    def _shown(self, frame: int, index: int) -> Shown:
        earlier = self.keyframes[index]
        if earlier.frame == frame:
            return Shown(frame, earlier.shape, earlier.occluded, earlier)
        later = self.keyframes[index + 1] if index + 1 < len(self.keyframes) else None
        shape = shape_between(
            earlier.shape,
            earlier.frame,
            earlier.interpolation,
            later.shape if later else None,
            later.frame if later else 0,
            frame,
        )
        return Shown(frame, shape, earlier.occluded, None)

    def _inside(self, frame_count: int) -> Iterator[tuple[int, int]]:
        """The ranges first..last of frames on which the track is there."""
        first = self.keyframes[0].frame
        for start, end in self.outside:
            if first < start:
                yield first, min(start, frame_count) - 1
            if end is None:
                return
            first = max(first, end + 1)
        yield first, frame_count - 1

    def _is_outside(self, frame: int) -> bool:
        index = bisect_right(self._outside_starts, frame) - 1
        if index < 0:
            return False
        end = self.outside[index][1]
        return end is None or frame <= end

    @cached_property
    def _frames(self) -> list[int]:
        return [keyframe.frame for keyframe in self.keyframes]

    @cached_property
    def _outside_starts(self) -> list[int]:
        return [first for first, _ in self.outside]
