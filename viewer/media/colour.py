"""How a decoded picture becomes RGB: one rule for server and browser."""

from __future__ import annotations

import av
from av.video.reformatter import ColorRange, Colorspace

from viewer.media.frame_table import Colour

_MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020-ncl"}
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 12: "smpte432"}
_TRANSFERS = {1: "bt709", 6: "smpte170m", 8: "linear", 13: "iec61966-2-1", 16: "pq", 18: "hlg"}


def colour_of(frame: av.VideoFrame) -> Colour:
    """What the stream says, and where it says nothing what players assume: BT.709 for HD, BT.601 below."""
    hd = frame.width >= 1280 or frame.height > 576
    default = "bt709" if hd else "smpte170m"
    rgb = frame.format.is_rgb
    return Colour(
        matrix="rgb" if rgb else _MATRICES.get(int(frame.colorspace), default),
        primaries=_PRIMARIES.get(int(frame.color_primaries), default),
        transfer=_TRANSFERS.get(int(frame.color_trc), default),
        full_range=rgb or frame.format.name.startswith("yuvj") or int(frame.color_range) == int(ColorRange.JPEG),
    )


_SWS_MATRICES = {
    "bt709": Colorspace.ITU709,
    "bt470bg": Colorspace.ITU601,
    "smpte170m": Colorspace.ITU601,
    "bt2020-ncl": Colorspace.BT2020,
}


def to_rgb(frame: av.VideoFrame, colour: Colour, width: int | None = None, height: int | None = None) -> av.VideoFrame:
    if colour.matrix == "rgb":
        return frame.reformat(width, height, "rgb24")
    return frame.reformat(
        width,
        height,
        "rgb24",
        src_colorspace=_SWS_MATRICES[colour.matrix],
        dst_colorspace=_SWS_MATRICES[colour.matrix],
        src_color_range=ColorRange.JPEG if colour.full_range else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
