"""What lies in the data folder and belongs to nothing."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from viewer.models import FrameTableRow, StoredFile


def leftovers() -> set[str]:
    """Files of `uploads`, `files` and `derived` that are neither an original nor made from one, and folders of none."""
    known = {path for file in StoredFile.objects.all() for path in (file.path, file.derived, *_folders(file.derived))}
    known |= {file.derived / "thumbnail.jpg" for file in StoredFile.objects.all()}
    for row in FrameTableRow.objects.select_related("file"):
        known |= {row.frames_path, row.digests_path, row.side_path}
    top: Path = settings.DATA_DIR
    found = {path for folder in ("uploads", "files", "derived") for path in (top / folder).rglob("*")}
    return {path.relative_to(top).as_posix() for path in found - known}


def _folders(derived: Path) -> set[Path]:
    return {derived / "table", derived / "side"}
