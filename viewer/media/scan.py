"""Reads a video's packets, decodes nothing but the first picture: a provisional frame table within a second."""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from viewer.media import bitstream
from viewer.media.colour import colour_of
from viewer.media.container import LABELLED_CONTAINERS, demux, libraries, open_video, too_large
from viewer.media.errors import MediaError
from viewer.media.frame_table import (
    KEY,
    LEADING,
    NO_LABEL,
    PTS_GUESSED,
    SKIP,
    START,
    TYPE_B,
    TYPE_I,
    TYPE_P,
    UNCLEAN,
    FrameTable,
    Run,
)
from viewer.media.results import Limits, Scan

_FIRST_PICTURE_WITHIN = 600  # packets


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
    with open_video(path, limits) as (container, stream):
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
    exact, start_pts, shown, total = True, None, 0, 0
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        for packet in demux(container, stream):
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
                    packets.extradata[n] = bytes(packet.get_sidedata("new_extradata"))
            elif pts is not None and start_pts is not None and pts < start_pts:
                flags = LEADING
            total += size
            if total > limits.max_bytes:
                raise MediaError(
                    "too_large_unpacked",
                    f"The video's packets have more than {limits.max_bytes:,} bytes once they are unpacked.",
                )
            if packet.is_corrupt:
                flags |= SKIP
            if pos is None or pos < 0:
                exact, pos = False, 0
            else:
                pos += shift
                if exact and (key or n < 64 or n % 97 == 0) and not flags & SKIP:
                    exact = os.pread(file.fileno(), size, pos) == bytes(packet)
            hidden = packet.is_discard
            if watch_hidden and not hidden:
                view = memoryview(packet)
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
        raise too_large(first.width, first.height, limits)
    return packets, first, first_start or any_packet, exact


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
    with open_video(path, limits) as (container, stream):
        for packet in demux(container, stream):
            if packet.has_sidedata("encryption_info") or packet.has_sidedata("encryption_init_info"):
                return MediaError("encrypted", "The video is encrypted; no picture can be decoded.")
            break
        if container.metadata.get("encryption") or stream.metadata.get("enc_key_id"):
            return MediaError("encrypted", "The video is encrypted; no picture can be decoded.")
        name = stream.codec_context.name
    return MediaError("undecodable", f"No picture of the video can be decoded ({name}).")


def _too_many(container: InputContainer, stream: VideoStream, limits: Limits) -> MediaError:
    count = limits.max_frames + 1
    for packet in demux(container, stream):
        count += bool(packet.size) and not packet.is_discard
    minutes = ""
    if stream.average_rate:
        minutes = f" (about {float(limits.max_frames / stream.average_rate / 60):.1f} minutes of this video)"
    return MediaError(
        "too_many_frames",
        f"The video has {count:,} frames, {count - limits.max_frames:,} more than the limit "
        f"of {limits.max_frames:,}{minutes}; "
        "cut it into parts, for example with "
        "ffmpeg -i IN -c copy -f segment -segment_time 1800 -reset_timestamps 1 OUT_%d.mp4.",
    )


def _write_side(path: str, side: BinaryIO, index: int, packets: _Packets, limits: Limits) -> int:
    """Write the packets one after another and set their positions to where they then stand."""
    at = 0
    with open_video(path, limits) as (container, stream):
        if stream.index != index:
            raise MediaError("unreadable", "The file reads differently the second time.")
        for n, packet in enumerate(p for p in demux(container, stream) if p.size):
            packets.pos[n] = at
            at += side.write(memoryview(packet))
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
