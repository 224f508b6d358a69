"""What the commands about one video file on this machine's disk share. They need no database."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from viewer.actions.sandboxed import limits
from viewer.media.errors import MediaError
from viewer.media.reading import Reading, read_video


class ReadFileCommand(BaseCommand):
    """Reads the file that is named and prints a report of it. Exits with 2, and a sentence, if it cannot be read."""

    requires_system_checks = []

    def describe(self, reading: Reading) -> dict[str, Any]:
        """The report, as JSON values."""
        raise NotImplementedError

    def say(self, report: dict[str, Any]) -> None:
        """Print the report for people."""
        raise NotImplementedError

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--fast", action="store_true", help="packets only: no verifying decode, no digests")

    def handle(self, *args: Any, file: Path, fast: bool, **options: Any) -> None:
        try:
            reading = read_video(file, fast=fast, limits=limits())
        except MediaError as error:
            self.stderr.write(str(error))
            raise SystemExit(2) from None
        report = self.describe(reading)
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self.say(report)
