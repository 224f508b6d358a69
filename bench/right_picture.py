"""Does the page show the frame that was asked for? Every video of some folders, a hundred or more seeks each.

    python bench/right_picture.py FOLDER... [--seeks 100] [--only NAME,...] [--seconds N]

Each file is scanned, verified and sought in real Chromium: first and last frames, a walk forwards and back, both sides of
group edges, random ones. A seek is right if the digest that the browser computes from the picture is the table's (or the
server's own picture is shown), and, where the pictures carry numbers (tests/e2e/numbered.py), if the number on the canvas
is that of the same frame as PyAV decodes it. Prints one JSON object; a wrong picture makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import av  # noqa: E402
import numpy as np  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tests.e2e import numbered  # noqa: E402
from tests.e2e.frames_harness import BROWSER_FLAGS, FramesServer  # noqa: E402
from tests.e2e.test_frames import many_frames  # noqa: E402
from viewer.media.errors import MediaError  # noqa: E402
from viewer.media.frame_table import UNCLEAN  # noqa: E402

SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".m4v", ".3gp", ".qt"}
SECONDS_A_FILE = 60


def numbers_of(path: Path, stream: int) -> list[int | None]:
    """The number that each decoded picture carries, in one pass through the file."""
    found: list[int | None] = []
    with av.open(str(path)) as container:
        video = container.streams[stream]
        for packet in container.demux(video):
            try:
                pictures = video.codec_context.decode(packet if packet.size else None)
            except av.error.FFmpegError:
                return []  # pictures may be lost with it: which frame is which number, nobody can say
            found += [_number(picture) for picture in pictures]
            if len(found) == 30 and not any(number is not None for number in found):
                return []  # no numbered video
    return found


def _number(picture: av.VideoFrame) -> int | None:
    grey = picture.to_ndarray(format="gray")
    readings = (numbered.read_number(np.rot90(grey, turns)) for turns in range(4))
    return next((number for number in readings if number is not None), None)


def check(browser: Browser, path: Path, seeks: int) -> dict[str, Any]:
    with FramesServer() as server:
        begun = time.monotonic()
        try:
            name = server.add(path)
        except MediaError as error:
            return {"refused": error.code}
        served = server.files[name]
        if served.table.media == "none":
            return {"refused": "needs_reencode"}
        numbers = numbers_of(path, served.table.stream) if served.table.frame_count < 5000 else []
        frames = many_frames(served.table, seeks)
        page = browser.new_page()
        page.set_default_timeout(SECONDS_A_FILE * 1000)
        try:
            page.goto(server.url)
            page.wait_for_function("globalThis.harness")
            rows = page.evaluate(
                """async ([name, frames, seconds]) => {
                    const late = harness.sleep(seconds * 1000).then(() => null);
                    const source = await harness.open(name);
                    const rows = [];
                    for (const frame of frames) {
                        const row = await Promise.race([harness.visit(source, [frame]), late]);
                        if (row === null) break;
                        rows.push(row[0]);
                    }
                    return rows;
                }""",
                [name, frames, SECONDS_A_FILE - 15],
            )
        finally:
            page.close()
        # What a decoder makes up for a damaged picture differs between runs; its digest, and the server's word, decide.
        clean = [not flags & UNCLEAN for flags in served.table.frame_flags]
        known = [number if ok else None for number, ok in zip(numbers, clean, strict=False)]
        return judge(rows, frames, known) | {
            "codec": served.table.codec,
            "frames": served.table.frame_count,
            "seconds": round(time.monotonic() - begun, 1),
        }


def judge(rows: list[dict[str, Any]], frames: list[int], numbers: list[int | None]) -> dict[str, Any]:
    wrong = []
    for row in rows:
        frame = row["frame"]
        expected = numbers[frame] if frame < len(numbers) else None
        if row["error"] or (expected is not None and row["number"] not in (expected, None)):
            wrong.append(
                {key: row[key] for key in ("frame", "number", "from", "state", "error")} | {"expected": expected}
            )
        elif expected is not None and row["number"] is None and row["state"] != "unproved":
            wrong.append({"frame": frame, "unreadable": True, "from": row["from"]})
    states = Counter(f"{row['from']}/{row['state']}" for row in rows)
    times = sorted(row["ms"] for row in rows)
    return {
        "seeks": len(rows),
        "not_sought": len(frames) - len(rows),
        "wrong": wrong[:5],
        "wrong_count": len(wrong),
        "numbered": any(number is not None for number in numbers),
        "states": dict(states),
        "reasons": dict(Counter(row["reason"] for row in rows if row["reason"]).most_common(3)),
        "p50_ms": round(times[len(times) // 2], 1) if times else None,
        "p95_ms": round(times[int(len(times) * 0.95)], 1) if times else None,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seeks", type=int, default=100)
    parser.add_argument("--only", default="", help="comma-separated parts of file names")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after as many")
    options = parser.parse_args()
    wanted = options.only.split(",")
    paths = [
        path
        for folder in options.folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and any(part in path.name for part in wanted)
    ]
    results: dict[str, Any] = {}
    stop = time.monotonic() + options.seconds
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER_FLAGS)
        for path in paths:
            if time.monotonic() > stop:
                break
            try:
                results[str(path)] = check(browser, path, options.seeks)
            except Exception as error:  # one file must not hide the others
                results[str(path)] = {"failed": f"{type(error).__name__}: {str(error)[:200]}"}
            print(path.name, json.dumps(results[str(path)], ensure_ascii=False), file=sys.stderr, flush=True)
        browser.close()
    checked = [result for result in results.values() if "seeks" in result]
    total = {
        "files": len(results),
        "refused": sum("refused" in result for result in results.values()),
        "failed": [path for path, result in results.items() if "failed" in result],
        "seeks": sum(result["seeks"] for result in checked),
        "wrong": sum(result["wrong_count"] for result in checked),
        "not_sought": sum(result["not_sought"] for result in checked),
        "states": dict(sum((Counter(result["states"]) for result in checked), Counter())),
    }
    print(json.dumps({"total": total, "files": results}, ensure_ascii=False, indent=1))
    return 1 if total["wrong"] or total["failed"] or total["not_sought"] else 0


if __name__ == "__main__":
    sys.exit(main())
