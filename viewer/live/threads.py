"""Threads of the server beside Django's own: for the database, where each keeps its connection, and for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar, TypeVarTuple

from django.db import close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

database_threads = ThreadPoolExecutor(3, thread_name_prefix="database")
disk_threads = ThreadPoolExecutor(8, thread_name_prefix="disk")


async def in_database_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function`, which may use the database, off the event loop."""

    def run() -> T:
        close_old_connections()  # one that the database has dropped is opened again
        return function(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(database_threads, run)


async def in_disk_thread(function: Callable[[*Ts], T], *args: *Ts) -> T:
    return await asyncio.get_running_loop().run_in_executor(disk_threads, function, *args)


def close_database_threads() -> None:
    """Close the connections of these threads; for tests, whose database goes away under them."""
    import threading

    barrier = threading.Barrier(3)

    def close() -> None:
        barrier.wait(10)
        connections.close_all()

    for future in [database_threads.submit(close) for _ in range(3)]:
        future.result(20)
