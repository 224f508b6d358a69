"""Reading a file: the packet scan against ffprobe, the verifying decode against ffmpeg's framehash, same threads.

python -m bench.reading [--json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from viewer.media.sandbox import Limits, Sandbox

RUNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onframe-bench-") as name:
        folder = Path(name)
        rows = [*scanning(folder), verifying(folder)]
    print(json.dumps({"rows": rows}) if options.json else "\n".join(str(row) for row in rows))


def make(path: Path, *options: str) -> Path:
    subprocess.run(["ffmpeg", "-y", "-v", "error", *options, str(path)], check=True)
    return path


def scanning(folder: Path) -> list[dict[str, object]]:
    """100,000 small frames; the scan's figure includes the process it runs in and the finished table."""
    source = [
        "-f",
        "lavfi",
        "-i",
        "testsrc=s=128x96:r=30",
        "-frames:v",
        "100000",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ]
    mp4 = make(folder / "many.mp4", *source, "-bf", "2", "-g", "250", "-pix_fmt", "yuv420p")
    mkv = make(folder / "many.mkv", "-i", str(mp4), "-c", "copy")
    sandbox, rows = Sandbox(), []
    for path in (mp4, mkv):
        ours, theirs = [], []
        for _ in range(RUNS):
            began = time.perf_counter()
            assert sandbox.scan(path, None, Limits()).table.frame_count == 100_000
            ours.append(time.perf_counter() - began)
            theirs.append(
                timed("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_packets", "-of", "compact", str(path))
            )
        rows.append(
            row(f"packet scan of 100,000 frames, {path.suffix[1:]}", "ffprobe -show_packets", ours, theirs, 1.0)
        )
    sandbox.close()
    return rows


def verifying(folder: Path) -> dict[str, object]:
    """1080p with noise in it, 1,800 frames."""
    noise = "testsrc2=s=1920x1080:r=30,noise=alls=8:allf=t"
    x264 = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "250", "-crf", "26", "-pix_fmt", "yuv420p"]
    path = make(folder / "large.mp4", "-f", "lavfi", "-i", noise, "-frames:v", "900", *x264)
    sandbox, ours, theirs = Sandbox(), [], []
    table = sandbox.scan(path, None, Limits()).table
    for _ in range(RUNS):
        began = time.perf_counter()
        for _step in sandbox.verify(path, table, Limits()):
            pass
        ours.append(time.perf_counter() - began)
        judge = [
            "-threads",
            "2",
            "-i",
            str(path),
            "-map",
            "0:v:0",
            "-fps_mode",
            "passthrough",
            "-vf",
            "extractplanes=y",
        ]
        theirs.append(timed("ffmpeg", "-v", "error", *judge, "-f", "framehash", "-hash", "sha256", "-"))
    sandbox.close()
    return row("verifying decode with digests, 900 frames 1080p", "ffmpeg -f framehash", ours, theirs, 0.8)


def timed(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def row(measure: str, peer: str, ours: list[float], theirs: list[float], target: float) -> dict[str, object]:
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    return {
        "measure": measure,
        "result": f"{median(ours):.2f} s",
        "peer": f"{peer}: {median(theirs):.2f} s",
        "ratio": f"{ratio:.2f}",
        "target": f"≤ {target}",
        "met": ratio <= target,
    }


if __name__ == "__main__":
    main()
