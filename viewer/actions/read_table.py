"""A frame table in memory, as its file has it."""

from functools import lru_cache
from pathlib import Path

from viewer.media.frame_table import FrameTable
from viewer.models import FrameTableRow


def read_table(row: FrameTableRow) -> FrameTable:
    """The table's frames. The last few are kept: files never change. Raises MediaError `bad_table`."""
    return _read(row.frames_path)


@lru_cache(maxsize=4)  # some 6 MB each at 100,000 frames
def _read(path: Path) -> FrameTable:
    return FrameTable.from_bytes(path.read_bytes())
