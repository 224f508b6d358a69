"""What opening a 1 GB video costs whose index stands at its end: the share of it that the editor downloads.

python -m bench.big_file [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.footprint import CHROMIUM, PORT, TOP, start, stop

SIZE = 990_000_000
MOST = 0.03


def big_video(path: Path) -> Path:
    """1080p30 H.264 of almost 1 GB, its `moov` box after its `mdat`."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.mp4")
    ffmpeg = ["ffmpeg", "-v", "error", "-y"]
    noise = "testsrc2=s=1920x1080:r=30:d=4,noise=alls=60:allf=t"
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "150M", "-g", "60", "-pix_fmt", "yuv420p"]
    subprocess.run([*ffmpeg, "-f", "lavfi", "-i", noise, *encode, str(part)], check=True)
    loops = SIZE // part.stat().st_size - 1
    subprocess.run([*ffmpeg, "-stream_loop", str(loops), "-i", str(part), "-c", "copy", str(path)], check=True)
    part.unlink()
    assert boxes(path).index("moov") > boxes(path).index("mdat")
    return path


def boxes(path: Path) -> list[str]:
    """The names of an mp4's outermost boxes (ISO/IEC 14496-12, 4.2)."""
    found = []
    with path.open("rb") as file:
        at, end = 0, path.stat().st_size
        while at < end:
            file.seek(at)
            head = file.read(16)
            size = int.from_bytes(head[:4], "big")
            if size == 1:
                size = int.from_bytes(head[8:], "big")
            found.append(head[4:8].decode())
            at += size or end
    return found


class Counter:
    """Forwards connections to the server and counts every byte that it answers."""

    def __init__(self, port: int) -> None:
        self.received, self._port = 0, port
        self._loop = asyncio.new_event_loop()
        self._listening = self._loop.run_until_complete(asyncio.start_server(self._forward, "127.0.0.1", 0))
        self.port = self._listening.sockets[0].getsockname()[1]
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(self._pipe(reader, to_server), self._pipe(from_server, writer, count=True))

    async def _pipe(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, count: bool = False) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                self.received += len(data) * count
                target.write(data)
                await target.drain()
        target.close()


def opened(counter: Counter, link: str) -> tuple[int, int, float]:
    """Bytes until the first frame, and after a rest of five seconds, of page and video; seconds to the first frame."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        tab = browser.new_page()
        tab.goto(link)
        before, began = counter.received, time.perf_counter()
        tab.goto(link.split("/signin/")[0] + "/label/1/")
        tab.locator("#frame[data-state=shown]").wait_for()
        seconds, first = time.perf_counter() - began, counter.received - before
        tab.wait_for_timeout(5000)
        rested = counter.received - before
        browser.close()
    return first, rested, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    video = big_video(TOP / "build" / "bench" / "big.mp4")
    counter = Counter(PORT)
    os.environ["PUBLIC_ORIGIN"] = f"http://127.0.0.1:{counter.port}"
    with tempfile.TemporaryDirectory(prefix="onframe-bench-", dir=video.parent) as folder:
        os.environ["DATA_DIR"] = folder
        manage = [sys.executable, "manage.py"]
        subprocess.run([*manage, "migrate", "-v0"], cwd=TOP, check=True)
        subprocess.run([*manage, "ingest", "Big", str(video)], cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        _, server, link = start(Path(folder))
        try:
            first, rested, seconds = opened(counter, link)
        finally:
            stop(server)
    size = video.stat().st_size
    rows = [
        {
            "measure": f"a {size / 1e9:.2f} GB file, index at its end: downloaded until its first frame, after {seconds:.1f} s",
            "result": f"{first / size:.2%}",
            "target": "< 3 %",
            "met": first / size < MOST,
        },
        {
            "measure": "… after five seconds of rest",
            "result": f"{rested / size:.2%}",
            "target": "< 3 %",
            "met": rested / size < MOST,
        },
    ]
    print(json.dumps({"rows": rows}) if options.json else "\n".join(str(row) for row in rows))


if __name__ == "__main__":
    main()
