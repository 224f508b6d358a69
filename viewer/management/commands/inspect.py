"""`manage.py inspect FILE`: what a video file is. Needs no database."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from viewer.actions.sandboxed import limits
from viewer.media.errors import MediaError
from viewer.media.frame_table import START, FrameTable
from viewer.media.reading import read_table


class Command(BaseCommand):
    help = "Report container, streams, counts, bitrate and GOP of a video."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--fast", action="store_true", help="packets only, no verifying decode")

    def handle(self, *args: Any, file: Path, fast: bool, **options: Any) -> None:
        try:
            read = read_table(file, fast=fast, limits=limits())
        except MediaError as error:
            self.stderr.write(str(error))
            raise SystemExit(2) from None
        report = {
            "verified": not fast,
            "container": read.facts["container"],
            "streams": read.facts["streams"],
            "frame_count": read.table.frame_count,
            "duration_seconds": read.facts["duration_seconds"],
            "bitrate": {"average": read.facts["bitrate"], "peak_1s": peak_bitrate(read.table)},
            "gop": gop(read.table),
            "issues": [],
        }
        if read.needs_reencode:
            report["issues"].append(
                {
                    "code": "unsupported_container",
                    "level": "critical",
                    "sentence": read.needs_reencode,
                    "fix": "Re-encode to mp4.",
                    "evidence": {"container": read.facts["container"]},
                }
            )
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        for name, value in report.items():
            self.stdout.write(f"{name}: {json.dumps(value) if isinstance(value, (dict, list)) else value}")


def peak_bitrate(table: FrameTable) -> int:
    """The most bits that are shown within any one second, from each frame's own packet."""
    span = 1 / table.time_base
    peak = total = last = 0
    for frame in range(table.frame_count):
        total += table.packet_size[table.frame_packet[frame]]
        while table.frame_pts[frame] - table.frame_pts[last] >= span:
            total -= table.packet_size[table.frame_packet[last]]
            last += 1
        peak = max(peak, total)
    return peak * 8


def gop(table: FrameTable) -> dict[str, float]:
    """Packets from one start to the next."""
    starts = [n for n, flags in enumerate(table.packet_flags) if flags & START] or [0]
    lengths = [b - a for a, b in zip(starts, [*starts[1:], table.packet_count], strict=True)]
    return {"max": max(lengths), "mean": round(sum(lengths) / len(lengths), 2)}
