"""The one door of this process to untrusted media: its sandbox, started at first use."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from viewer.media.sandbox import Limits, Sandbox

_lock = threading.Lock()
_sandbox: Sandbox | None = None


def sandbox() -> Sandbox:
    """The sandbox of this process; safe to use from any thread. One that has died is replaced."""
    global _sandbox
    with _lock:
        if _sandbox is not None and not _sandbox.alive:
            _sandbox.close()
            _sandbox = None
        if _sandbox is None:
            # Here, not at the top: commands that open no media start faster without it.
            from viewer.media.sandbox import Sandbox

            _sandbox = Sandbox()
        return _sandbox


def close_sandbox() -> None:
    """End the sandbox and whatever runs in it. The next `sandbox()` starts another."""
    global _sandbox
    with _lock:
        if _sandbox is not None:
            _sandbox.close()
            _sandbox = None


def limits() -> Limits:
    from viewer.media.sandbox import Limits

    return Limits(settings.MAX_FRAMES, settings.MAX_FRAME_PIXELS, settings.MAX_VIDEO_BYTES)
