"""The far side of the sandbox: a parent without secrets that forks, and the confined child that opens one file."""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from viewer.media import confinement, video
from viewer.media.channel import receive, send
from viewer.media.container import libraries
from viewer.media.errors import MediaError
from viewer.media.frame_table import FrameTable
from viewer.media.results import Limits, Progress

MEMORY_BYTES = 6 << 30  # address space: decoders of large pictures with two threads stay below


def serve(handle: int) -> None:
    """The parent's loop: fork a child for each request until the door closes."""
    confinement.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children leave nothing behind
    door = socket.socket(fileno=handle)
    _warm_up()
    while True:
        message, handles, _, _ = socket.recv_fds(door, 65536, 4)
        if not message:
            return
        request = json.loads(message)
        try:
            pid = os.fork()
        except OSError:
            pid = 0
        else:
            if pid == 0:
                door.close()
                _child(request, handles)
        for each in handles:
            os.close(each)
        door.send(pid.to_bytes(8, "little"))


def _warm_up() -> None:
    """Whatever is imported on first use must be there before the file system is gone."""
    for module in (
        "audio.codeccontext",
        "audio.stream",
        "subtitles.codeccontext",
        "subtitles.stream",
        "video.plane",
    ):
        importlib.import_module(f"av.{module}")
    video.warm_up()


def _child(request: dict[str, Any], handles: list[int]) -> None:
    """Confine this process, do the one thing it was forked for, end."""
    code = 1
    try:
        confinement.die_with_parent()
        keep = {0, 1, 2, *handles}
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
            if int(name) not in keep:
                with suppress(OSError):  # the handle of this listing itself is closed already
                    os.close(int(name))
        side = os.fdopen(handles[1], "wb") if request["side"] else None
        channel = _Pipe(handles[0])
        path = request["path"]
        confinement.set_limits(MEMORY_BYTES, request["cpu"], request["side"])
        files, calls = confinement.confine([path])
        send(channel, {"kind": "confined", "files": files, "calls": calls})
        _work(request["function"], path, channel, side)
        code = 0
    except BaseException:
        code = 1
    finally:
        os._exit(code)


class _Pipe:
    """The channel to the caller with read and write alone, as the confined child has no other calls."""

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def recv_into(self, view: memoryview) -> int:
        return os.readv(self.handle, [view])

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.handle, view) :]


def _work(function: str, path: str, channel: Any, side: BinaryIO | None) -> None:
    _, arguments, blob = receive(channel)
    limits = Limits(**arguments["limits"])
    try:
        for answer, data in _FUNCTIONS[function](path, arguments, blob, side, limits):
            send(channel, {"kind": "answer"} | answer, data)
        send(channel, {"kind": "done"})
    except MediaError as error:
        send(channel, {"kind": "error", "code": error.code, "sentence": error.sentence})
    except MemoryError:
        send(
            channel,
            {
                "kind": "error",
                "code": "too_large",
                "sentence": "The video needs more memory than a decoder may use.",
            },
        )


def _libraries(_: str, __: Any, ___: bytes, ____: Any, _____: Limits) -> Iterator[tuple[dict[str, Any], bytes]]:
    yield {"libraries": libraries()}, b""


def _scan(
    path: str, _: Any, __: bytes, side: BinaryIO | None, limits: Limits
) -> Iterator[tuple[dict[str, Any], bytes]]:
    result = video.scan(path, side, limits)
    if side:
        side.flush()
    answer = {"facts": result.facts, "needs_reencode": result.needs_reencode, "uses_side": result.uses_side}
    yield answer, result.table.to_bytes()


def _verify(path: str, _: Any, blob: bytes, __: Any, limits: Limits) -> Iterator[tuple[dict[str, Any], bytes]]:
    for step in video.verify(path, FrameTable.from_bytes(blob), limits):
        if isinstance(step, Progress):
            yield {"proved": step.proved, "decoded": step.decoded, "fraction": step.fraction}, step.digests
        else:
            answer = {"digests": len(step.digests), "same_until": step.same_until, "changed": step.changed}
            yield answer, step.digests + step.table.to_bytes()


def _picture(path: str, arguments: Any, blob: bytes, _: Any, limits: Limits) -> Iterator[tuple[dict[str, Any], bytes]]:
    digest = bytes.fromhex(arguments["digest"]) if arguments["digest"] else None
    made = video.picture(path, FrameTable.from_bytes(blob), digest, arguments["frame"], limits)
    yield {"digest": made.digest, "pts": made.pts, "proved": made.proved}, made.png


def _thumbnail(
    path: str, arguments: Any, blob: bytes, _: Any, limits: Limits
) -> Iterator[tuple[dict[str, Any], bytes]]:
    yield (
        {},
        video.thumbnail(path, FrameTable.from_bytes(blob), arguments["frame"], arguments["width"], limits),
    )


_FUNCTIONS = {"libraries": _libraries, "scan": _scan, "verify": _verify, "picture": _picture, "thumbnail": _thumbnail}
