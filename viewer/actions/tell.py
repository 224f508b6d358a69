"""Tell open pages what happened: a row that commits with the change that it speaks of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from viewer.models import Event

# Called after the commit, from whatever thread made it; must return at once. The server's tail adds itself here; other
# processes have nobody to wake and are heard at the tail's next look.
wakes: list[Callable[[], None]] = []


def tell(topic: str, type: str, data: dict[str, Any]) -> None:
    """Write an event inside the caller's transaction, so that a page hears of it if and only if it happened.

    `topic` is `dataset:<id>`, `data_unit:<id>`, `label_row:<id>` or `user:<id>`; `data` is plain JSON.
    """
    Event.objects.create(topic=topic, type=type, data=data)
    transaction.on_commit(_wake, robust=True)


def newest_event() -> int:
    """The id of the newest event, 0 if there is none. What a page reads after this call, it need not be told again."""
    return Event.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _wake() -> None:
    for wake in list(wakes):
        wake()
