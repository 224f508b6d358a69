"""The project's defaults: who is asking, and nobody may.

Apart from `api.auth`, since REST framework reads its defaults while it is being imported, and the views need it whole.
"""

from __future__ import annotations

from typing import Any

from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from viewer.actions.api_key import user_of_key
from viewer.models import User


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session; changes need the CSRF header. Says 401, not 403, to someone who is not signed in."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token KEY`, for scripts. No cookie, so no CSRF."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "token":
            return None
        user = user_of_key(key.strip())
        if user is None:
            raise exceptions.AuthenticationFailed("This API key is not valid. Make a new one on your account page.")
        return user, "token"


class Undeclared(permissions.BasePermission):
    """The default of the project: nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False
