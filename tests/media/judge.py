"""FFmpeg's command line as the judge of what the frames of a file are."""

import subprocess
from pathlib import Path

import av


def framehashes(path: Path, stream_index: int) -> list[tuple[int, str]]:
    """PTS and SHA-256 of plane 0 (16 bytes, hex) of every frame, as `ffmpeg -f framehash` prints them."""
    with av.open(str(path)) as container:
        number = [stream.index for stream in container.streams.video].index(stream_index)
    command = ["ffmpeg", "-v", "error", "-noautorotate", "-i", f"file:{path}", "-map", f"0:v:{number}"]
    command += ["-fps_mode", "passthrough", "-vf", "extractplanes=y", "-f", "framehash", "-hash", "sha256", "-"]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    rows = [line.split(",") for line in lines if line and not line.startswith("#")]
    return [(int(row[2]), row[-1].strip()[:32]) for row in rows]
