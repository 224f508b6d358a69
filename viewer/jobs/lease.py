"""Who works on a job: a lease that must be renewed, and a token that every write of the holder names.

A holder that dies is replaced: at once when its lock file shows that its process has ended, after the lease
otherwise. One that was only paused finds its writes refused.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from viewer.models import Job

log = logging.getLogger("onframe.jobs")

LEASE = timedelta(seconds=60)
HEARTBEAT_SECONDS = 20
MAX_ATTEMPTS = 3
BACK_OFF_SECONDS = 5  # doubled at each attempt
PROGRESS_SECONDS = 1  # at most one write of progress in that time


class LeaseLost(Exception):
    """Somebody else works on the job now, or nobody is to: it was cancelled."""


class Holder:
    """A process that works on jobs. It holds a lock on a file for as long as it lives, however it ends."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(4)
        folder = settings.DATA_DIR / "holders"
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / self.id
        self._descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def _ended(holder_id: str) -> bool:
    """Whether the process is known to have ended. One on another machine leaves no file here: then the
    lease decides."""
    path: Path = settings.DATA_DIR / "holders" / holder_id
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)


def release_orphans(holder: Holder) -> None:
    """Queue again what holders that have ended were working on. The attempt counts: the job may be what ended them."""
    running = Job.objects.filter(state=Job.RUNNING).exclude(token__startswith=holder.id)
    ended: dict[str, bool] = {}  # asked once each: a holder may have had a job in each lane
    for pk, token in running.values_list("pk", "token"):
        held = Job.objects.filter(pk=pk, state=Job.RUNNING, token=token)
        if token[:8] not in ended:
            ended[token[:8]] = _ended(token[:8])
        if ended[token[:8]] and held.update(state=Job.QUEUED, token="", lease_until=None, not_before=None):
            log.info("Job %d is taken up again: the process that worked on it has ended", pk)


def claim(holder: Holder, kinds: Iterable[str], key: str | None = None) -> Lease | None:
    """Take the next job that may begin, or whose lease has run out."""
    now = timezone.now()
    waiting = Q(state=Job.QUEUED) & (Q(not_before=None) | Q(not_before__lte=now))
    jobs = Job.objects.filter(waiting | Q(state=Job.RUNNING, lease_until__lt=now), kind__in=list(kinds))
    if key is not None:
        jobs = jobs.filter(key=key)
    for job in jobs.order_by("-priority", "id")[:5]:
        token = holder.id + secrets.token_hex(12)
        # The condition is what makes it ours: of several who try, one changes the row.
        unchanged = Job.objects.filter(pk=job.pk, state=job.state, token=job.token, attempt=job.attempt)
        lease_until = timezone.now() + LEASE
        if unchanged.update(state=Job.RUNNING, token=token, attempt=job.attempt + 1, lease_until=lease_until):
            job.state, job.token, job.attempt = Job.RUNNING, token, job.attempt + 1
            return Lease(job)
    return None


class Lease:
    """The right to work on one job. Every write that the work makes goes through `fence`."""

    def __init__(self, job: Job):
        self.job = job
        self.lost = False
        self._stop = threading.Event()
        self._began = time.monotonic()
        self._began_at = job.progress
        self._told = 0.0

    @property
    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job.pk, token=self.job.token, state=Job.RUNNING)

    @property
    def exhausted(self) -> bool:
        """Whether it has failed, or ended its process, often enough."""
        return self.job.attempt > MAX_ATTEMPTS

    @contextmanager
    def fence(self) -> Iterator[None]:
        """A transaction that commits only while the job is ours. Raises LeaseLost otherwise."""
        with transaction.atomic():
            # Written first, so that the row stays ours until the commit.
            if not self._mine.update(lease_until=timezone.now() + LEASE):
                self.lost = True
                raise LeaseLost
            yield

    def renew(self) -> None:
        """Called from another thread while the work goes on."""
        if not self._mine.update(lease_until=timezone.now() + LEASE):
            self.lost = True

    def stop(self) -> None:
        """Ask the work to end: the process is shutting down."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def check(self) -> None:
        """To be called often. Raises LeaseLost when there is no point in going on."""
        if self.lost or self.stopping:
            raise LeaseLost

    def tell_progress(self, fraction: float) -> float | None:
        """Note that `fraction` (0 to 1) of the work is done. Return the seconds that are left, None while
        it is too early."""
        self.check()
        elapsed = time.monotonic() - self._began
        seconds_left = elapsed * (1 - fraction) / fraction if fraction > 0 and elapsed > 0.5 else None
        if time.monotonic() - self._told >= PROGRESS_SECONDS:
            self._told = time.monotonic()
            # Started again, it does not go back: what was proved stays proved.
            values: dict[str, Any] = {"progress": max(fraction, self._began_at), "seconds_left": seconds_left}
            if fraction > self._began_at + 0.01:
                values["attempt"] = self.job.attempt = 1  # it got further than before, so it is not what ended them
            if not self._mine.update(**values):
                self.lost = True
                raise LeaseLost
        return seconds_left

    def done(self) -> None:
        self._mine.update(state=Job.DONE, progress=1, seconds_left=None, finished_at=timezone.now(), token="")

    def failed(self, sentence: str) -> None:
        """For good."""
        self._mine.update(state=Job.FAILED, error=sentence, finished_at=timezone.now(), token="")

    def retry(self, sentence: str) -> None:
        wait = timedelta(seconds=BACK_OFF_SECONDS * 2 ** (self.job.attempt - 1))
        self._mine.update(state=Job.QUEUED, error=sentence, not_before=timezone.now() + wait, token="")

    def release(self) -> None:
        """Give it back untouched: this attempt does not count."""
        with suppress(Job.DoesNotExist):
            self._mine.update(
                state=Job.QUEUED,
                token="",
                lease_until=None,
                not_before=None,
                attempt=max(self.job.attempt - 1, 0),
            )
