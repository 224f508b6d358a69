"""Reads a video file: scans its packets, verifies them by decoding, renders single frames.

Everything here opens untrusted files: outside of tests it runs in the child process of `viewer.media.sandbox` only.
"""

from __future__ import annotations

import hashlib
import os
import time
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, BinaryIO

import av
import av.error
import av.logging
import av.stream
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from viewer.media import bitstream
from viewer.media.errors import FrameOutOfRange, MediaError
from viewer.media.frame_table import (
    DIGEST_SIZE,
    KEY,
    LEADING,
    NO_DIGEST,
    NO_LABEL,
    PTS_GUESSED,
    SKIP,
    START,
    TYPE_B,
    TYPE_I,
    TYPE_MASK,
    TYPE_P,
    UNCLEAN,
    Colour,
    FrameTable,
    Run,
    same_until,
)

av.logging.set_level(av.logging.PANIC)

THREADS = 2
LABELLED_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
CONVERTED_CONTAINERS = "avi,mpegts,mpeg,flv,asf"
# A playlist or concat script that calls itself .mp4 must not have FFmpeg open other files or the network.
_CONTAINER_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": f"{LABELLED_CONTAINERS},{CONVERTED_CONTAINERS}",
}
_FIRST_PICTURE_WITHIN = 600  # packets
_NO_REORDERING = ("vp8", "vp9")
_HASH_APART = 64 * 1024  # bytes: smaller planes are hashed faster than they are handed to a thread


@dataclass(frozen=True, slots=True)
class Limits:
    max_frames: int = 100_000
    max_frame_pixels: int = 8192 * 8192


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


def libraries() -> dict[str, str]:
    return {name: ".".join(map(str, version)) for name, version in av.library_versions.items()}


# -- opening ------------------------------------------------------------------------------------------------------


@contextmanager
def _open(path: str, limits: Limits) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its video stream: the default one that is no attached picture."""
    if os.path.getsize(path) == 0:  # noqa: PTH202
        raise MediaError("empty_file", "The file is empty (0 bytes).")
    try:
        container = av.open(path, container_options=_CONTAINER_OPTIONS, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise _unreadable(error) from error
    with container:
        stream = _choose_stream(container)
        for other in container.streams:
            if other.index != stream.index:
                other.discard = av.stream.Discard.all
        context = stream.codec_context
        if context.width * context.height > limits.max_frame_pixels:
            raise _too_large(context.width, context.height, limits)
        context.options = {"max_pixels": str(limits.max_frame_pixels)}
        context.thread_count = THREADS
        context.copy_opaque = True
        try:
            yield container, stream
        finally:
            _drain(context)


def _drain(context: VideoCodecContext) -> None:
    """Let the decoder finish. Its threads free packets under Python's lock: dropped in mid-stream, it would wait for ever."""
    try:
        while context.is_open and context.decode(None):
            pass
    except (av.error.FFmpegError, ValueError):
        pass  # it has been at its end, or the stream was broken: either way it is idle now


def _unreadable(error: av.error.FFmpegError) -> MediaError:
    if "whitelist" in str(error):
        return MediaError(
            "unsupported_container",
            "This kind of file is not accepted: use mp4, mov, mkv or webm (avi, ts, mpg, flv and wmv can be converted).",
        )
    return MediaError(
        "unreadable",
        "This is no video file that can be read: it is damaged, cut off at its start, or of another kind.",
    )


def _too_large(width: int, height: int, limits: Limits) -> MediaError:
    return MediaError(
        "too_large",
        f"A picture of {width} × {height} has {width * height:,} pixels; the limit is {limits.max_frame_pixels:,}.",
    )


def _choose_stream(container: InputContainer) -> VideoStream:
    pictures = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    videos = [s for s in container.streams.video if not s.disposition & pictures]
    if not videos:
        raise MediaError("no_video", "The file has no video stream.")
    default = [s for s in videos if s.disposition & av.stream.Disposition.default] or videos
    best = container.streams.best("video")
    chosen = next((s for s in default if best is not None and s.index == best.index), default[0])
    if chosen.codec_context is None:
        raise MediaError("unsupported_codec", "The video's codec is not known; no picture can be decoded.")
    return chosen


