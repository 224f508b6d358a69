"""Videos whose pictures carry their number, so that a test can read from the screen which one it sees.

A picture is a grid of 8 x 6 cells, black or white: a row that tells which way is up, 16 bits of the number in two rows,
a check row, and two rows of moving texture for the encoder to predict.
"""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

COLUMNS, ROWS = 8, 6
SYNC = (1, 0, 1, 1, 0, 0, 1, 0)
H264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23"]
VP9 = ["-c:v", "libvpx-vp9", "-b:v", "400k", "-cpu-used", "6", "-deadline", "realtime"]


def check_bits(number: int) -> int:
    return ((number >> 8) ^ ((number & 255) * 7) ^ 0xA5) & 255


def picture(number: int, width: int, height: int) -> np.ndarray:
    """A grey picture that carries `number` (0 to 65535)."""
    cells = np.zeros((ROWS, COLUMNS), np.uint8)
    cells[0] = SYNC
    bits = np.array([int(bit) for bit in f"{number:016b}{check_bits(number):08b}"], np.uint8)
    cells[1:4] = bits.reshape(3, 8)
    rows = np.arange(height) * ROWS // height
    columns = np.arange(width) * COLUMNS // width
    grey = np.where(cells[rows][:, columns], 235, 20).astype(np.uint8)
    top = int(np.argmax(rows >= 4))
    y, x = np.mgrid[0 : height - top, 0:width]
    grey[top:] = 128 + 90 * np.sin((x + 3 * number) / 17) * np.cos((2 * y - 2 * number) / 23)
    return grey


def make(
    path: Path, count: int, *options: str, width: int = 320, height: int = 240, rate: str = "30", first: int = 0
) -> Path:
    """Encode `count` numbered pictures with ffmpeg and the given output options."""
    _ffmpeg(
        ["-f", "rawvideo", "-pix_fmt", "gray", "-video_size", f"{width}x{height}", "-framerate", rate, "-i", "-"],
        [*("-pix_fmt", "yuv420p"), *options, str(path)],
        b"".join(picture(n, width, height).tobytes() for n in range(first, first + count)),
    )
    return path


def make_variable(path: Path, times: list[int], *options: str, width: int = 320, height: int = 240) -> Path:
    """Encode one numbered picture for each time, in ticks of 1/90000 s."""
    raw = path.with_suffix(".nut")
    with av.open(str(raw), "w", format="nut") as container:
        stream = container.add_stream("rawvideo", rate=90_000)
        stream.width, stream.height, stream.pix_fmt = width, height, "gray"
        stream.codec_context.time_base = Fraction(1, 90_000)
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(number, width, height), format="gray")
            frame.pts, frame.time_base = time, Fraction(1, 90_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    _ffmpeg(
        ["-i", str(raw)],
        ["-fps_mode", "passthrough", "-enc_time_base", "1/90000", "-pix_fmt", "yuv420p", *options, str(path)],
    )
    raw.unlink()
    return path


def moving(path: Path, count: int, size: str = "1280x720") -> Path:
    """Encode `count` larger pictures without numbers, fast: for what takes a while to read."""
    _ffmpeg(["-f", "lavfi", "-i", f"testsrc2=s={size}:r=30"], ["-frames:v", str(count), *H264, str(path)])
    return path


def cut(source: Path, path: Path, start_seconds: float) -> Path:
    """Copy `source` from `start_seconds` on without encoding: frames before it stay in the file, hidden by an edit list."""
    _ffmpeg(["-ss", str(start_seconds), "-i", str(source)], ["-c", "copy", str(path)])
    return path


def damage(source: Path, path: Path, packets: list[int]) -> Path:
    """Copy `source` with the second half of some packets overwritten."""
    data = bytearray(source.read_bytes())
    noise = np.random.default_rng(5)
    with av.open(str(source)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    for number in packets:
        position, size = places[number]
        data[position + size // 2 : position + size] = noise.bytes(size - size // 2)
    path.write_bytes(data)
    return path


def read_number(grey: np.ndarray) -> int | None:
    """The number of an upright picture, or None if it cannot be read."""
    height, width = grey.shape
    if height < 60 or width < 60:
        return None
    bits = []
    for row in range(4):
        for column in range(COLUMNS):
            y, x = int((row + 0.5) * height / ROWS), int((column + 0.5) * width / COLUMNS)
            bits.append(int(grey[y - 2 : y + 3, x - 2 : x + 3].mean() > 128))
    if tuple(bits[:8]) != SYNC:
        return None
    number = int("".join(map(str, bits[8:24])), 2)
    return number if int("".join(map(str, bits[24:])), 2) == check_bits(number) else None


def _ffmpeg(before: list[str], after: list[str], data: bytes | None = None) -> None:
    subprocess.run(["ffmpeg", "-y", "-v", "error", *before, *after], input=data, check=True, capture_output=True)
