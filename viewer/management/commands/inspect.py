"""`manage.py inspect FILE`: what a video file is. Needs no database."""

from __future__ import annotations

import json
from typing import Any

from viewer.management.read_file_command import ReadFileCommand
from viewer.media.frame_table import START, FrameTable
from viewer.media.reading import Reading


class Command(ReadFileCommand):
    help = "Report container, streams, counts, bitrate and GOP of a video."

    def describe(self, reading: Reading) -> dict[str, Any]:
        facts = reading.facts
        report: dict[str, Any] = {
            "verified": reading.digests is not None,
            "container": facts["container"],
            "streams": facts["streams"],
            "frame_count": reading.table.frame_count,
            "duration_seconds": facts["duration_seconds"],
            "bitrate": {"average": facts["bitrate"], "peak_1s": peak_bitrate(reading.table)},
            "gop": gop(reading.table),
            "issues": [],
        }
        if reading.needs_reencode:
            report["issues"].append(
                {
                    "code": "unsupported_container",
                    "level": "critical",
                    "sentence": reading.needs_reencode,
                    "fix": "Re-encode to mp4.",
                    "evidence": {"container": facts["container"]},
                }
            )
        return report

    def say(self, report: dict[str, Any]) -> None:
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