# -- scan ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Packets:
    """What the demuxer says, one entry a packet in decode order."""

    pts: list[int | None]
    pos: list[int]
    size: list[int]
    flags: list[int]
    shown: list[bool]
    extradata: dict[int, bytes]  # where a packet brings a new one


def scan(path: str, side: BinaryIO | None, limits: Limits) -> Scan:
    """Read packets only: a provisional table, and facts about the file.

    `side` receives the packets one after another where the file's own byte ranges are not the packets.
    Raises MediaError.
    """
    with _open(path, limits) as (container, stream):
        labelled = container.format.name.split(",")[0] in LABELLED_CONTAINERS.split(",")
        context = stream.codec_context
        codec = context.codec.canonical_name
        extradata = context.extradata or b""
        packets, first, first_start, exact = _read_packets(path, container, stream, codec, extradata, limits)
        uses_side = labelled and not exact
        if uses_side:
            if side is None:
                raise MediaError("needs_side_file", "The packets of this file are no plain byte ranges of it.")
            media_size = _write_side(path, side, stream.index, packets, limits)
        else:
            media_size = os.path.getsize(path)  # noqa: PTH202
        sar = stream.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1)
        sar = sar if sar > 0 else Fraction(1)
        depth = first.format.components[0].bits
        names = [(0, extradata), *sorted(packets.extradata.items())]
        runs = tuple(
            Run(
                at,
                *bitstream.codec_string(codec, data, first_start, depth, first.width, first.height),
                first.width,
                first.height,
                sar,
            )
            for at, data in names
        )
        frames = [n for n, shown in enumerate(packets.shown) if shown]
        if all(packets.pts[n] is not None for n in frames):
            frames.sort(key=lambda n: packets.pts[n] or 0)  # stable: equal PTS stay in decode order
        pts, guessed = _fill_pts([packets.pts[n] for n in frames])
        types = _types(packets)
        table = FrameTable(
            size=os.path.getsize(path),  # noqa: PTH202
            stream=stream.index,
            time_base=Fraction(stream.time_base or Fraction(1, 90_000)),
            codec=codec,
            pixel_format=first.format.name,
            width=first.width,
            height=first.height,
            rotation=_clockwise(first.rotation),
            sample_aspect_ratio=sar,
            colour=colour_of(first),
            runs=runs,
            media="side" if uses_side else "file" if labelled else "none",
            media_size=media_size,
            libraries=libraries(),
            packet_pos=array("q", packets.pos),
            packet_size=array("q", packets.size),
            packet_flags=array("q", packets.flags),
            frame_pts=array("q", pts),
            frame_packet=array("q", frames),
            frame_second_packet=array("q", bytes(8 * len(frames))),
            frame_flags=array("q", _frame_flags(frames, pts, guessed, types, packets.flags)),
        )
        facts = _facts(container, stream, table)
        sentence = None
        if not labelled:
            sentence = f"A file of the kind {container.format.name} can be labelled once it is re-encoded to mp4."
        return Scan(table, facts, sentence, uses_side)


