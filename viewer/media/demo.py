"""Makes the three short videos of the demo, each with something that moves and is worth a label.

They are odd on purpose: a constant rate; a variable rate with sound; a long GOP cut with an edit list.
"""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import av.filter
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

WIDTH, HEIGHT = 960, 540
_ROAD, _WHEEL = (0.35, 0.35, 0.35), (0.1, 0.1, 0.1)
_CAR, _BALL, _BOX = (0.84, 0.37, 0.0), (0.0, 0.45, 0.7), (0.0, 0.62, 0.45)


def make(folder: Path) -> list[Path]:
    """Write the videos into `folder` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    crossing, ball, belt = folder / "crossing.mp4", folder / "bouncing ball.mp4", folder / "conveyor cut.mp4"
    _encode(crossing, [n * 3000 for n in range(240)], _crossing, gop=48)
    _encode(ball, _uneven(220), _ball, gop=60, sound=True)
    whole = folder / "whole.mp4"
    _encode(whole, [n * 3600 for n in range(300)], _belt, gop=250)
    _cut(whole, belt, seconds=Fraction(5, 2))
    whole.unlink()
    return [crossing, ball, belt]


def _uneven(count: int) -> list[int]:
    """Time stamps of a camera that writes as fast as it can, in 1/90000 s."""
    stamps, at = [], 0
    for n in range(count):
        stamps.append(at)
        at += (1500, 3000, 3003, 4500, 9000, 2700)[(n * 7 + n // 5) % 6]
    return stamps


def _encode(path: Path, stamps: list[int], scene: object, *, gop: int, sound: bool = False) -> None:
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        x264 = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=2"
        video = out.add_stream("libx264", rate=30, options={"preset": "veryfast", "crf": "23", "x264-params": x264})
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.time_base = video.time_base = Fraction(1, 90_000)
        audio = out.add_stream("aac", rate=48_000, layout="mono") if sound else None
        background = _Canvas.background()
        for n, stamp in enumerate(stamps):
            canvas = _Canvas(bytearray(background))
            scene(canvas, n, len(stamps))  # type: ignore[operator]
            frame = canvas.frame()
            frame.pts, frame.time_base = stamp, Fraction(1, 90_000)
            for packet in video.encode(frame):
                out.mux(packet)
        for packet in video.encode(None):
            out.mux(packet)
        if audio is not None:
            assert isinstance(audio, AudioStream)
            _hum(out, audio, seconds=stamps[-1] / 90_000)


def _hum(out: av.container.OutputContainer, stream: AudioStream, seconds: float) -> None:
    size = 1024
    for start in range(0, int(seconds * 48_000), size):
        frame = av.AudioFrame(format="s16", layout="mono", samples=size)
        wave = (int(1500 * math.sin((start + k) * 2 * math.pi * 220 / 48_000)) for k in range(size))
        frame.planes[0].update(b"".join(value.to_bytes(2, "little", signed=True) for value in wave))
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        for packet in stream.encode(frame):
            out.mux(packet)
    for packet in stream.encode(None):
        out.mux(packet)


def _cut(source: Path, target: Path, seconds: Fraction) -> None:
    """Copy from `seconds` on without encoding: the pictures before it stay in the file, hidden by an edit list."""
    with av.open(str(source)) as given, av.open(str(target), "w") as out:
        stream = given.streams.video[0]
        copy = out.add_stream_from_template(stream)
        assert stream.time_base is not None
        offset = int(seconds / stream.time_base)
        for packet in given.demux(stream):
            if packet.dts is None or packet.pts is None:
                continue
            packet.pts -= offset
            packet.dts -= offset
            packet.stream = copy
            out.mux(packet)


class _Canvas:
    """A yuv420p picture that rectangles and discs are drawn into, with nothing but bytes."""

    def __init__(self, luma: bytearray) -> None:
        self.luma = luma
        self.chroma = {1: bytearray(b"\x80" * (WIDTH * HEIGHT // 4)), 2: bytearray(b"\x80" * (WIDTH * HEIGHT // 4))}

    @staticmethod
    def background() -> bytes:
        rows = []
        for y in range(HEIGHT):
            shade = 200 - y // 6
            row = bytearray([shade]) * WIDTH
            if y % 60 < 2:
                row = bytearray([shade - 14]) * WIDTH
            for x in range(0, WIDTH, 60):
                row[x : x + 2] = bytes([shade - 14]) * 2
            rows.append(bytes(row))
        return b"".join(rows)

    def rectangle(self, x: float, y: float, width: float, height: float, colour: tuple[float, float, float]) -> None:
        left, right = max(0, int(x)) & ~1, min(WIDTH, int(x + width)) & ~1
        if right <= left:
            return
        luma, u, v = _yuv(colour)
        for row in range(max(0, int(y)) & ~1, min(HEIGHT, int(y + height)) & ~1):
            self.luma[row * WIDTH + left : row * WIDTH + right] = bytes([luma]) * (right - left)
            if not row % 2:
                at, span = row // 2 * (WIDTH // 2) + left // 2, (right - left) // 2
                self.chroma[1][at : at + span] = bytes([u]) * span
                self.chroma[2][at : at + span] = bytes([v]) * span

    def disc(self, x: float, y: float, radius: float, colour: tuple[float, float, float]) -> None:
        for row in range(int(y - radius), int(y + radius), 2):
            half = math.sqrt(max(0.0, radius**2 - (row + 1 - y) ** 2))
            self.rectangle(x - half, row, 2 * half, 2, colour)

    def frame(self) -> av.VideoFrame:
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, data in zip(frame.planes, (self.luma, self.chroma[1], self.chroma[2]), strict=True):
            width = plane.width
            rows = (data[at : at + width].ljust(plane.line_size, b"\0") for at in range(0, len(data), width))
            plane.update(b"".join(rows))
        return frame


def _yuv(colour: tuple[float, float, float]) -> tuple[int, int, int]:
    """BT.601, limited range: what a player takes an untagged picture of this size for."""
    r, g, b = colour
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    return round(16 + 219 * luma), round(128 + 224 * (b - luma) / 1.772), round(128 + 224 * (r - luma) / 1.402)


def _crossing(canvas: _Canvas, n: int, count: int) -> None:
    canvas.rectangle(0, 330, WIDTH, 120, _ROAD)
    x = 30 + (WIDTH - 90) * (n / count) ** 1.3
    canvas.rectangle(x, 330, 170, 60, _CAR)
    canvas.rectangle(x + 36, 300, 90, 32, _CAR)
    for wheel in (x + 38, x + 132):
        canvas.disc(wheel, 392, 20, _WHEEL)


def _ball(canvas: _Canvas, n: int, count: int) -> None:
    canvas.rectangle(0, 470, WIDTH, 70, _ROAD)
    x = 60 + (WIDTH - 120) * abs((n / 70) % 2 - 1)
    y = 440 - abs(math.sin(n / 9)) * 300
    canvas.disc(x, y, 34, _BALL)


def _belt(canvas: _Canvas, n: int, count: int) -> None:
    canvas.rectangle(0, 360, WIDTH, 40, _ROAD)
    for k in range(6):
        x = (n * 5 + k * 230) % (WIDTH + 400) - 200
        canvas.rectangle(x, 280 + 12 * math.sin(k), 90, 80, _BOX if k % 2 else _CAR)
