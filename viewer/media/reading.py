"""Reads one file from beginning to end without a database: for the command line and for checks."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.media.errors import MediaError
from viewer.media.frame_table import FrameTable
from viewer.media.sandbox import Limits, Sandbox, Verified


@dataclass(frozen=True, slots=True)
class Reading:
    table: FrameTable
    digests: bytes | None  # None: nothing was decoded
    facts: dict[str, Any]
    needs_reencode: str | None


def read_video(path: Path, *, fast: bool = False, limits: Limits | None = None) -> Reading:
    """Scan and, unless `fast`, verify. Raises MediaError, also for what is no file."""
    if not path.is_file():
        raise MediaError("no_file", f"There is no file {path}.")
    limits = limits or Limits()
    sandbox = Sandbox()
    try:
        with tempfile.TemporaryDirectory(prefix="onframe-") as folder:
            scan = sandbox.scan(path, Path(folder) / "side", limits)
        if fast:
            return Reading(scan.table, None, scan.facts, scan.needs_reencode)
        verified = None
        for step in sandbox.verify(path, scan.table, limits):
            verified = step
        assert isinstance(verified, Verified)
        return Reading(verified.table, verified.digests, scan.facts, scan.needs_reencode)
    finally:
        sandbox.close()