def _read_packets(
    path: str, container: InputContainer, stream: VideoStream, codec: str, extradata: bytes, limits: Limits
) -> tuple[_Packets, av.VideoFrame, bytes, bool]:
    """All packets, the first picture, a packet that decoding may start at, and whether positions are exact."""
    length_size = bitstream.nal_length_size(codec, extradata)
    watch_hidden = codec in ("vp8", "vp9")
    shift = 4 if container.format.name.startswith("matroska") else 0
    packets = _Packets([], [], [], [], [], {})
    add_pts, add_pos, add_size = packets.pts.append, packets.pos.append, packets.size.append
    add_flags, add_shown = packets.flags.append, packets.shown.append
    first: av.VideoFrame | None = None
    first_start = any_packet = b""
    exact, start_pts, shown = True, None, 0
    file_size = os.path.getsize(path)  # noqa: PTH202
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        for packet in _demux(container, stream):
            size = packet.size
            if not size:
                continue
            n = len(packets.size)
            pts, pos = packet.pts, packet.pos
            key = packet.is_keyframe
            flags = 0
            if key:
                flags = KEY
                data = bytes(packet)
                any_packet = any_packet or data
                if bitstream.is_start(codec, data, length_size):
                    flags = KEY | START
                    first_start = first_start or data
                    start_pts = pts
                elif pts is not None and start_pts is not None and pts < start_pts:
                    flags = KEY | LEADING
                if n and packet.has_sidedata("new_extradata"):
                    packets.extradata[n] = bytes(packet.get_sidedata("new_extradata"))  # type: ignore[call-overload]
            elif pts is not None and start_pts is not None and pts < start_pts:
                flags = LEADING
            if packet.is_corrupt or (pos is not None and pos + size > file_size):
                flags |= SKIP
            if pos is None or pos < 0:
                exact, pos = False, 0
            else:
                pos += shift
                if exact and (key or n < 64 or n % 97 == 0) and not flags & SKIP:
                    exact = os.pread(file.fileno(), size, pos) == bytes(packet)
            hidden = packet.is_discard
            if watch_hidden and not hidden:
                view = memoryview(packet)  # type: ignore[arg-type]
                hidden = bitstream.is_hidden(codec, view[0], view[size - 1])
            add_pts(pts)
            add_pos(pos)
            add_size(size)
            add_flags(flags)
            add_shown(not hidden)
            shown += not hidden
            if shown > limits.max_frames:
                raise _too_many(container, stream, limits)
            if first is None and n < _FIRST_PICTURE_WITHIN:
                first = _first_picture(stream, packet)
    if not packets.size:
        raise MediaError("no_frames", "The file announces a video but holds no frame of it.")
    if first is None:
        first = _flushed_picture(stream)
    if first is None:
        raise _no_picture(path, limits)
    if not first_start and packets.flags[0] & KEY:
        packets.flags[0] |= START  # none says so itself; decoding from the file's beginning is what verification does
    if first.width * first.height > limits.max_frame_pixels:
        raise _too_large(first.width, first.height, limits)
    return packets, first, first_start or any_packet, exact


def _demux(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet[Any]]:
    """Packets until the file ends or cannot be read on: what came before stays good. The last one, empty, flushes."""
    try:
        for packet in container.demux(stream):
            yield packet
            if not packet.size:
                return
    except av.error.FFmpegError:
        yield av.Packet(0)


def _first_picture(stream: VideoStream, packet: av.Packet[Any]) -> av.VideoFrame | None:
    try:
        return next(iter(stream.codec_context.decode(packet)), None)
    except (av.error.FFmpegError, ValueError):
        return None


def _flushed_picture(stream: VideoStream) -> av.VideoFrame | None:
    try:
        return next(iter(stream.codec_context.decode(None)), None)
    except (av.error.FFmpegError, ValueError):
        return None


def _no_picture(path: str, limits: Limits) -> MediaError:
    with _open(path, limits) as (container, stream):
        for packet in _demux(container, stream):
            if packet.has_sidedata("encryption_info") or packet.has_sidedata("encryption_init_info"):
                return MediaError("encrypted", "The video is encrypted; no picture can be decoded.")
            break
        if container.metadata.get("encryption") or stream.metadata.get("enc_key_id"):
            return MediaError("encrypted", "The video is encrypted; no picture can be decoded.")
        name = stream.codec_context.name
    return MediaError("undecodable", f"No picture of the video can be decoded ({name}).")


def _too_many(container: InputContainer, stream: VideoStream, limits: Limits) -> MediaError:
    count = limits.max_frames + 1
    for packet in _demux(container, stream):
        count += bool(packet.size) and not packet.is_discard
    minutes = ""
    if stream.average_rate:
        minutes = f" (about {float(limits.max_frames / stream.average_rate / 60):.1f} minutes of this video)"
    return MediaError(
        "too_many_frames",
        f"The video has {count:,} frames, {count - limits.max_frames:,} more than the limit of {limits.max_frames:,}{minutes}; "
        "cut it into parts, for example with ffmpeg -i IN -c copy -f segment -segment_time 1800 -reset_timestamps 1 OUT_%d.mp4.",
    )


def _write_side(path: str, side: BinaryIO, index: int, packets: _Packets, limits: Limits) -> int:
    """Write the packets one after another and set their positions to where they then stand."""
    at = 0
    with _open(path, limits) as (container, stream):
        if stream.index != index:
            raise MediaError("unreadable", "The file reads differently the second time.")
        for n, packet in enumerate(p for p in _demux(container, stream) if p.size):
            packets.pos[n] = at
            at += side.write(memoryview(packet))  # type: ignore[arg-type]
    return at


