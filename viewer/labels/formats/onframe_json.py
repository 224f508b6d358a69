"""Our own JSON: everything, each label with the frame that it is on and the proof (docs/labels.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from viewer.labels.formats.source import ExportedUnit, proof_of, shown_on
from viewer.labels.tracks import Shown, Track

VERSION = 1


def write(head: Mapping[str, Any], units: Iterable[ExportedUnit], *, every_frame: bool) -> Iterator[bytes]:
    """`head` describes the dataset: its fields come first."""
    start = {"format": "onframe", "version": VERSION, "frames": "all" if every_frame else "keyframes", **head}
    yield from _object(start, "data_units", (_unit(unit, every_frame) for unit in units))


def _unit(unit: ExportedUnit, every_frame: bool) -> Iterator[bytes]:
    return _object(unit.about, "tracks", (_track(unit, track, every_frame) for track in unit.tracks))


def _track(unit: ExportedUnit, track: Track, every_frame: bool) -> Iterator[bytes]:
    about = {
        "id": track.id,
        "class": track.class_id,
        "number": track.number,
        "outside": [{"first": first, "last": last} for first, last in track.outside],
        "to_review": track.to_review,
    }
    shown = shown_on(unit, track, every_frame=every_frame)
    return _object(about, "frames", ((orjson.dumps(_frame(unit, each)),) for each in shown))


def _frame(unit: ExportedUnit, shown: Shown) -> dict[str, Any]:
    frames, frame = unit.frames, shown.frame
    assert frames is not None  # nothing is shown without frames
    digest, proof, proved = proof_of(unit, shown)
    return {
        "frame": frame,
        "pts": frames.pts(frame),
        "seconds": frames.seconds(frame),
        "packet": frames.packet(frame),
        "digest": digest,
        "proof": proof,
        "proved": proved,
        "keyframe": shown.keyframe is not None,
        "interpolation": shown.keyframe.interpolation if shown.keyframe else None,
        "occluded": shown.occluded,
        "shape": shown.shape.to_json(),
        "normalised": shown.shape.normalised(unit.width, unit.height),
    }


def _object(fields: Mapping[str, Any], name: str, items: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    """A JSON object whose last field `name` is a list that is never whole in memory."""
    yield orjson.dumps(fields)[:-1] + f',"{name}":['.encode()
    for number, item in enumerate(items):
        if number:
            yield b","
        yield from item
    yield b"]}"
