"""Who is asking, for what is served beside Django: media bytes, uploads' bytes and sockets."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie

from viewer.actions.api_key import user_of_key
from viewer.actions.hash_secret import hash_secret
from viewer.models import User

Scope = dict[str, Any]


def header(scope: Scope, name: bytes) -> str | None:
    """The header's value, several joined by commas; None if it was not sent. `name` is lower case."""
    values = [value for key, value in scope["headers"] if key == name]
    return ", ".join(value.decode("latin-1") for value in values) if values else None


def credential(scope: Scope) -> str | None:
    """What the request shows for itself, as a key for caches: the API key before the session, as everywhere else."""
    scheme, _, key = (header(scope, b"authorization") or "").partition(" ")
    if scheme.lower() == "token":
        return "token:" + hash_secret(key.strip())
    session_key = _session_key(scope)
    return f"session:{session_key}" if session_key else None


def user_of(scope: Scope) -> User | None:
    """The active person who is asking. Asks the database: not for the event loop."""
    scheme, _, key = (header(scope, b"authorization") or "").partition(" ")
    if scheme.lower() == "token":
        return user_of_key(key.strip())
    session_key = _session_key(scope)
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    # Django's own check: a changed password or a person made inactive ends the session.
    user = get_user(request)
    return user if user.is_authenticated else None


def by_token(scope: Scope) -> bool:
    return (header(scope, b"authorization") or "").lower().startswith("token ")


def origin_allowed(scope: Scope) -> bool:
    """Whether the page that asks is one of ours: scheme, host and port, all three."""
    origin = header(scope, b"origin")
    return origin is not None and _plain(origin) in {_plain(allowed) for allowed in settings.ALLOWED_ORIGINS}


def _plain(origin: str) -> str:
    """Browsers leave the usual port out; settings may name it."""
    origin = origin.lower()
    scheme = urlsplit(origin).scheme
    usual = {"http": ":80", "https": ":443"}.get(scheme, "")
    return origin.removesuffix(usual) if usual else origin


def _session_key(scope: Scope) -> str | None:
    cookies = "; ".join(value.decode("latin-1") for key, value in scope["headers"] if key == b"cookie")
    return parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME) or None