def _fill_pts(pts: list[int | None]) -> tuple[list[int], set[int]]:
    """PTS with the missing ones set one tick after their predecessor, and which those are."""
    filled: list[int] = []
    guessed: set[int] = set()
    for frame, value in enumerate(pts):
        if value is None:
            guessed.add(frame)
            value = filled[-1] + 1 if filled else 0
        filled.append(value)
    return filled, guessed


def _types(packets: _Packets) -> list[int]:
    """Picture types by place: a key frame is I; what is shown before an earlier decoded picture is B; the rest P."""
    types, top = [], None
    for pts, flags in zip(packets.pts, packets.flags, strict=True):
        if flags & KEY:
            types.append(TYPE_I)
        elif pts is None:
            types.append(0)
        else:
            types.append(TYPE_B if top is not None and pts < top else TYPE_P)
        if pts is not None and (top is None or pts > top):
            top = pts
    return types


def _frame_flags(frames: list[int], pts: list[int], guessed: set[int], types: list[int], flags: list[int]) -> list[int]:
    result = []
    damaged = _damaged_packets(flags)
    for frame, n in enumerate(frames):
        value = types[n]
        if pts[frame] < 0:
            value |= NO_LABEL
        if frame in guessed:
            value |= PTS_GUESSED
        if n in damaged:
            value |= UNCLEAN
        result.append(value)
    return result


def _damaged_packets(flags: list[int]) -> set[int]:
    """Packets from one that cannot be fed up to the next start: their pictures depend on it."""
    damaged: set[int] = set()
    broken = False
    for n, value in enumerate(flags):
        broken = bool(value & SKIP) or (broken and not value & START)
        if broken:
            damaged.add(n)
    return damaged


def _clockwise(rotation: int) -> int:
    """FFmpeg's display matrix counts anticlockwise."""
    return round(-rotation / 90) % 4 * 90


# -- colour -------------------------------------------------------------------------------------------------------

_MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020-ncl"}
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 12: "smpte432"}
_TRANSFERS = {1: "bt709", 6: "smpte170m", 8: "linear", 13: "iec61966-2-1", 16: "pq", 18: "hlg"}


def colour_of(frame: av.VideoFrame) -> Colour:
    """What the stream says, and where it says nothing what players assume: BT.709 for HD, BT.601 below, limited range."""
    hd = frame.width >= 1280 or frame.height > 576
    default = "bt709" if hd else "smpte170m"
    rgb = frame.format.is_rgb
    return Colour(
        matrix="rgb" if rgb else _MATRICES.get(int(frame.colorspace), default),
        primaries=_PRIMARIES.get(int(frame.color_primaries), default),
        transfer=_TRANSFERS.get(int(frame.color_trc), default),
        full_range=rgb or frame.format.name.startswith("yuvj") or int(frame.color_range) == int(ColorRange.JPEG),
    )


_SWS_MATRICES = {
    "bt709": Colorspace.ITU709,
    "bt470bg": Colorspace.ITU601,
    "smpte170m": Colorspace.ITU601,
    "bt2020-ncl": Colorspace.BT2020,
}


def _to_rgb(frame: av.VideoFrame, colour: Colour, width: int | None = None, height: int | None = None) -> av.VideoFrame:
    if colour.matrix == "rgb":
        return frame.reformat(width, height, "rgb24")
    return frame.reformat(
        width,
        height,
        "rgb24",
        src_colorspace=_SWS_MATRICES[colour.matrix],
        dst_colorspace=_SWS_MATRICES[colour.matrix],
        src_color_range=ColorRange.JPEG if colour.full_range else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )


# -- facts --------------------------------------------------------------------------------------------------------


