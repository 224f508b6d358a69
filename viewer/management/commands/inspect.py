"""`manage.py inspect FILE`: what a video file is. Needs no database."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import Any

from viewer.management.read_file_command import ReadFileCommand
from viewer.media.frame_table import START, UNCLEAN, FrameTable
from viewer.media.reading import Reading

MOST_NAMED = 100  # frames in the evidence


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
        if damaged := [n for n, flags in enumerate(reading.table.frame_flags) if flags & UNCLEAN]:
            many = f"{len(damaged):,} frames have" if len(damaged) > 1 else "1 frame has"
            report["issues"].append(
                {
                    "code": "corrupt_frames",
                    "level": "warning",
                    "sentence": f"{many} no clean picture: the file is damaged there. They can be seen, not labelled.",
                    "fix": "Get the file again from where it was made; what is lost cannot be restored.",
                    "evidence": {"count": len(damaged), "frames": damaged[:MOST_NAMED]},
                }
            )
        return report

    def say(self, report: dict[str, Any]) -> None:
        for name, value in report.items():
            if not isinstance(value, list):
                words = ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else value
                self.stdout.write(f"{name}: {words}")
        for stream in report["streams"]:
            self.stdout.write(f"stream {stream['index']}: {stream['type']}, {stream['codec'] or 'unknown codec'}")
        for issue in report["issues"]:
            self.stdout.write(f"{issue['level']}: {issue['sentence']} {issue['fix']} ({issue['code']})")


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
    """Frames from one start to the next."""
    starts = [n for n, flags in enumerate(table.packet_flags) if flags & START] or [0]
    packets = sorted(table.frame_packet)
    edges = [0, *(bisect_left(packets, start) for start in starts[1:]), len(packets)]
    lengths = [b - a for a, b in pairwise(edges)]
    return {"max": max(lengths), "mean": round(sum(lengths) / len(lengths), 2)}
