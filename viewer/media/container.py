"""Opens an untrusted video file and reads its packets: in the child process of `viewer.media.sandbox`, nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av
import av.error
import av.logging
import av.stream
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from viewer.media.errors import MediaError
from viewer.media.results import Limits

av.logging.set_level(av.logging.PANIC)

THREADS = 2
LABELLED_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
CONVERTED_CONTAINERS = "avi,mpegts,mpeg,flv,asf"
# A playlist or concat script that calls itself .mp4 must not have FFmpeg open other files or the network.
_CONTAINER_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": f"{LABELLED_CONTAINERS},{CONVERTED_CONTAINERS}",
}
NO_REORDERING = ("vp8", "vp9")  # codecs that give pictures in decode order


def libraries() -> dict[str, str]:
    return {name: ".".join(map(str, version)) for name, version in av.library_versions.items()}


@contextmanager
def open_video(path: str, limits: Limits) -> Iterator[tuple[InputContainer, VideoStream]]:
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
            raise too_large(context.width, context.height, limits)
        context.options = {"max_pixels": str(limits.max_frame_pixels)}
        context.thread_count = THREADS
        context.copy_opaque = True
        try:
            yield container, stream
        finally:
            _drain(context)


def _drain(context: VideoCodecContext) -> None:
    """Let the decoder finish. Its threads free packets under Python's lock: dropped in mid-stream it waits for ever."""
    try:
        while context.is_open and context.decode(None):
            pass
    except (av.error.FFmpegError, ValueError):
        pass  # it has been at its end, or the stream was broken: either way it is idle now


def _unreadable(error: av.error.FFmpegError) -> MediaError:
    if "whitelist" in str(error):
        return MediaError(
            "unsupported_container",
            "This kind of file is not accepted: use mp4, mov, mkv or webm "
            "(avi, ts, mpg, flv and wmv can be converted).",
        )
    return MediaError(
        "unreadable",
        "This is no video file that can be read: it is damaged, cut off at its start, or of another kind.",
    )


def too_large(width: int, height: int, limits: Limits) -> MediaError:
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


def demux(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet[Any]]:
    """Packets until the file ends or cannot be read on: what came before stays good. The last one, empty, flushes."""
    try:
        for packet in container.demux(stream):
            yield packet
            if not packet.size:
                return
    except av.error.FFmpegError:
        yield av.Packet(0)