def _facts(container: InputContainer, stream: VideoStream, table: FrameTable) -> dict[str, Any]:
    count = table.frame_count
    duration = float(table.seconds(count - 1) - table.seconds(0)) if count else 0.0
    if count > 1:
        duration *= count / (count - 1)  # the last frame is taken to last as long as the others on average
    elif stream.duration:
        duration = float(stream.duration * table.time_base)
    return {
        "container": container.format.name.split(",")[0],
        "codec": table.codec,
        "pixel_format": table.pixel_format,
        "width": table.width,
        "height": table.height,
        "rotation": table.rotation,
        "sample_aspect_ratio": f"{table.sample_aspect_ratio.numerator}:{table.sample_aspect_ratio.denominator}",
        "frame_count": count,
        "frame_count_from_header": stream.frames,
        "duration_seconds": round(duration, 6),
        "average_rate": round(count / duration, 4) if duration > 0 else None,
        "has_audio": bool(container.streams.audio),
        "bitrate": round(sum(table.packet_size) * 8 / duration) if duration > 0 else None,
        "streams": [
            {
                "index": s.index,
                "type": s.type,
                "codec": s.codec_context.codec.canonical_name if s.codec_context else None,
            }
            for s in container.streams
        ],
    }


# -- verify -------------------------------------------------------------------------------------------------------


