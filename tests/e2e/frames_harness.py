"""A small server of tables, media ranges, digests and pictures straight from `viewer.media`, for tests of the frame source."""

from __future__ import annotations

import io
import json
import mimetypes
import re
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from viewer.media import video
from viewer.media.errors import MediaError
from viewer.media.frame_table import DIGEST_SIZE, FrameTable

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BROWSER_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--mute-audio"]
LIMITS = video.Limits()


@dataclass
class Served:
    path: Path
    table: FrameTable
    digests: bytes
    side: bytes


@dataclass
class Traffic:
    """What the browser asked of the media, and faults to answer with."""

    media_bytes: int = 0
    requests: list[str] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    fail_next: int = 0  # media requests to drop
    whole_file: bool = False  # answer ranges with 200 and everything
    seconds_a_request: float = 0.0


class FramesServer:
    """Serves files by name. Use as a context manager; `url` is its address."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.traffic = Traffic()
        self._lock = threading.Lock()
        server = self

        class Handler(_Handler):
            frames = server

        self._http = _QuietServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> FramesServer:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def add(self, path: Path, *, verify: bool = True, change: Any = None) -> str:
        """Scan and verify a file and serve it under its name. `change` may alter the table: (table) -> table."""
        side = io.BytesIO()
        table = video.scan(str(path), side, LIMITS).table
        digests = b""
        if verify:
            for event in video.verify(str(path), table, LIMITS):
                if isinstance(event, video.Verified):
                    table, digests = event.table, event.digests
        if change:
            table = change(table)
        self.files[path.name] = Served(path, table, digests, side.getvalue())
        return path.name

    def picture(self, name: str, frame: int) -> video.Picture:
        served = self.files[name]
        digest = served.digests[frame * DIGEST_SIZE : (frame + 1) * DIGEST_SIZE] or None
        with self._lock:
            self.traffic.pictures.append(frame)
        return video.picture(str(served.path), served.table, digest, frame, LIMITS)


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a browser that goes away is no error
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    frames: FramesServer

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        try:
            self._answer(self.path.split("?")[0].strip("/").split("/"))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except MediaError as error:
            self._send(404, json.dumps({"code": error.code, "detail": error.sentence}).encode(), "application/json")

    def _answer(self, parts: list[str]) -> None:
        match parts:
            case [""]:
                self._send(200, (HERE / "frames_harness.html").read_bytes(), "text/html")
            case ["frames_harness.js"]:
                self._send(200, (HERE / "frames_harness.js").read_bytes(), "text/javascript")
            case ["static", *rest]:
                path = (ROOT / "static").joinpath(*rest)
                kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "text/plain"
                self._send(200, path.read_bytes(), kind) if path.is_file() else self._send(404, b"", "text/plain")
            case ["about", name]:
                served = self.frames.files[name]
                about = {"proved": len(served.digests) // DIGEST_SIZE, "codec": served.table.codec}
                self._send(200, json.dumps(about).encode(), "application/json")
            case ["frames", name]:
                self._range(self.frames.files[name].table.to_bytes())
            case ["digests", name]:
                self._range(self.frames.files[name].digests)
            case ["media", name]:
                self._media(self.frames.files[name].path)
            case ["side", name]:
                self._count()
                self._range(self.frames.files[name].side)
            case ["picture", name, frame]:
                picture = self.frames.picture(name, int(frame))
                headers = {
                    "X-Frame": frame,
                    "X-Frame-Pts": str(picture.pts),
                    "X-Frame-Digest": picture.digest,
                    "X-Frame-Proved": str(int(picture.proved)),
                }
                self._send(200, picture.png, "image/png", headers)
            case _:
                self._send(404, b"", "text/plain")

    def _count(self) -> None:
        self.frames.traffic.requests.append(self.headers.get("Range", "all"))

    def _media(self, path: Path) -> None:
        self._count()
        traffic = self.frames.traffic
        if traffic.seconds_a_request:
            threading.Event().wait(traffic.seconds_a_request)
        if traffic.fail_next > 0:
            traffic.fail_next -= 1
            self.close_connection = True
            return
        size = path.stat().st_size
        wanted = None if traffic.whole_file else self._wanted(size)
        begin, end = wanted or (0, size)
        headers = {"Content-Range": f"bytes {begin}-{end - 1}/{size}"} if wanted else {}
        self._head(206 if wanted else 200, end - begin, "application/octet-stream", headers)
        with path.open("rb") as file:
            file.seek(begin)
            left = end - begin
            while left and (block := file.read(min(left, 1 << 18))):
                self.wfile.write(block)
                traffic.media_bytes += len(block)
                left -= len(block)

    def _range(self, data: bytes) -> None:
        wanted = self._wanted(len(data))
        if wanted is None:
            self._send(200, data, "application/octet-stream")
            return
        begin, end = wanted
        self._send(
            206,
            data[begin:end],
            "application/octet-stream",
            {"Content-Range": f"bytes {begin}-{end - 1}/{len(data)}"},
        )

    def _wanted(self, size: int) -> tuple[int, int] | None:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        return (int(match[1]), min(size, int(match[2] or size) + 1)) if match else None

    def _head(self, status: int, length: int, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(length),
            "Cache-Control": "no-store",
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self._head(status, len(body), kind, headers or {})
        self.wfile.write(body)
