"""Where the frames of one frame table stand in another table of the same file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator

from viewer.media.frame_table import FrameTable


def match_frames(old: FrameTable, new: FrameTable) -> list[int | None]:
    """For each frame of `old` the frame of `new` that the same packet carries; None where it carries none any more.

    Says nothing of the picture: another decoder may make another one of the same packet.
    """
    by_packet: dict[Hashable, list[int]] = defaultdict(list)
    key = _same_medium(old, new)
    for frame, packet in enumerate(_packets(new, key)):
        by_packet[packet].append(frame)
    for frames in by_packet.values():
        frames.reverse()  # taken from the end: the first frame of a packet goes to the first
    return [by_packet[packet].pop() if by_packet.get(packet) else None for packet in _packets(old, key)]


def _same_medium(old: FrameTable, new: FrameTable) -> bool:
    return old.media == new.media == "file"


def _packets(table: FrameTable, by_position: bool) -> Iterator[Hashable]:
    """What names each frame's packet in both tables: its bytes' place in the file, or, where one of them counts
    in a side file of its own, PTS and size."""
    for frame, packet in enumerate(table.frame_packet):
        place = table.packet_pos[packet] if by_position else table.frame_pts[frame]
        yield place, table.packet_size[packet]