def plane_bytes(frame: av.VideoFrame) -> memoryview | bytes:
    """Plane 0 in the decoder's own format, visible rectangle, rows packed; the palette follows for pal8."""
    plane = frame.planes[0]
    shape = frame.format
    if shape.is_planar and not shape.has_palette:
        row = frame.width * ((shape.components[0].bits + 7) // 8)
    else:
        row = (frame.width * shape.padded_bits_per_pixel + 7) // 8
    view = memoryview(plane)  # type: ignore[arg-type]
    stride, height = plane.line_size, frame.height
    if stride == row:
        packed: memoryview | bytes = view[: row * height]
    else:
        packed = b"".join([view[at : at + row] for at in range(0, stride * height, stride)])
    if shape.has_palette:
        return bytes(packed) + bytes(frame.planes[1])  # type: ignore[arg-type]
    return packed


def _digest(data: memoryview | bytes, keep: av.VideoFrame | None = None) -> bytes:
    """`keep` holds the frame whose memory is being read."""
    return hashlib.sha256(data).digest()[:DIGEST_SIZE]


def verify(path: str, table: FrameTable, limits: Limits) -> Iterator[Progress | Verified]:
    """Decode everything. Yields Progress some times a second, at last Verified. Raises MediaError.

    Decoded output decides; frame and packet are linked through the decoder, never by PTS.
    """
    pts: list[int] = []
    packet_of: list[int] = []
    flags: list[int] = []
    sizes: dict[int, tuple[int, int]] = {}  # packet from which on pictures have another size
    digests = bytearray()
    waiting: deque[bytes | Future[bytes]] = deque()
    types = _types_of_packets(table)
    starts, frame_limit = table.starts, limits.max_frames
    expected = list(zip(table.frame_pts, table.frame_packet, table.frame_flags, strict=True))
    agreed, agrees, told, told_at, fed = 0, True, 0, time.monotonic(), 0
    damaged_since: int | None = None
    guessed_any = False
    discarded: set[int] = set()
    no_reordering = table.codec in _NO_REORDERING
    fed_pts: list[int | None] = []

    def take(frame: av.VideoFrame, hashing: ThreadPoolExecutor) -> None:
        nonlocal agreed, agrees, damaged_since, guessed_any
        n: int = frame.opaque
        if no_reordering and packet_of and n <= packet_of[-1]:
            # VP9's show_existing_frame: the picture still names the packet that brought it, not the one that shows it.
            n = next((m for m in range(packet_of[-1] + 1, fed) if fed_pts[m] == frame.pts), n)
        value = types.get(n, 0)
        if frame.is_corrupt:
            damaged_since = n if damaged_since is None else min(n, damaged_since)
        if damaged_since is not None and n >= damaged_since:
            at = bisect_right(starts, n)
            if at and starts[at - 1] > damaged_since:
                damaged_since = None
            else:
                value |= UNCLEAN
        stamp = frame.pts
        if stamp is None:
            stamp = pts[-1] + 1 if pts else 0
            value |= PTS_GUESSED
        if stamp < 0:
            value |= NO_LABEL
        if (frame.width, frame.height) != (table.width, table.height):
            value |= NO_LABEL
            sizes.setdefault(n, (frame.width, frame.height))
        i = len(pts)
        if agrees:
            agrees = i < len(expected) and expected[i] == (stamp, n, value)
            agreed = i + 1 if agrees else i
        pts.append(stamp)
        packet_of.append(n)
        flags.append(value)
        if len(pts) > frame_limit:
            raise MediaError("too_many_frames", f"The video decodes to more than {frame_limit:,} frames.")
        data = plane_bytes(frame)
        if len(data) < _HASH_APART:
            waiting.append(_digest(data))
        else:
            waiting.append(hashing.submit(_digest, data, frame))

    def collect(all_of_them: bool) -> None:
        while waiting:
            head = waiting[0]
            if isinstance(head, Future):
                if not (all_of_them or head.done() or len(waiting) > 8):
                    return
                head = head.result()
            digests.extend(head)
            waiting.popleft()

    with _open(path, limits) as (container, stream), ThreadPoolExecutor(THREADS) as hashing:
        if stream.index != table.stream:
            raise MediaError("unreadable", "The file reads differently the second time.")
        stream.codec_context.thread_type = "AUTO"
        for packet in _demux(container, stream):
            if packet.size:
                packet.opaque = fed
                fed_pts.append(packet.pts)
                if packet.is_discard:
                    discarded.add(fed)
                fed += 1
            try:
                for frame in stream.codec_context.decode(packet if packet.size else None):
                    take(frame, hashing)
            except av.error.EOFError:
                break  # flushed already
            except av.error.FFmpegError:
                since = max(0, fed - 1 - THREADS)
                damaged_since = since if damaged_since is None else min(since, damaged_since)
            collect(all_of_them=False)
            now = time.monotonic()
            if now - told_at > 0.2:
                proved = min(agreed, len(digests) // DIGEST_SIZE)
                new = bytes(digests[told * DIGEST_SIZE : proved * DIGEST_SIZE])
                yield Progress(proved, new, fed, fed / max(1, table.packet_count))
                told, told_at = proved, now
        collect(all_of_them=True)
    if not pts:
        raise MediaError("undecodable", f"No picture of the video can be decoded ({table.codec}).")
    decoded = replace(
        table,
        frame_pts=array("q", pts),
        frame_packet=array("q", packet_of),
        frame_second_packet=array("q", _second_packets(table, packet_of, discarded)),
        frame_flags=array("q", flags),
        runs=_runs_by_size(table, sizes),
    )
    same = same_until(table, decoded)
    changed = decoded.to_bytes() != table.to_bytes()
    yield Verified(decoded, bytes(digests), same, changed)


def _types_of_packets(table: FrameTable) -> dict[int, int]:
    return {n: flags & TYPE_MASK for n, flags in zip(table.frame_packet, table.frame_flags, strict=True)}


def _second_packets(table: FrameTable, packet_of: list[int], discarded: set[int]) -> list[int]:
    """For field pairs (PAFF): 1 where the packet after a frame's own gave no frame of its own."""
    if table.codec not in ("h264", "hevc", "mpeg2video") or len(packet_of) >= table.packet_count:
        return [0] * len(packet_of)
    own = set(packet_of)
    return [
        int(
            n + 1 < table.packet_count
            and n + 1 not in own
            and n + 1 not in discarded
            and not table.packet_flags[n + 1] & (START | SKIP)
        )
        for n in packet_of
    ]


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


# -- one frame ----------------------------------------------------------------------------------------------------


def decode_frame(path: str, table: FrameTable, frame: int, digest: bytes | None, limits: Limits) -> av.VideoFrame:
    """Decode frame `frame` alone, from the nearest start whose result has the table's digest, else from the file's beginning.

    Raises MediaError `no_picture` where the decoder gives none.
    """
    if not 0 <= frame < table.frame_count:
        raise FrameOutOfRange(frame, table.frame_count)
    start = table.start_of(frame)
    at = bisect_right(table.starts, start) - 1 if start is not None else -1
    picture: av.VideoFrame | None = None
    for begin in table.starts[max(0, at - 1) : at + 1][::-1]:
        picture = _decode_from(path, table, begin, frame, limits)
        if picture is not None and (digest is None or _digest(plane_bytes(picture)) == digest):
            return picture
    whole = _decode_through(path, table, frame, limits)
    if whole is None:
        raise MediaError("no_picture", f"The decoder gives no picture for frame {frame}.")
    return whole


def _decode_from(path: str, table: FrameTable, begin: int, frame: int, limits: Limits) -> av.VideoFrame | None:
    """Feed the packets from `begin` on as the browser does, until the frame's own comes out."""
    if table.media != "file" or len(table.runs) > 1:
        return None  # the demuxer knows more than the byte ranges
    wanted = table.frame_packet[frame]
    with _open(path, limits) as (_, stream), open(path, "rb", buffering=0) as file:  # noqa: PTH123
        context = stream.codec_context
        context.thread_type = _single_threads(table)
        for n in table.packets_from(begin, table.packet_count):
            packet = av.Packet(os.pread(file.fileno(), table.packet_size[n], table.packet_pos[n]))
            packet.opaque = n
            packet.is_keyframe = bool(table.packet_flags[n] & KEY)
            try:
                for picture in context.decode(packet):
                    if _is_of(picture, wanted, n, table):
                        return picture
            except av.error.FFmpegError:
                return None
            if n > wanted + 64:
                return None
        try:
            return next((p for p in context.decode(None) if p.opaque == wanted), None)
        except av.error.FFmpegError:
            return None


def _decode_through(path: str, table: FrameTable, frame: int, limits: Limits) -> av.VideoFrame | None:
    """Decode from the file's beginning, as verification did."""
    wanted, n = table.frame_packet[frame], 0
    with _open(path, limits) as (container, stream):
        context = stream.codec_context
        context.thread_type = _single_threads(table)
        for packet in _demux(container, stream):
            if packet.size:
                packet.opaque = n
                n += 1
            try:
                for picture in context.decode(packet if packet.size else None):
                    if _is_of(picture, wanted, n - 1, table):
                        return picture
            except av.error.EOFError:
                return None
            except av.error.FFmpegError:
                continue
    return None


def _single_threads(table: FrameTable) -> str:
    """Frame threads delay the output; without them a codec that never reorders answers each packet with its picture."""
    return "SLICE" if table.codec in _NO_REORDERING else "AUTO"


def _is_of(picture: av.VideoFrame, wanted: int, fed: int, table: FrameTable) -> bool:
    if table.codec in _NO_REORDERING:
        return fed == wanted
    return bool(picture.opaque == wanted)


def picture(path: str, table: FrameTable, digest: bytes | None, frame: int, limits: Limits) -> Picture:
    """One frame as a lossless PNG, turned upright, not stretched. `digest` is the table's, if it has one."""
    decoded = decode_frame(path, table, frame, digest, limits)
    own = _digest(plane_bytes(decoded))
    png = _encode("png", _upright(_to_rgb(decoded, table.colour), table.rotation), {"compression_level": "1"})
    return Picture(png, own.hex(), table.frame_pts[frame], digest is not None and digest == own != NO_DIGEST)


def thumbnail(path: str, table: FrameTable, frame: int, width: int, limits: Limits) -> bytes:
    """One frame as a JPEG at most `width` wide, as a player shows it: upright and with square pixels."""
    decoded = decode_frame(path, table, frame, None, limits)
    shown = Fraction(table.width) * table.sample_aspect_ratio, Fraction(table.height)
    upright_width = shown[1] if table.rotation % 180 else shown[0]
    scale = min(Fraction(1), Fraction(width) / upright_width)
    small = _to_rgb(decoded, table.colour, *(max(2, int(side * scale) // 2 * 2) for side in shown))
    return _encode("mjpeg", _upright(small, table.rotation).reformat(format="yuvj444p"), {"q": "4"})


def _upright(frame: av.VideoFrame, rotation: int) -> av.VideoFrame:
    if not rotation:
        return frame
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000))
    turns = {90: ["clock"], 180: ["clock", "clock"], 270: ["cclock"]}[rotation]
    last = source
    for turn in turns:
        step = graph.add("transpose", turn)
        last.link_to(step)
        last = step
    sink = graph.add("buffersink")
    last.link_to(sink)
    graph.configure()
    frame.pts = 0
    graph.push(frame)
    return graph.pull()  # type: ignore[return-value]


def _encode(codec: str, frame: av.VideoFrame, options: dict[str, str]) -> bytes:
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, frame.format.name
    context.time_base = Fraction(1, 1000)
    context.options = options
    frame.pts = 0
    frame.pict_type = 0  # type: ignore[assignment]
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
