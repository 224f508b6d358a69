"""Housekeeping, every few minutes: what was given up, ran out, or is no longer asked for."""

from __future__ import annotations

import logging
import re
import time
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from viewer.actions.enqueue import UNFINISHED
from viewer.actions.remove_data_unit import discard_bytes
from viewer.actions.uploads import sweep_uploads
from viewer.models import Event, Job, SigninToken, StoredFile

log = logging.getLogger("onframe.sweep")

EVENTS_KEPT = 10_000
EVENTS_KEPT_FOR = timedelta(hours=1)
JOBS_KEPT_FOR = timedelta(days=7)
ORPHANS_KEPT_FOR_SECONDS = 24 * 3600


def sweep() -> None:
    now = timezone.now()
    sweep_events()
    sweep_uploads()
    Job.objects.exclude(state__in=UNFINISHED).filter(created_at__lt=now - JOBS_KEPT_FOR).delete()
    SigninToken.objects.filter(expires_at__lt=now).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    _sweep_orphans("files")
    _sweep_orphans("derived")


def sweep_events(kept: int = EVENTS_KEPT, kept_for: timedelta = EVENTS_KEPT_FOR) -> None:
    """Forget old events; a page that has been away longer reloads. The newest stays: it says where the count stands."""
    newest = Event.objects.order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        return
    Event.objects.filter(id__lte=newest - kept).delete()
    Event.objects.filter(id__lt=newest, created_at__lt=timezone.now() - kept_for).delete()


def _sweep_orphans(folder: str) -> None:
    """Bytes without a row: left by a power cut between the two."""
    root = settings.DATA_DIR / folder
    if not root.exists():
        return
    known = set(StoredFile.objects.values_list("sha256", flat=True))
    for path in root.iterdir():
        old = time.time() - path.stat().st_ctime > ORPHANS_KEPT_FOR_SECONDS
        if re.fullmatch(r"[0-9a-f]{64}", path.name) and path.name not in known and old:
            log.info("Removing %s, which no data unit shows", path)
            discard_bytes(path.name)
