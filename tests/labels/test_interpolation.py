import json
from pathlib import Path
from typing import Any

import pytest

from viewer.labels.tracks import Shown, Track

CASES = json.loads((Path(__file__).parent.parent / "shared" / "interpolation.json").read_text())


def track(keyframes: list[dict[str, Any]], outside: list[dict[str, Any]]) -> Track:
    others = [
        ("keyframe", f"k{n}", {"interpolation": "linear", "occluded": False, "receipt": {}} | keyframe)
        for n, keyframe in enumerate(keyframes)
    ]
    ranges = [("range", f"r{n}", item) for n, item in enumerate(outside)]
    return Track.of("t", {"class": 1, "number": 1}, others + ranges)


def described(shown: Shown | None) -> Any:
    return None if shown is None else (shown.shape.to_json(), shown.keyframe is not None, shown.occluded)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_track_shows_what_the_shared_table_says(case):
    under_test = track(case["keyframes"], case["outside"])
    every = {shown.frame: shown for shown in under_test.shapes(100_000)}
    for at in case["shows"]:
        expected = at["shape"] and (at["shape"], at.get("keyframe", False), at.get("occluded", False))
        assert described(under_test.shape_at(at["frame"])) == expected
        assert described(every.get(at["frame"])) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_going_through_all_frames_gives_what_asking_for_each_gives(case):
    under_test = track(case["keyframes"], case["outside"])
    asked = [shown for frame in range(70) if (shown := under_test.shape_at(frame)) is not None]
    assert list(under_test.shapes(70)) == asked
    keyframes = [shown for shown in asked if shown.keyframe is not None]
    assert [s for s in under_test.shown_keyframes() if s.frame < 70] == keyframes


def test_nothing_is_shown_past_the_last_frame():
    under_test = track(CASES[0]["keyframes"], [{"first": 90, "last": 95}])
    assert [shown.frame for shown in under_test.shapes(12)] == [10, 11]
    assert list(under_test.shapes(5)) == []


def test_a_hundred_thousand_keyframes_are_gone_through_in_one_pass():
    shape = {"type": "box", "x": 1, "y": 1, "width": 1, "height": 1}
    under_test = track([{"frame": n, "shape": shape} for n in range(100_000)], [])
    assert sum(1 for _ in under_test.shapes(100_000)) == 100_000
