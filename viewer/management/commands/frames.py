"""`manage.py frames FILE`: every frame of a video, as the labels know it. Needs no database."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from viewer.actions.sandboxed import limits
from viewer.media.errors import MediaError
from viewer.media.frame_table import DIGEST_SIZE, FrameTable
from viewer.media.reading import read_table


class Command(BaseCommand):
    help = "List the frames of a video with PTS, seconds, start of decoding and digest."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--fast", action="store_true", help="packets only, no verifying decode, no digests")

    def handle(self, *args: Any, file: Path, fast: bool, **options: Any) -> None:
        try:
            read = read_table(file, fast=fast, limits=limits())
        except MediaError as error:
            self.stderr.write(str(error))
            raise SystemExit(2) from None
        report = describe(read.table, read.digests)
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        self.stdout.write(f"{report['frame_count']} frames, {'verified' if report['verified'] else 'provisional'}")
        for row in report["frames"]:
            self.stdout.write(f"{row['frame']:>7} {row['pts']:>12} {row['seconds']:>14.6f} {row['digest'] or ''}")


def describe(table: FrameTable, digests: bytes | None) -> dict[str, Any]:
    """The report; `digests` None says that nothing was decoded."""
    packet_frame = {packet: frame for frame, packet in enumerate(table.frame_packet)}
    frames = []
    for frame in range(table.frame_count):
        start = table.start_of(frame)
        digest = digests[frame * DIGEST_SIZE : (frame + 1) * DIGEST_SIZE].hex() if digests is not None else None
        frames.append(
            {
                "frame": frame,
                "pts": table.frame_pts[frame],
                "seconds": float(table.seconds(frame)),
                "gop_start": packet_frame.get(start) if start is not None else None,
                "digest": digest,
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
