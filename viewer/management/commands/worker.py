"""`manage.py worker`: work on jobs in a process of its own, beside `serve --no-worker` or to help it."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from viewer.jobs.worker import Worker


class Command(BaseCommand):
    help = "Work on jobs until stopped (SIGTERM or Ctrl-C gives back what is being worked on)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        worker = Worker()
        worker.start()
        self.stdout.write("Working on jobs.")
        self.stdout.flush()
        stop.wait()
        worker.stop()
