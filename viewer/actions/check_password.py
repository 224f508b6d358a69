"""Check a username and password, and slow down whoever guesses."""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.utils import timezone

from viewer.errors import ViewerError
from viewer.models import SigninAttempt, User

WINDOW = timedelta(minutes=5)
# One address may try this many times as often as one account, so that walking through all usernames is slow too,
# and an office behind one address still gets in.
ADDRESS_FACTOR = 10
# And one account this many times as often from all addresses together: who has many addresses still guesses slowly.
# Not fewer, since whoever knows a username could shut its owner out; a sign-in link lets them in all the same.
ACCOUNT_FACTOR = 10


class WrongPassword(ViewerError):
    code = "wrong_password"
    status = 400


class TooManyAttempts(ViewerError):
    code = "too_many_attempts"
    status = 429


def check_password(username: str, password: str, address: str) -> User:
    """Return the active person. Raises `WrongPassword`, or `TooManyAttempts`, and then looks at no password.

    Attempts are rows: a restart forgets none, and several processes count together. Each is written before the
    password is looked at, so that a hundred at once are a hundred.
    """
    account = username.casefold()
    keys = [_key(account, address), _key(address), _key("account", account, "")]
    allowed = [settings.SIGNIN_ATTEMPTS * factor for factor in (1, ADDRESS_FACTOR, ACCOUNT_FACTOR)]
    now = timezone.now()
    with transaction.atomic():
        SigninAttempt.objects.filter(created_at__lt=now - WINDOW).delete()
        for key, most in zip(keys, allowed, strict=True):
            tried = SigninAttempt.objects.filter(key=key).order_by("-created_at")
            if tried.count() >= most:
                wait = math.ceil((tried[most - 1].created_at + WINDOW - now).total_seconds())
                raise TooManyAttempts(f"Too many attempts to sign in. Try again in {_words(wait)}.", wait_seconds=wait)
        attempts = SigninAttempt.objects.bulk_create([SigninAttempt(key=key) for key in keys])
    # Takes as long for a name that nobody has.
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        raise WrongPassword("The username and password do not match. Check both, or ask an admin for a sign-in link.")
    SigninAttempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).delete()
    SigninAttempt.objects.filter(key=keys[0]).delete()
    return user


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _words(seconds: int) -> str:
    if seconds <= 90:
        return f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
