"""An H.264 stream coded in fields (PAFF), which FFmpeg cannot encode: two packets make one frame.

Written by hand from ITU-T H.264 7.3: every macroblock is I_PCM, so that nothing has to be predicted or transformed.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from tests.e2e import numbered

WIDTH, HEIGHT = 160, 128  # whole macroblocks, also in a field


class _Bits:
    def __init__(self) -> None:
        self.text = ""

    def u(self, width: int, value: int) -> _Bits:
        self.text += f"{value:0{width}b}"
        return self

    def ue(self, *values: int) -> _Bits:
        """Exp-Golomb codes, 9.1."""
        for value in values:
            code = f"{value + 1:b}"
            self.text += "0" * (len(code) - 1) + code
        return self

    def to_bytes(self, *, stop: bool = False) -> bytes:
        text = self.text + ("1" if stop else "")
        text += "0" * (-len(text) % 8)
        return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def _nal(header: int, payload: bytes) -> bytes:
    out, zeros = bytearray([header]), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)  # emulation prevention, 7.4.1
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return b"\0\0\0\1" + bytes(out)


def _parameter_sets() -> bytes:
    sps = _Bits().u(8, 77).u(8, 0).u(8, 30).ue(0, 4, 0, 4, 1).u(1, 0).ue(WIDTH // 16 - 1, HEIGHT // 32 - 1)
    sps.u(1, 0).u(1, 0).u(1, 1).u(1, 0).u(1, 0)  # frame_mbs_only 0, mbaff 0, direct_8x8 1, no cropping, no VUI
    pps = _Bits().ue(0, 0).u(2, 0).ue(0, 0, 0).u(3, 0).ue(0, 0, 0).u(3, 0b100)
    return _nal(0x67, sps.to_bytes(stop=True)) + _nal(0x68, pps.to_bytes(stop=True))


def _field(picture: np.ndarray, number: int, bottom: int) -> bytes:
    head = _Bits().ue(0, 7, 0).u(8, 0).u(1, 1).u(1, bottom)  # I slice, frame_num 0, field_pic, bottom_field
    if not bottom:
        head.ue(number % 2)  # idr_pic_id
    head.u(8, bottom).u(*((1, 0) if bottom else (2, 0))).ue(0, 1)  # POC, reference marking, QP, no deblocking
    data = bytearray()
    lines = picture[bottom::2]
    for row in range(lines.shape[0] // 16):
        for column in range(WIDTH // 16):
            block = lines[row * 16 : row * 16 + 16, column * 16 : column * 16 + 16]
            start = head if not data else _Bits()
            data += start.ue(25).to_bytes() + block.tobytes() + b"\x80" * 128  # I_PCM
    return _nal(0x21 if bottom else 0x65, bytes(data) + b"\x80")


def make(path: Path, count: int) -> Path:
    """Write `count` numbered frames, each of two field packets."""
    stream = b"".join(
        _parameter_sets() + _field(picture, number, 0) + _field(picture, number, 1)
        for number in range(count)
        for picture in [np.clip(numbered.picture(number, WIDTH, HEIGHT), 17, 235)]
    )
    raw = path.with_suffix(".h264")
    raw.write_bytes(stream)
    subprocess.run(["ffmpeg", "-y", "-v", "error", "-r", "30", "-i", str(raw), "-c", "copy", str(path)], check=True)
    return path
