"""Follows the event rows and hands them to the sockets of this process, in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol

from django.db import DatabaseError

from viewer.actions import tell
from viewer.actions.sweep import sweep_events
from viewer.live.threads import in_database_thread
from viewer.models import Event

log = logging.getLogger("onframe.live")

# An event of this process wakes the tail at once; what other processes tell is found at the next look.
LOOK_SECONDS = 0.5
SWEEP_SECONDS = 60
AT_ONCE = 500  # rows a query

Message = Mapping[str, Any]  # an event, as it goes to the page


class Listener(Protocol):
    def hear(self, message: Message) -> None:
        """Take an event; must return at once."""


class Tail:
    """One for the process. Runs while anybody listens, and costs nothing otherwise."""

    def __init__(self) -> None:
        self.at = 0  # id of the newest event that was handed on
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Be at the newest event and follow from there on."""
        if self._task is None or self._task.done():
            self._loop = asyncio.get_running_loop()
            self._news = asyncio.Event()
            self._ready = asyncio.Event()
            self._task = asyncio.create_task(self._follow())
            tell.wakes.append(self._wake)
        await self._ready.wait()

    def listen(self, topic: str, listener: Listener) -> None:
        self._listeners[topic].add(listener)

    def leave(self, topic: str, listener: Listener) -> None:
        self._listeners[topic].discard(listener)
        if not self._listeners[topic]:
            del self._listeners[topic]
        if not self._listeners:
            self.stop()

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
            with contextlib.suppress(ValueError):
                tell.wakes.remove(self._wake)

    def _wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._news.set)

    async def _follow(self) -> None:
        swept = time.monotonic()
        while True:
            try:
                if not self._ready.is_set():
                    self.at = await in_database_thread(tell.newest_event)
                    self._ready.set()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), LOOK_SECONDS)
                self._news.clear()
                while rows := await in_database_thread(events_after, self.at):
                    for row in rows:
                        self.at = row["id"]
                        for listener in list(self._listeners.get(row["topic"], ())):
                            listener.hear(row)
                if time.monotonic() - swept > SWEEP_SECONDS:
                    swept = time.monotonic()
                    await in_database_thread(sweep_events)
            except DatabaseError:
                log.exception("Events cannot be read; trying again")
                await asyncio.sleep(1)


def events_after(after: int, *, upto: int | None = None, topics: list[str] | None = None) -> list[Message]:
    """The next events after `after`, at most `AT_ONCE`, oldest first. Asks the database."""
    rows = Event.objects.filter(id__gt=after)
    if upto is not None:
        rows = rows.filter(id__lte=upto)
    if topics is not None:
        rows = rows.filter(topic__in=topics)
    return list(rows.order_by("id").values("id", "topic", "type", "data")[:AT_ONCE])


def still_kept(after: int) -> bool:
    """Whether every event after `after` is still there. Asks the database."""
    ids = Event.objects.order_by("id").values_list("id", flat=True)
    oldest, newest = ids.first(), ids.last()
    if oldest is None or newest is None:
        return after == 0
    # A cursor from the future is of another database: one that was restored from a copy.
    return oldest <= after + 1 and after <= newest


tail = Tail()
