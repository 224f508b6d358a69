"""What goes between the sandbox and its children: JSON and bytes behind their lengths, never code."""

from __future__ import annotations

import json
import struct
from typing import Any, Protocol

_LENGTHS = struct.Struct("=II")  # of the JSON and of the bytes that follow it


class Channel(Protocol):
    def sendall(self, data: bytes, /) -> None: ...

    def recv_into(self, buffer: memoryview, /) -> int: ...


def send(channel: Channel, answer: dict[str, Any], blob: bytes = b"") -> None:
    header = json.dumps(answer).encode()
    channel.sendall(_LENGTHS.pack(len(header), len(blob)) + header)
    channel.sendall(blob)


def receive(channel: Channel) -> tuple[str, dict[str, Any], bytes]:
    """What kind of answer, the answer, its bytes. Raises EOFError for the end and for anything malformed."""
    lengths = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size))
    if lengths[0] > 1 << 20 or lengths[1] > 1 << 30:
        raise EOFError
    try:
        answer = json.loads(_exactly(channel, lengths[0]))
    except ValueError:
        raise EOFError from None
    return answer.pop("kind", ""), answer, _exactly(channel, lengths[1])


def _exactly(channel: Channel, size: int) -> bytes:
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        got = channel.recv_into(view[at:])
        if not got:
            raise EOFError
        at += got
    return bytes(data)
