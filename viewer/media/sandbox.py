"""Untrusted files are opened in a child process with limits, and nowhere else.

A single-threaded parent, started with an empty environment and holding no secret and no database, forks one confined
child a request. What a child answers is JSON and bytes, never code. It is killed when it says nothing for 30 s.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from viewer.media import confinement, render, video
from viewer.media.errors import MediaError
from viewer.media.frame_table import DIGEST_SIZE, FrameTable
from viewer.media.video import Limits, Picture, Progress, Scan, Verified

__all__ = ["Limits", "Picture", "Progress", "Sandbox", "Scan", "Verified"]

log = logging.getLogger(__name__)

SILENCE_SECONDS = 30
MEMORY_BYTES = 6 << 30  # address space: decoders of large pictures with two threads stay below
CPU_SECONDS = 60  # and what the pictures may cost:
CPU_SECONDS_A_MEGAPIXEL = 0.25
_LENGTHS = struct.Struct("=II")  # of the JSON and of the bytes that follow it


class Sandbox:
    """The one door to untrusted media. Safe to use from several threads; each call has a child of its own."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._door, self._lock = ours, threading.Lock()
        self._parent = subprocess.Popen(
            [sys.executable, "-I", "-c", _BOOT, str(_TOP), str(theirs.fileno())],
            env={"LANG": "C.UTF-8"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        if not confinement.landlock_version():
            log.warning("This kernel has no Landlock: the decoder's file access is not restricted.")

    def close(self) -> None:
        self._door.close()
        self._parent.wait(10)

    def scan(self, path: Path, side_path: Path | None, limits: Limits) -> Scan:
        """Read packets only. The side file is written to `side_path` where the table needs one. Raises MediaError."""
        side = None
        part = side_path.with_name(side_path.name + ".part") if side_path else None
        if part:
            part.parent.mkdir(parents=True, exist_ok=True)
            side = part.open("wb")
        try:
            answer, blob = self._one("scan", path, {"limits": asdict(limits)}, side=side)
            scan = Scan(FrameTable.from_bytes(blob), answer["facts"], answer["needs_reencode"], answer["uses_side"])
            if scan.uses_side and part and side_path:
                part.replace(side_path)
            return scan
        finally:
            if side and part:
                side.close()
                part.unlink(missing_ok=True)

    def verify(self, path: Path, table: FrameTable, limits: Limits) -> Iterator[Progress | Verified]:
        """Decode everything; the last thing yielded is Verified. Raises MediaError. Closing it ends the child."""
        cpu = CPU_SECONDS + table.packet_count * table.width * table.height / 1e6 * CPU_SECONDS_A_MEGAPIXEL
        arguments = {"limits": asdict(limits)}
        with closing(self._call("verify", path, arguments, table.to_bytes(), cpu=cpu)) as answers:
            for answer, blob in answers:
                if "proved" in answer:
                    yield Progress(answer["proved"], blob, answer["decoded"], answer["fraction"])
                else:
                    size = answer["digests"]
                    verified = FrameTable.from_bytes(blob[size:])
                    yield Verified(verified, blob[:size], answer["same_until"], answer["changed"])

    def picture(
        self, path: Path, table: FrameTable, digests_path: Path, frame: int, limits: Limits | None = None
    ) -> Picture:
        """One frame as the server sees it, a lossless PNG, turned upright. Raises MediaError."""
        arguments = {
            "frame": frame,
            "digest": _read_digest(digests_path, frame),
            "limits": asdict(limits or Limits()),
        }
        answer, png = self._one("picture", path, arguments, table.to_bytes())
        return Picture(png, answer["digest"], answer["pts"], answer["proved"])

    def thumbnail(self, path: Path, table: FrameTable, frame: int, width: int, limits: Limits | None = None) -> bytes:
        """One frame as a JPEG at most `width` wide, upright, with square pixels. Raises MediaError."""
        arguments = {"frame": frame, "width": width, "limits": asdict(limits or Limits())}
        return self._one("thumbnail", path, arguments, table.to_bytes())[1]

    # -- calls ------------------------------------------------------------------------------------------------

    def _one(
        self,
        function: str,
        path: Path,
        arguments: dict[str, Any],
        blob: bytes = b"",
        side: BinaryIO | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        return next(self._call(function, path, arguments, blob, side=side))

    def _call(
        self,
        function: str,
        path: Path,
        arguments: dict[str, Any],
        blob: bytes = b"",
        *,
        side: BinaryIO | None = None,
        cpu: float = CPU_SECONDS,
    ) -> Generator[tuple[dict[str, Any], bytes], None, None]:
        """What the child answers, one thing after another. Raises MediaError in its words, or for its end."""
        ours, theirs = socket.socketpair()
        request = json.dumps(
            {"function": function, "path": str(path.resolve()), "cpu": int(cpu), "side": side is not None}
        )
        handles = [theirs.fileno()] + ([side.fileno()] if side else [])
        with ours:
            with self._lock:
                socket.send_fds(self._door, [request.encode()], handles)
                pid = int.from_bytes(self._door.recv(16), "little")
            theirs.close()
            if not pid:
                raise MediaError("sandbox_unavailable", "The decoder's process could not be started; try again.")
            ours.settimeout(SILENCE_SECONDS)
            done = False
            try:
                _send(ours, arguments, blob)
                while True:
                    kind, answer, data = _receive(ours)
                    if kind == "error":
                        raise MediaError(answer["code"], answer["sentence"])
                    if kind == "done":
                        done = True
                        return
                    yield answer, data
            except TimeoutError:
                raise MediaError(
                    "decoder_stalled",
                    f"The decoder was stopped: it gave nothing for {SILENCE_SECONDS} seconds.",
                ) from None
            except (EOFError, OSError):
                raise MediaError(
                    "decoder_failed",
                    "The decoder broke down on this file; it is damaged or needs too much of the machine.",
                ) from None
            finally:
                if not done:
                    _kill(pid)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(pid, signal.SIGKILL)


def _read_digest(path: Path, frame: int) -> str | None:
    try:
        with path.open("rb") as file:
            file.seek(frame * DIGEST_SIZE)
            digest = file.read(DIGEST_SIZE)
    except FileNotFoundError:
        return None
    return digest.hex() if len(digest) == DIGEST_SIZE else None


def _send(channel: socket.socket, answer: dict[str, Any], blob: bytes = b"") -> None:
    header = json.dumps(answer).encode()
    channel.sendall(_LENGTHS.pack(len(header), len(blob)) + header)
    channel.sendall(blob)


def _receive(channel: socket.socket) -> tuple[str, dict[str, Any], bytes]:
    lengths = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size))
    if lengths[0] > 1 << 20 or lengths[1] > 1 << 30:
        raise EOFError
    try:
        answer = json.loads(_exactly(channel, lengths[0]))
    except ValueError:
        raise EOFError from None
    return answer.pop("kind", ""), answer, _exactly(channel, lengths[1])


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        got = channel.recv_into(view[at:])
        if not got:
            raise EOFError
        at += got
    return bytes(data)


# -- the parent process -------------------------------------------------------------------------------------------

_TOP = Path(__file__).resolve().parents[2]
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from viewer.media import sandbox; sandbox.serve(int(sys.argv[2]))"


def serve(handle: int) -> None:
    """The parent's loop: fork a child for each request until the door closes."""
    confinement.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    door = socket.socket(fileno=handle)
    _warm_up()
    selector = selectors.DefaultSelector()
    selector.register(door, selectors.EVENT_READ)
    while True:
        ready = selector.select(timeout=1)
        _reap()
        if not ready:
            continue
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


def _reap() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


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
    render.warm_up()


# -- the child ----------------------------------------------------------------------------------------------------


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
        confinement.set_limits(MEMORY_BYTES, request["cpu"], 1 << 40 if side else 0)
        confinement.confine([path])
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
    _, arguments, blob = _receive(channel)
    limits = Limits(**arguments["limits"])
    try:
        for answer, data in _FUNCTIONS[function](path, arguments, blob, side, limits):
            _send(channel, {"kind": "answer"} | answer, data)
        _send(channel, {"kind": "done"})
    except MediaError as error:
        _send(channel, {"kind": "error", "code": error.code, "sentence": error.sentence})
    except MemoryError:
        _send(
            channel,
            {
                "kind": "error",
                "code": "too_large",
                "sentence": "The video needs more memory than a decoder may use.",
            },
        )


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


_FUNCTIONS = {"scan": _scan, "verify": _verify, "picture": _picture, "thumbnail": _thumbnail}
