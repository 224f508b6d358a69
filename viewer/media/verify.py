"""Decodes a whole video: what comes out decides what the frame table says, and gives each frame its digest."""

from __future__ import annotations

import hashlib
import time
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import av
import av.error

from viewer.media.container import NO_REORDERING, THREADS, demux, open_video
from viewer.media.errors import MediaError
from viewer.media.frame_table import (
    DIGEST_SIZE,
    LEADING,
    NO_LABEL,
    PTS_GUESSED,
    SKIP,
    START,
    TYPE_MASK,
    UNCLEAN,
    FrameTable,
    Run,
    same_until,
)
from viewer.media.results import Limits, Progress, Verified

SILENCE_SECONDS = 30
_HASH_APART = 64 * 1024  # bytes: smaller planes are hashed faster than they are handed to a thread


def plane_bytes(frame: av.VideoFrame) -> memoryview | bytes:
    """Plane 0 in the decoder's own format, visible rectangle, rows packed; the palette follows for pal8."""
    plane = frame.planes[0]
    shape = frame.format
    if shape.is_planar and not shape.has_palette:
        row = frame.width * ((shape.components[0].bits + 7) // 8)
    else:
        row = (frame.width * shape.padded_bits_per_pixel + 7) // 8
    view = memoryview(plane)
    stride, height = plane.line_size, frame.height
    if stride == row:
        packed: memoryview | bytes = view[: row * height]
    else:
        packed = b"".join([view[at : at + row] for at in range(0, stride * height, stride)])
    if shape.has_palette:
        return bytes(packed) + bytes(frame.planes[1])
    return packed


def digest_of(data: memoryview | bytes, keep: av.VideoFrame | None = None) -> bytes:
    """`keep` holds the frame whose memory is being read."""
    return hashlib.sha256(data).digest()[:DIGEST_SIZE]


def verify(path: str, table: FrameTable, limits: Limits) -> Iterator[Progress | Verified]:
    """Decode everything. Yields Progress some times a second, at last Verified. Raises MediaError.

    Decoded output decides; frame and packet are linked through the decoder, never by PTS.
    """
    told = 0
    # With frame threads, VP8's decoder gives pictures of damaged packets that depend on the threads, and no error.
    for threads in ("SLICE",) if table.codec == "vp8" else ("AUTO", "SLICE"):
        run = _Verification(table, limits, told)
        try:
            yield from run.decode(path, threads)
        except _PicturesLost:
            told = run.told  # once more: the same frames come out up to there
            continue
        yield run.result()
        return


class _PicturesLost(Exception):
    """An error in the decoder's last answer took good pictures with it; without frame threads it comes earlier."""


class _Verification:
    """One decode of the whole file beside what the table expects."""

    def __init__(self, table: FrameTable, limits: Limits, told: int) -> None:
        self.table, self.limits = table, limits
        self.told = told  # frames whose digests the caller has
        self.expected = list(zip(table.frame_pts, table.frame_packet, table.frame_flags, strict=True))
        self.agreed, self.agrees = 0, True  # frames found as expected, from the first on
        self.pts: list[int] = []
        self.packet: list[int] = []
        self.flags: list[int] = []
        self.interlaced: set[int] = set()  # packets whose picture is made of two fields
        self.sizes: dict[int, tuple[int, int]] = {}  # packets whose picture has another size than the table's
        self.digests = bytearray()
        self.waiting: deque[bytes | Future[bytes]] = deque()
        self.fed_pts: list[int | None] = []
        self.discarded: set[int] = set()
        self.damaged_since: int | None = None
        self.frame_at = time.monotonic()  # when the decoder gave the last frame
        self.types = {n: flags & TYPE_MASK for n, flags in zip(table.frame_packet, table.frame_flags, strict=True)}

    def decode(self, path: str, threads: str) -> Iterator[Progress]:
        told_at = time.monotonic()
        with open_video(path, self.limits) as (container, stream), ThreadPoolExecutor(THREADS) as hashing:
            if stream.index != self.table.stream:
                raise MediaError("unreadable", "The file reads differently the second time.")
            context = stream.codec_context
            context.thread_type = threads
            for packet in demux(container, stream):
                if packet.size:
                    packet.opaque = len(self.fed_pts)
                    if packet.is_discard:
                        self.discarded.add(len(self.fed_pts))
                    self.fed_pts.append(packet.pts)
                try:
                    for frame in context.decode(packet if packet.size else None):
                        self._take(frame, hashing)
                except av.error.EOFError:
                    break  # flushed already
                except av.error.FFmpegError as error:
                    if not packet.size and threads == "AUTO":
                        raise _PicturesLost from error
                    self._damaged(len(self.fed_pts) - 1 - THREADS)
                self._collect(wait=False)
                if time.monotonic() - self.frame_at > SILENCE_SECONDS:
                    raise MediaError(
                        "decoder_stalled", f"The decoder was stopped: it gave no frame for {SILENCE_SECONDS} seconds."
                    )
                if time.monotonic() - told_at > 0.2:
                    told_at = time.monotonic()
                    yield self._progress()
            self._collect(wait=True)

    def _take(self, frame: av.VideoFrame, hashing: ThreadPoolExecutor) -> None:
        self.frame_at = time.monotonic()
        n = self._packet_of(frame)
        value = self.types.get(n, 0)
        if frame.is_corrupt:
            self._damaged(n)
        if self._is_unclean(n):
            value |= UNCLEAN
        pts = frame.pts
        if pts is None:
            pts = self.pts[-1] + 1 if self.pts else 0
            value |= PTS_GUESSED
        if frame.interlaced_frame:
            self.interlaced.add(n)
        if (frame.width, frame.height) != (self.table.width, self.table.height):
            value |= NO_LABEL
            self.sizes.setdefault(n, (frame.width, frame.height))
        if pts < 0:
            value |= NO_LABEL
        if self.agrees:
            at = len(self.pts)
            self.agrees = at < len(self.expected) and self.expected[at] == (pts, n, value)
            self.agreed += self.agrees
        self.pts.append(pts)
        self.packet.append(n)
        self.flags.append(value)
        if len(self.pts) > self.limits.max_frames:
            raise MediaError("too_many_frames", f"The video decodes to more than {self.limits.max_frames:,} frames.")
        data = plane_bytes(frame)
        if len(data) < _HASH_APART:
            self.waiting.append(digest_of(data))
        else:
            self.waiting.append(hashing.submit(digest_of, data, frame))

    def _packet_of(self, frame: av.VideoFrame) -> int:
        n = frame.opaque
        assert isinstance(n, int)
        if self.table.codec in NO_REORDERING and self.packet and n <= self.packet[-1]:
            # VP9's show_existing_frame: the picture still names the packet that brought it, not the one that shows it.
            later = range(self.packet[-1] + 1, len(self.fed_pts))
            return next((m for m in later if self.fed_pts[m] == frame.pts), n)
        return n

    def _damaged(self, n: int) -> None:
        self.damaged_since = n if self.damaged_since is None else min(n, self.damaged_since)

    def _is_unclean(self, n: int) -> bool:
        """Whether the picture of packet `n` may depend on damage: none lies between it and the start before it."""
        if self.damaged_since is None or n < self.damaged_since:
            return False
        starts = self.table.starts
        at = bisect_right(starts, n) - 1
        if at >= 0 and starts[at] > self.damaged_since and not self.table.packet_flags[n] & LEADING:
            self.damaged_since = None
            return False
        return True

    def _collect(self, *, wait: bool) -> None:
        """Take over the digests that are there, in order."""
        while self.waiting:
            head = self.waiting[0]
            if isinstance(head, Future):
                if not (wait or head.done() or len(self.waiting) > 8):
                    return
                head = head.result()
            self.digests += head
            self.waiting.popleft()

    def _progress(self) -> Progress:
        proved = max(self.told, min(self.agreed, len(self.digests) // DIGEST_SIZE))
        new = bytes(self.digests[self.told * DIGEST_SIZE : proved * DIGEST_SIZE])
        self.told = proved
        fed = len(self.fed_pts)
        return Progress(proved, new, fed, fed / max(1, self.table.packet_count))

    def result(self) -> Verified:
        table = self.table
        if not self.pts:
            raise MediaError("undecodable", f"No picture of the video can be decoded ({table.codec}).")
        seconds = _second_packets(table, self.packet, self.discarded, self.interlaced)
        decoded = replace(
            table,
            frame_pts=array("q", self.pts),
            frame_packet=array("q", self.packet),
            packet_flags=array(
                "q", _flags_without_references(table, self.packet, seconds, self.discarded, self.fed_pts)
            ),
            frame_second_packet=array("q", seconds),
            frame_flags=array("q", self.flags),
            runs=_runs_by_size(table, self.sizes),
        )
        changed = decoded.to_bytes() != table.to_bytes()
        return Verified(decoded, bytes(self.digests), same_until(table, decoded), changed)


# Codecs of which every packet is a picture or half of one. In others packets may be there only to be referred to.
_ALL_SHOWN = ("h264", "hevc", "mpeg2video")


def _second_packets(table: FrameTable, packet_of: list[int], discarded: set[int], interlaced: set[int]) -> list[int]:
    """For field pairs (PAFF): 1 where the packet after a frame's own is its other field and gave no frame."""
    if table.codec not in _ALL_SHOWN or len(packet_of) >= table.packet_count:
        return [0] * len(packet_of)
    own = set(packet_of)
    return [
        int(
            n in interlaced
            and n + 1 < table.packet_count
            and n + 1 not in own
            and n + 1 not in discarded
            and not table.packet_flags[n + 1] & (START | SKIP)
        )
        for n in packet_of
    ]


def _flags_without_references(
    table: FrameTable, packet_of: list[int], seconds: list[int], discarded: set[int], pts: list[int | None]
) -> list[int]:
    """The packets' flags, `LEADING` set for those without a PTS that follow a start and give no picture: a cut has
    left them without the pictures that they refer to."""
    flags = list(table.packet_flags)
    if table.codec not in _ALL_SHOWN or len(packet_of) >= table.packet_count:
        return flags
    # What an edit list leaves out gives no picture either, but others may refer to it.
    used = {n + second for n, second in zip(packet_of, seconds, strict=True)} | set(packet_of) | discarded
    for start in table.starts:
        n = start + 1
        while n < len(flags) and (flags[n] & LEADING or (pts[n] is None and n not in used and not flags[n] & START)):
            flags[n] |= LEADING
            n += 1
    return flags


def _runs_by_size(table: FrameTable, sizes: dict[int, tuple[int, int]]) -> tuple[Run, ...]:
    """The runs of the scan, split where the decoder's pictures change their size."""
    if not sizes:
        return table.runs
    runs = {run.first_packet: run for run in table.runs}
    at = 0
    changes = sorted(sizes.items())
    for n, (width, height) in changes:
        latest = max(first for first in runs if first <= n)
        if (runs[latest].width, runs[latest].height) != (width, height):
            runs[n] = replace(runs[latest], first_packet=n, width=width, height=height)
        at = n
    # back to the first size
    for n in sorted(set(table.starts)):
        if n > at and n not in sizes:
            latest = max(first for first in runs if first <= n)
            runs[n] = replace(runs[latest], first_packet=n, width=table.width, height=table.height)
            break
    return tuple(runs[first] for first in sorted(runs))
