"""`manage.py verify`: is every label on the frame that its author saw? Exits with 1 if one is not."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from viewer.actions.sandboxed import close_sandbox
from viewer.actions.verify_labels import UnitVerdict, verify_labels
from viewer.models import Dataset, DataUnit


class Command(BaseCommand):
    help = "Decode the videos and check every label against the digest, PTS and packet of its frame."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--dataset", help="id or title; without it, all datasets")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *args: Any, dataset: str | None, **options: Any) -> None:
        units = DataUnit.objects.select_related("file", "table__file", "dataset").order_by("dataset_id", "id")
        if dataset is not None:
            named = Dataset.objects.named(dataset)
            if named is None:
                raise CommandError(f"There is no dataset “{dataset}”.")
            units = units.filter(dataset=named)
        reports, labels, failed = [], 0, 0
        try:
            for verdict in verify_labels(units.one_by_one()):
                labels += len(verdict.verdicts)
                failed += len(verdict.failed)
                if options["json"]:
                    reports.append(_report(verdict))
                else:
                    self._say(verdict)
        finally:
            close_sandbox()
        if options["json"]:
            self.stdout.write(
                json.dumps({"labels": labels, "proved": labels - failed, "failed": failed, "data_units": reports})
            )
        else:
            self.stdout.write(f"{labels} labels: {labels - failed} proved, {failed} not")
        if failed:
            raise SystemExit(1)

    def _say(self, verdict: UnitVerdict) -> None:
        unit, failed = verdict.data_unit, verdict.failed
        count = len(verdict.verdicts)
        self.stdout.write(f"{unit.dataset.title} / {unit.title}: {count - len(failed)} of {count} proved")
        for each in failed:
            self.stdout.write(f"  not proved: {each.kind} {each.record} on frame {each.frame}: {each.reason}")


def _report(verdict: UnitVerdict) -> dict[str, Any]:
    unit = verdict.data_unit
    return {
        "id": unit.pk,
        "title": unit.title,
        "dataset": unit.dataset_id,
        "sha256": unit.file_id,
        "labels": [asdict(each) | {"proved": each.reason is None} for each in verdict.verdicts],
    }
