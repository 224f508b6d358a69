"""Ask for work that outlasts a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from viewer.models import Job

# Called after the commit; must return at once. A worker in this process adds itself; others look once a second.
wakes: list[Callable[[], None]] = []

UNFINISHED = (Job.QUEUED, Job.RUNNING)


def enqueue(kind: str, key: str, arguments: dict[str, Any] | None = None, *, priority: int = 0) -> Job:
    """Return the unfinished job of this kind and key, made if there is none. One that was asked for with other
    arguments gives way. Call it in the transaction that needs the work."""
    unfinished = Job.objects.filter(kind=kind, key=key, state__in=UNFINISHED).first()
    if unfinished is not None and unfinished.arguments != (arguments or {}):
        cancel((kind,), key)
    job, _ = Job.objects.get_or_create(
        kind=kind,
        key=key,
        state__in=UNFINISHED,
        defaults={"state": Job.QUEUED, "arguments": arguments or {}, "priority": priority},
    )
    transaction.on_commit(_wake, robust=True)
    return job


def cancel(kinds: tuple[str, ...], key: str) -> None:
    """Take back unfinished jobs. One that runs notices at its next write, which is refused, and stops."""
    Job.objects.filter(kind__in=kinds, key=key, state__in=UNFINISHED).update(state=Job.CANCELLED, token="")


def _wake() -> None:
    for wake in list(wakes):
        wake()
