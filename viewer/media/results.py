"""What reading a video gives, and the limits it is read under; known on both sides of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from viewer.media.frame_table import FrameTable


@dataclass(frozen=True, slots=True)
class Limits:
    max_frames: int = 100_000
    max_frame_pixels: int = 8192 * 8192
    max_bytes: int = 10**9  # of all packets, unpacked


@dataclass(frozen=True, slots=True)
class Scan:
    table: FrameTable
    facts: dict[str, Any]
    needs_reencode: str | None  # a sentence, where only a converted copy can be labelled
    uses_side: bool


@dataclass(frozen=True, slots=True)
class Progress:
    proved: int  # frames that were decoded, digested and found as the table says
    digests: bytes  # of the frames proved since the last progress
    decoded: int  # packets
    fraction: float


@dataclass(frozen=True, slots=True)
class Verified:
    table: FrameTable
    digests: bytes  # of all frames
    same_until: int  # frames before it are the same in the table that was to be verified
    changed: bool


@dataclass(frozen=True, slots=True)
class Picture:
    png: bytes
    digest: str
    pts: int
    proved: bool  # its digest is the table's
