"""What kinds of jobs there are, and which of them may wait behind which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from viewer.jobs import demo, read, verify
from viewer.jobs.lease import Lease


@dataclass(frozen=True, slots=True)
class Kind:
    run: Callable[[Lease], None]
    # Told when the job has failed for good: code and sentence. Called inside the lease's fence.
    failed: Callable[[Lease, str, str], None]


KINDS = {
    "read": Kind(read.run, read.failed),
    "verify": Kind(verify.run, verify.failed),
    "demo": Kind(demo.run, demo.failed),
}

# One thread each. A video is to be seen within a second of its arrival, however long others are being verified.
LANES = (("read", "demo"), ("verify",))
