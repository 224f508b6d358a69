"""Threads that work on jobs: within the server, or in a process of their own (`manage.py worker`)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import DatabaseError, close_old_connections, connection, connections

from viewer.actions import enqueue
from viewer.actions.rebuild_tables import rebuild_tables
from viewer.actions.sandboxed import close_sandbox, sandbox
from viewer.actions.sweep import sweep
from viewer.jobs.kinds import KINDS, LANES
from viewer.jobs.lease import (
    HEARTBEAT_SECONDS,
    MAX_ATTEMPTS,
    Holder,
    Lease,
    LeaseLost,
    claim,
    release_orphans,
)
from viewer.media.errors import MediaError
from viewer.models import FrameTableRow

log = logging.getLogger("onframe.jobs")

LOOK_SECONDS = 1  # jobs of this process wake it at once; those of others are found at the next look
ORPHANS_SECONDS = 5
SWEEP_SECONDS = 600
CHECKPOINT_SECONDS = 5


class Worker:
    def __init__(self) -> None:
        self.holder = Holder()
        self._stopping = threading.Event()
        self._wakes = [threading.Event() for _ in LANES]
        self._leases: set[Lease] = set()
        self._threads = [
            threading.Thread(target=self._work, args=(kinds, wake), name=f"jobs {kinds[0]}", daemon=True)
            for kinds, wake in zip(LANES, self._wakes, strict=True)
        ]
        self._threads.append(threading.Thread(target=self._keep, name="jobs lease", daemon=True))

    def start(self) -> None:
        enqueue.wakes.append(self.wake)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        for wake in self._wakes:
            wake.set()

    def stop(self, seconds: float = 10) -> None:
        """Give back what is being worked on and end, within about `seconds`."""
        enqueue.wakes.remove(self.wake)
        self._stopping.set()
        for lease in list(self._leases):
            lease.stop()
        self.wake()
        close_sandbox()  # ends the decode that a thread may be waiting for
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.1))
        for lease in list(self._leases):
            lease.release()
        self.holder.close()

    def _work(self, kinds: Sequence[str], wake: threading.Event) -> None:
        try:
            while not self._stopping.is_set():
                wake.clear()
                try:
                    close_old_connections()
                    lease = claim(self.holder, kinds)
                except DatabaseError:
                    log.exception("Jobs cannot be read; trying again")
                    lease = None
                if lease is None:
                    wake.wait(LOOK_SECONDS)
                else:
                    self._leases.add(lease)
                    try:
                        run(lease)
                    finally:
                        self._leases.discard(lease)
        finally:
            connections.close_all()

    def _keep(self) -> None:
        """Renew the leases, take over from the dead, sweep, keep the database's log short."""
        renewed = orphans = swept = shortened = -1e9
        upgraded = False
        try:
            while not self._stopping.is_set():
                now = time.monotonic()
                try:
                    if not upgraded:
                        _after_upgrade()
                        upgraded = True
                    if now - renewed >= HEARTBEAT_SECONDS:
                        renewed = now
                        for lease in list(self._leases):
                            lease.renew()
                    if now - orphans >= ORPHANS_SECONDS:
                        orphans = now
                        release_orphans(self.holder)
                    if now - swept >= SWEEP_SECONDS:
                        swept = now
                        sweep()
                    if now - shortened >= CHECKPOINT_SECONDS:
                        shortened = now
                        checkpoint()
                except (DatabaseError, OSError, MediaError):
                    log.exception("Housekeeping failed; trying again")
                self._stopping.wait(1)
        finally:
            connections.close_all()


def _after_upgrade() -> None:
    if not FrameTableRow.objects.exists():
        return  # the sandbox need not be started for that
    if count := rebuild_tables(sandbox().libraries()):
        log.info("The frame tables of %d files are built again, by the rules and the FFmpeg of this version.", count)


def checkpoint() -> None:
    """Bring what SQLite has in its write-ahead log into the database, without holding up readers or writers. Costs
    nothing if there is nothing; left to SQLite, every fourth large save waits for it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def beating(lease: Lease) -> Iterator[None]:
    """Renew a lease while its job runs in this thread, for whoever has no `Worker`."""
    done = threading.Event()

    def beat() -> None:
        try:
            while not done.wait(HEARTBEAT_SECONDS):
                lease.renew()
        finally:
            connections.close_all()

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def run(lease: Lease) -> None:
    """Do one job, and write down how it ended. Raises nothing."""
    job, kind = lease.job, KINDS[lease.job.kind]
    try:
        if lease.exhausted:
            _fail(lease, "read_failed", f"The server was stopped {MAX_ATTEMPTS} times while it worked on this.")
            return
        kind.run(lease)
        lease.done()
    except LeaseLost:
        if lease.stopping:
            lease.release()
    except MediaError as error:
        # The file is what it is: trying again would change nothing.
        if lease.stopping:
            lease.release()
        elif error.code == "sandbox_unavailable" and job.attempt < MAX_ATTEMPTS:
            close_sandbox()  # the next attempt starts another
            lease.retry(str(error))
        else:
            _fail(lease, error.code, str(error))
    except Exception as error:
        if lease.stopping:
            lease.release()
        elif job.attempt >= MAX_ATTEMPTS:
            log.exception("Job %d (%s %s) failed for good", job.pk, job.kind, job.key)
            _fail(
                lease,
                "read_failed",
                "The server failed to read this; its log says why. Send the file again to retry.",
            )
        else:
            log.exception("Job %d (%s %s) failed, attempt %d", job.pk, job.kind, job.key, job.attempt)
            lease.retry(f"{type(error).__name__}: {error}")


def _fail(lease: Lease, code: str, sentence: str) -> None:
    try:
        with lease.fence():
            KINDS[lease.job.kind].failed(lease, code, sentence)
            lease.failed(sentence)
    except LeaseLost:
        pass
    except Exception:
        log.exception("Job %d could not be marked as failed", lease.job.pk)
        lease.failed(sentence)
