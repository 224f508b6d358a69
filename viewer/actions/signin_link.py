"""Sign-in links that work once: how people get in for the first time, and when they have forgotten their password."""

from __future__ import annotations

import contextlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from viewer.actions.hash_secret import hash_secret
from viewer.errors import ViewerError
from viewer.models import SigninToken, User

VALID = timedelta(hours=24)


class SpentLink(ViewerError):
    code = "spent_link"
    status = 410


def make_signin_link(user: User, valid: timedelta = VALID) -> str:
    """Return the path of a link that signs `user` in, once. Earlier unused links go on working until they expire."""
    token = secrets.token_urlsafe(24)
    now = timezone.now()
    SigninToken.objects.filter(expires_at__lt=now).delete()
    SigninToken.objects.create(sha256=hash_secret(token), user=user, expires_at=now + valid)
    return f"/signin/{token}/"


def remember_origin(origin: str) -> None:
    """Of the server that runs on this data folder: other commands need not be told its port once more."""
    (settings.DATA_DIR / "origin").write_text(origin)


def origin() -> str:
    """What a link to the server begins with: where it ran last, or else where it would run."""
    with contextlib.suppress(OSError):
        return str((settings.DATA_DIR / "origin").read_text().strip() or settings.ALLOWED_ORIGINS[0])
    return str(settings.ALLOWED_ORIGINS[0])


def use_signin_link(token: str) -> User:
    """Return whom the link signs in, this once. Raises `SpentLink` if it was used, has expired or never was."""
    row = SigninToken.objects.select_related("user").filter(sha256=hash_secret(token)).first()
    # Of two who come at once, one deletes the row.
    deleted = SigninToken.objects.filter(sha256=hash_secret(token)).delete()[0] if row else 0
    if row is None or not deleted or row.expires_at < timezone.now() or not row.user.is_active:
        raise SpentLink("This sign-in link has been used or has expired.")
    return row.user
