"""Has jobs done here and now, and waits for what others do."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from viewer.jobs.kinds import KINDS
from viewer.jobs.lease import Holder, claim
from viewer.jobs.worker import run


def work(holder: Holder | None = None) -> int:
    """Do what there is to do; return how many jobs that were."""
    own = holder or Holder()
    count = 0
    try:
        while lease := claim(own, KINDS):
            run(lease)
            count += 1
    finally:
        if holder is None:
            own.close()
    return count


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait until `true()` is; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
