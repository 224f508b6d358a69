"""`manage.py frames FILE`: every frame of a video, as the labels know it. Needs no database."""

from __future__ import annotations

from typing import Any

from viewer.management.read_file_command import ReadFileCommand
from viewer.media.frame_table import digest_at
from viewer.media.reading import Reading


class Command(ReadFileCommand):
    help = "List the frames of a video with PTS, seconds, start of decoding and digest."

    def describe(self, reading: Reading) -> dict[str, Any]:
        table, digests = reading.table, reading.digests
        frame_of = {packet: frame for frame, packet in enumerate(table.frame_packet)}
        frames = []
        for frame in range(table.frame_count):
            start = table.start_of(frame)
            frames.append(
                {
                    "frame": frame,
                    "pts": table.frame_pts[frame],
                    "seconds": float(table.seconds(frame)),
                    "gop_start": frame_of.get(start) if start is not None else None,
                    "digest": digest_at(digests, frame) if digests is not None else None,
                }
            )
        ratio = table.sample_aspect_ratio
        return {
            "frame_count": table.frame_count,
            "time_base": f"{table.time_base.numerator}/{table.time_base.denominator}",
            "verified": digests is not None,
            "codec": table.codec,
            "width": table.width,
            "height": table.height,
            "rotation": table.rotation,
            "sample_aspect_ratio": f"{ratio.numerator}:{ratio.denominator}",
            "frames": frames,
        }

    def say(self, report: dict[str, Any]) -> None:
        self.stdout.write(f"{report['frame_count']} frames, {'verified' if report['verified'] else 'provisional'}")
        for row in report["frames"]:
            self.stdout.write(f"{row['frame']:>7} {row['pts']:>12} {row['seconds']:>14.6f} {row['digest'] or ''}")
