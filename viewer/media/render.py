"""Renders single frames: the server's own picture, proved by its digest, and thumbnails."""

from __future__ import annotations

import os
from bisect import bisect_right
from fractions import Fraction

import av
import av.error
import av.filter
from av.video.codeccontext import VideoCodecContext

from viewer.media.colour import colour_of, to_rgb
from viewer.media.container import NO_REORDERING, demux, open_video
from viewer.media.errors import FrameOutOfRange, MediaError
from viewer.media.frame_table import KEY, NO_DIGEST, FrameTable
from viewer.media.results import Limits, Picture
from viewer.media.verify import digest_of, plane_bytes


def decode_frame(path: str, table: FrameTable, frame: int, digest: bytes | None, limits: Limits) -> av.VideoFrame:
    """Decode frame `frame` alone: from the nearest start whose result has the table's digest, else from the beginning.

    Raises MediaError `no_picture` where the decoder gives none.
    """
    if not 0 <= frame < table.frame_count:
        raise FrameOutOfRange(frame, table.frame_count)
    start = table.start_of(frame)
    at = bisect_right(table.starts, start) - 1 if start is not None else -1
    picture: av.VideoFrame | None = None
    for begin in table.starts[max(0, at - 1) : at + 1][::-1]:
        picture = _decode_from(path, table, begin, frame, limits)
        if picture is not None and (digest is None or digest_of(plane_bytes(picture)) == digest):
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
    with open_video(path, limits) as (_, stream), open(path, "rb", buffering=0) as file:  # noqa: PTH123
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
    with open_video(path, limits) as (container, stream):
        context = stream.codec_context
        context.thread_type = _single_threads(table)
        for packet in demux(container, stream):
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
    return "SLICE" if table.codec in NO_REORDERING else "AUTO"


def _is_of(picture: av.VideoFrame, wanted: int, fed: int, table: FrameTable) -> bool:
    if table.codec in NO_REORDERING:
        return fed == wanted
    return bool(picture.opaque == wanted)


def picture(path: str, table: FrameTable, digest: bytes | None, frame: int, limits: Limits) -> Picture:
    """One frame as a lossless PNG, turned upright, not stretched. `digest` is the table's, if it has one."""
    decoded = decode_frame(path, table, frame, digest, limits)
    own = digest_of(plane_bytes(decoded))
    png = _encode("png", _upright(to_rgb(decoded, table.colour), table.rotation), {"compression_level": "1"})
    return Picture(png, own.hex(), table.frame_pts[frame], digest is not None and digest == own != NO_DIGEST)


def thumbnail(path: str, table: FrameTable, frame: int, width: int, limits: Limits) -> bytes:
    """One frame as a JPEG at most `width` wide, as a player shows it: upright and with square pixels."""
    decoded = decode_frame(path, table, frame, None, limits)
    shown = Fraction(table.width) * table.sample_aspect_ratio, Fraction(table.height)
    upright_width = shown[1] if table.rotation % 180 else shown[0]
    scale = min(Fraction(1), Fraction(width) / upright_width)
    small = to_rgb(decoded, table.colour, *(max(2, int(side * scale) // 2 * 2) for side in shown))
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
    turned = graph.pull()
    assert isinstance(turned, av.VideoFrame)
    return turned


def _encode(codec: str, frame: av.VideoFrame, options: dict[str, str]) -> bytes:
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = frame.width, frame.height, frame.format.name
    context.time_base = Fraction(1, 1000)
    context.options = options
    frame.pts = 0
    frame.pict_type = 0
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def warm_up() -> None:
    """Load everything that rendering loads on first use."""
    frame = av.VideoFrame(16, 16, "yuv420p")
    rgb = to_rgb(frame, colour_of(frame))
    _encode("png", _upright(rgb, 90), {})
    _encode("mjpeg", rgb.reformat(format="yuvj444p"), {})
