"""What a coded packet says about itself: is it a start, does it show a picture, what does WebCodecs call its codec."""

from __future__ import annotations

from collections.abc import Iterator

# ITU-T H.264 7.4.1, ITU-T H.265 7.4.2.2
_H264_IDR, _H264_SEI, _H264_SPS = 5, 6, 7
_HEVC_IRAP = range(16, 22)  # BLA, IDR, CRA: no picture after one in output order refers to one before it


def nal_length_size(codec: str, extradata: bytes) -> int:
    """Bytes of the length before each NAL unit; 0 for start codes (Annex B)."""
    if codec == "h264" and extradata[:1] == b"\x01" and len(extradata) > 6:
        return (extradata[4] & 3) + 1
    if codec == "hevc" and len(extradata) > 22 and extradata[:3] not in (b"\0\0\0", b"\0\0\1"):
        return (extradata[21] & 3) + 1
    return 0


def nal_units(data: bytes, length_size: int) -> Iterator[bytes]:
    """The NAL units of a packet, without length or start code. Stops at the first that claims too much."""
    if length_size:
        at = 0
        while at + length_size < len(data):
            size = int.from_bytes(data[at : at + length_size], "big")
            at += length_size
            if size == 0 or at + size > len(data):
                return
            yield data[at : at + size]
            at += size
        return
    at = data.find(b"\0\0\1")
    while at >= 0:
        end = data.find(b"\0\0\1", at + 3)
        unit = data[at + 3 : end if end >= 0 else len(data)].rstrip(b"\0")
        if unit:
            yield unit
        at = end


def is_start(codec: str, data: bytes, length_size: int) -> bool:
    """Whether a decoder that begins at this packet, flagged as a key frame by the container, comes out right.

    H.264: IDR, or a recovery point with recovery_frame_cnt 0 (D.2.8). An intra-refresh stream flags key frames that
    are none. The other codecs' containers may be believed.
    """
    if codec == "h264":
        for unit in nal_units(data, length_size):
            kind = unit[0] & 31
            if kind == _H264_IDR or (kind == _H264_SEI and recovery_frame_count(unit) == 0):
                return True
        return False
    if codec == "hevc":
        return any((unit[0] >> 1) & 63 in _HEVC_IRAP for unit in nal_units(data, length_size))
    if codec == "vp8":
        return bool(data) and not data[0] & 1
    return True


def is_hidden(codec: str, first: int, last: int) -> bool:
    """Whether a packet gives no picture, from its first and last byte (VP8 alt-ref; a VP9 frame with show_frame 0).

    RFC 6386 9.1; VP9 bitstream specification 6.2 and Annex B (a superframe shows one of its frames).
    """
    if codec == "vp8":
        return not first >> 4 & 1
    if codec == "vp9" and first >> 6 == 2 and first & 0x30 != 0x30 and last & 0xE0 != 0xC0:
        return not first & 0x08 and not first & 0x02
    return False


def recovery_frame_count(sei: bytes) -> int | None:
    """recovery_frame_cnt of a recovery point among the messages of an H.264 SEI NAL unit, or None."""
    data = _unescape(sei[1:])
    at = 0
    while at + 2 <= len(data) and data[at] != 0x80:
        kind, at = _sei_number(data, at)
        size, at = _sei_number(data, at)
        if kind == 6:
            return _exp_golomb(data[at : at + size])
        at += size
    return None


def _sei_number(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(data) and data[at] == 255:
        value += 255
        at += 1
    return value + (data[at] if at < len(data) else 0), at + 1


def _unescape(data: bytes) -> bytes:
    """A NAL unit's payload without its emulation prevention bytes (7.4.1)."""
    return data.replace(b"\0\0\3", b"\0\0")


def _exp_golomb(data: bytes) -> int | None:
    bits = "".join(f"{byte:08b}" for byte in data[:8])
    zeros = bits.find("1")
    return int(bits[zeros : 2 * zeros + 1], 2) - 1 if zeros >= 0 else None


def codec_string(
    codec: str, extradata: bytes, first_packet: bytes, bit_depth: int, width: int, height: int
) -> tuple[str | None, bytes | None]:
    """Codec name and description as WebCodecs wants them; (None, None) for a codec that it does not know.

    `first_packet` is one that decoding may begin at. H.264's name comes from its SPS: some avcC boxes say level 0.
    """
    length_size = nal_length_size(codec, extradata)
    if codec == "h264":
        sps = _h264_sps(extradata, first_packet, length_size)
        if sps is None:
            return None, None
        return f"avc1.{sps[1]:02x}{sps[2]:02x}{sps[3]:02x}", extradata if length_size else None
    if codec == "hevc":
        return (_hevc_name(extradata), extradata) if length_size else (None, None)
    if codec == "vp8":
        return "vp8", None
    if codec == "vp9":
        profile = (first_packet[0] >> 5 & 1) + (first_packet[0] >> 3 & 2) if first_packet else 0
        return f"vp09.{profile:02d}.{_vp9_level(width * height)}.{bit_depth:02d}", None
    if codec == "av1":
        if len(extradata) < 4 or extradata[0] != 0x81:
            return f"av01.0.13M.{bit_depth:02d}", None
        profile, level, tier = extradata[1] >> 5, extradata[1] & 31, "H" if extradata[2] >> 7 else "M"
        return f"av01.{profile}.{level:02d}{tier}.{bit_depth:02d}", extradata
    return None, None


def _h264_sps(extradata: bytes, first_packet: bytes, length_size: int) -> bytes | None:
    if length_size and extradata[5] & 31:
        size = int.from_bytes(extradata[6:8], "big")
        sps = extradata[8 : 8 + size]
        if len(sps) > 3:
            return sps
    for data, size in ((first_packet, length_size), (extradata, 0)):
        for unit in nal_units(data, size):
            if unit[0] & 31 == _H264_SPS and len(unit) > 3:
                return unit
    return None


def _hevc_name(hvcc: bytes) -> str:
    """ISO/IEC 14496-15 Annex E.3."""
    compatibility = int(f"{int.from_bytes(hvcc[2:6], 'big'):032b}"[::-1], 2)
    constraints = "".join(f".{byte:x}" for byte in hvcc[6:12].rstrip(b"\0"))
    space, tier = ("", "A", "B", "C")[hvcc[1] >> 6], "H" if hvcc[1] & 0x20 else "L"
    return f"hvc1.{space}{hvcc[1] & 31}.{compatibility:x}.{tier}{hvcc[12]}{constraints}"


def _vp9_level(pixels: int) -> int:
    """The lowest level of VP9's Annex A that holds the picture, two digits."""
    for limit, level in ((245_760, 30), (983_040, 40), (2_228_224, 41), (8_912_896, 51)):
        if pixels <= limit:
            return level
    return 61
