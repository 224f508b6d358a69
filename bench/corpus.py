"""The numbered videos of the tests as files in a folder: one for every known pitfall."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.media.test_video import FILES


def make_corpus(folder: Path) -> Path:
    """Make what is not there yet; return `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        stem = re.sub(r"\W+", "_", name)
        if list(folder.glob(f"{stem}.*")):
            continue
        with tempfile.TemporaryDirectory(prefix="onframe-bench-") as scratch:
            made = make(Path(scratch))
            (folder / f"{stem}{made.suffix}").write_bytes(made.read_bytes())
    return folder
