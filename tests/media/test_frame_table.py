"""The table's wire format and the rule where decoding starts."""

import base64
import json
from array import array
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.media.errors import FrameOutOfRange, MediaError
from viewer.media.frame_table import KEY, LEADING, NO_LABEL, SKIP, START, UNCLEAN, Colour, FrameTable, Run, same_until

VECTORS = Path(__file__).parents[1] / "shared" / "frame_table.json"


def make_table(packets=(), frames=(), **facts) -> FrameTable:
    """`packets`: (position, size, flags); `frames`: (pts, packet, second packet, flags)."""
    position, size, flags = (array("q", column) for column in zip(*packets, strict=True)) if packets else ([], [], [])
    pts, packet, second, marks = (array("q", column) for column in zip(*frames, strict=True)) if frames else ([],) * 4
    table = FrameTable(
        size=1_000_000,
        stream=0,
        time_base=Fraction(1, 90_000),
        codec="h264",
        pixel_format="yuv420p",
        width=640,
        height=360,
        rotation=90,
        sample_aspect_ratio=Fraction(4, 3),
        colour=Colour("smpte170m", "smpte170m", "smpte170m", False),
        runs=(Run(0, "avc1.64001f", b"\x01\x64", 640, 360, Fraction(4, 3)),),
        media="file",
        media_size=1_000_000,
        libraries={"libavcodec": "62.28.102"},
        packet_pos=position,
        packet_size=size,
        packet_flags=flags,
        frame_pts=pts,
        frame_packet=packet,
        frame_second_packet=second,
        frame_flags=marks,
    )
    return replace(table, **facts)


def open_gop() -> FrameTable:
    """I B B P | I b b P: the small b are shown before the second I and refer to the first P."""
    flags = [KEY | START, 0, 0, 0, KEY | START, LEADING, LEADING, 0]
    packets = [(100 + 10 * n, 10, value) for n, value in enumerate(flags)]
    order = [0, 2, 3, 1, 5, 6, 4, 7]
    return make_table(packets, [(n * 3000, packet, 0, 0) for n, packet in enumerate(order)])


big = st.integers(min_value=-(2**53), max_value=2**53)


@given(
    st.lists(st.tuples(st.integers(0, 2**52), st.integers(1, 2**31), st.integers(0, 15)), max_size=30),
    st.lists(st.tuples(big, st.integers(0, 2**31), st.integers(0, 1), st.integers(0, 31)), max_size=30),
)
def test_whatever_is_written_is_read_again(packets, frames):
    data = make_table(packets, frames).to_bytes()
    table = FrameTable.from_bytes(data)
    assert list(zip(table.packet_pos, table.packet_size, table.packet_flags, strict=True)) == packets
    columns = (table.frame_pts, table.frame_packet, table.frame_second_packet, table.frame_flags)
    assert list(zip(*columns, strict=True)) == frames
    assert table.to_bytes() == data


def test_100_000_frames_take_less_than_20_bytes_each():
    packets, at = [], 5000
    for n in range(100_000):
        size = 900 + n * 7919 % 40_000
        packets.append((at, size, KEY | START if n % 250 == 0 else 0))
        at += size + (n % 3) * 700
    frames = [(n * 3000 + n % 7, n + (n % 3 - 1 if 0 < n < 99_999 else 0), 0, n % 4) for n in range(100_000)]
    assert len(make_table(packets, frames).to_bytes()) <= 20 * 100_000


@pytest.mark.parametrize("cut", [0, 3, 8, 40, -1])
def test_a_table_that_is_cut_off_is_refused(cut):
    data = open_gop().to_bytes()
    with pytest.raises(MediaError) as refused:
        FrameTable.from_bytes(data[:cut] if cut else b"")
    assert refused.value.code == "bad_table"


def test_decoding_starts_at_the_last_start_before_the_packet():
    table = open_gop()
    assert [table.start_of(frame) for frame in (0, 1, 3)] == [0, 0, 0]
    assert [table.start_of(frame) for frame in (6, 7)] == [4, 4]


def test_a_leading_picture_starts_one_start_earlier():
    table = open_gop()
    assert [table.start_of(frame) for frame in (4, 5)] == [0, 0]


def test_leading_pictures_are_fed_only_when_what_they_refer_to_was():
    table = open_gop()
    assert list(table.packets_from(4, 8)) == [4, 7]
    assert list(table.packets_from(0, 8)) == list(range(8))


def test_packets_that_are_cut_off_are_never_fed():
    table = make_table([(0, 5, KEY | START), (5, 5, SKIP), (10, 5, 0)], [(0, 0, 0, 0)])
    assert list(table.packets_from(0, 3)) == [0, 2]


def test_a_frame_before_the_first_start_has_none():
    table = make_table([(0, 5, 0), (5, 5, KEY | START)], [(0, 0, 0, 0), (1, 1, 0, 0)])
    assert table.start_of(0) is None
    assert table.start_of(1) == 1


def test_a_frame_that_is_not_there_is_refused():
    with pytest.raises(FrameOutOfRange):
        open_gop().start_of(8)


def test_frames_without_a_clean_picture_or_before_zero_may_not_be_labelled():
    table = make_table([(0, 5, START)] * 3, [(-1, 0, 0, NO_LABEL), (0, 1, 0, UNCLEAN), (1, 2, 0, 2)])
    assert [table.may_label(frame) for frame in range(3)] == [False, False, True]


def test_tables_are_the_same_up_to_the_first_frame_of_other_bytes():
    table = open_gop()
    moved = replace(table, packet_pos=array("q", [*table.packet_pos[:7], 999]))
    assert same_until(table, moved) == 7
    assert same_until(table, table) == 8


def vectors() -> dict[str, FrameTable]:
    """Tables that the browser's reader must read as this one does; `python -m tests.media.test_frame_table` writes them."""
    variable = [(0, 0, 0, 1), (750, 2, 0, 3), (46_000, 1, 0, 2), (2**40, 3, 1, 5)]
    return {
        "open GOP": open_gop(),
        "variable rate, wide numbers": make_table(
            [(48, 5, 3), (2**33, 70_000, 0), (60, 7, 8), (2**34, 9, 1)], variable, rotation=0, media="side"
        ),
        "negative PTS": make_table([(9, 9, 3)] * 3, [(-3000, 0, 0, 17), (-1, 1, 0, 2), (0, 2, 0, 2)]),
        "one frame": make_table([(0, 1, 3)], [(7, 0, 0, 1)]),
    }


def described(table: FrameTable) -> dict:
    return {
        "bytes": base64.b64encode(table.to_bytes()).decode(),
        "packets": [list(row) for row in zip(table.packet_pos, table.packet_size, table.packet_flags, strict=True)],
        "frames": [
            list(row)
            for row in zip(
                table.frame_pts, table.frame_packet, table.frame_second_packet, table.frame_flags, strict=True
            )
        ],
        "starts": [table.start_of(frame) for frame in range(table.frame_count)],
        "fed": [list(table.packets_from(table.start_of(f) or 0, table.packet_count)) for f in range(table.frame_count)],
    }


def test_the_vectors_shared_with_the_browser_are_what_is_written_today():
    assert json.loads(VECTORS.read_text()) == {name: described(table) for name, table in vectors().items()}


if __name__ == "__main__":
    VECTORS.write_text(json.dumps({name: described(table) for name, table in vectors().items()}, indent=1) + "\n")
