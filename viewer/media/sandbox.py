"""Untrusted files are opened in a child process with limits, and nowhere else.

A single-threaded parent, started with an empty environment and holding no secret and no database, forks one confined
child a request. What a child answers is JSON and bytes, never code. It is killed when it says nothing for 30 s.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from viewer.media.channel import receive, send
from viewer.media.errors import MediaError
from viewer.media.frame_table import DIGEST_SIZE, FrameTable
from viewer.media.results import Limits, Picture, Progress, Scan, Verified

__all__ = ["Limits", "Picture", "Progress", "Sandbox", "Scan", "Verified"]

log = logging.getLogger(__name__)

SILENCE_SECONDS = 30
CPU_SECONDS = 60  # and what the pictures may cost:
CPU_SECONDS_A_MEGAPIXEL = 0.25

_TOP = Path(__file__).resolve().parents[2]
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from viewer.media import sandbox_process; sandbox_process.serve(int(sys.argv[2]))"
)


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
        self._warned = False

    @property
    def alive(self) -> bool:
        return self._parent.poll() is None

    def close(self) -> None:
        self._door.close()
        self._parent.wait(10)

    def libraries(self) -> dict[str, str]:
        """The versions of FFmpeg's libraries that read files here."""
        answer, _ = self._one("libraries", Path(os.devnull), {"limits": asdict(Limits())})
        return dict(answer["libraries"])

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
        answers = list(self._call(function, path, arguments, blob, side=side))
        if len(answers) != 1:
            raise MediaError("decoder_failed", "The decoder broke down on this file.")
        return answers[0]

    def _warn_of(self, confined: dict[str, Any]) -> None:
        """Say once in the log what this kernel cannot restrict."""
        if self._warned or (confined["files"] and confined["calls"]):
            return
        self._warned = True
        missing = [
            name for name, there in (("Landlock", confined["files"]), ("seccomp", confined["calls"])) if not there
        ]
        log.warning("Decoders run without %s here: this kernel does not have it.", " and ".join(missing))

    def _fork(self, request: str, handles: list[int]) -> int:
        """The child's process id; 0 where none could be started."""
        try:
            socket.send_fds(self._door, [request.encode()], handles)
            return int.from_bytes(self._door.recv(16), "little")
        except OSError:
            return 0

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
        side_bytes = arguments["limits"]["max_bytes"] if side else 0
        request = json.dumps({"function": function, "path": str(path.resolve()), "cpu": int(cpu), "side": side_bytes})
        handles = [theirs.fileno()] + ([side.fileno()] if side else [])
        with ours:
            with theirs, self._lock:
                pid = self._fork(request, handles)
            if not pid:
                raise MediaError("sandbox_unavailable", "The decoder's process could not be started; try again.")
            child = _handle_of(pid)
            ours.settimeout(SILENCE_SECONDS)
            try:
                send(ours, arguments, blob)
                while True:
                    kind, answer, data = receive(ours)
                    if kind == "error":
                        raise MediaError(answer["code"], answer["sentence"])
                    if kind == "done":
                        return
                    if kind == "confined":
                        self._warn_of(answer)
                        continue
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
                _kill(child)


def _handle_of(pid: int) -> int | None:
    """A handle that never comes to mean another process; None for one that has ended."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _kill(child: int | None) -> None:
    if child is None:
        return
    with suppress(ProcessLookupError):  # it may have ended by itself
        signal.pidfd_send_signal(child, signal.SIGKILL)
    os.close(child)


def _read_digest(path: Path, frame: int) -> str | None:
    try:
        with path.open("rb") as file:
            file.seek(frame * DIGEST_SIZE)
            digest = file.read(DIGEST_SIZE)
    except FileNotFoundError:
        return None
    return digest.hex() if len(digest) == DIGEST_SIZE else None
