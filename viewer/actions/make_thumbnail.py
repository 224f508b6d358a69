"""Make the small picture by which people recognise a video."""

from __future__ import annotations

import secrets

from viewer.actions.read_table import read_table
from viewer.actions.sandboxed import sandbox
from viewer.media.frame_table import FrameTable
from viewer.models import FrameTableRow

WIDTH = 320  # pixels


def make_thumbnail(row: FrameTableRow, table: FrameTable | None = None) -> bytes:
    """Return the JPEG and keep it. It shows a frame a tenth into the video, since many begin black.

    Raises MediaError if that frame cannot be decoded.
    """
    table = table or read_table(row)
    jpeg = sandbox().thumbnail(row.file.path, table, table.frame_count // 10, WIDTH)
    path = row.file.derived / "thumbnail.jpg"
    temporary = path.with_name(f"thumbnail.{secrets.token_hex(4)}")
    temporary.write_bytes(jpeg)
    temporary.replace(path)
    return jpeg
