"""How much of a request's body is taken, before Django, which puts a body of any length on the disk first."""

from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings

from viewer.actions.store_file import in_words
from viewer.errors import ViewerError
from viewer.live.answers import Receive, SignedOut
from viewer.live.identity import Scope, credential, header, user_of
from viewer.live.threads import in_database_thread

STRANGERS = 64 * 1024  # bytes from somebody who is not signed in: no form of ours is longer
SILENCE_SECONDS = 30  # after which a connection counts as broken


class Refused(Exception):
    """The body is not taken. `announced`: its length was known before it came, so the connection can be kept."""

    def __init__(self, answer: ViewerError, *, announced: bool = False):
        super().__init__()
        self.answer, self.announced = answer, announced


def has_body(scope: Scope) -> bool:
    return header(scope, b"transfer-encoding") is not None or header(scope, b"content-length") not in (None, "0")


class Body:
    """`receive` for an application that reads the whole body. Raises `Refused` from within."""

    def __init__(self, scope: Scope, receive: Receive):
        self._scope, self._receive = scope, receive
        self._arrived = 0
        self._complete = False
        self._known = False  # that a person who is signed in sends it

    async def check_length(self) -> None:
        """Refuse what announces itself as too long before any of it is read."""
        length = header(self._scope, b"content-length") or ""
        if length.isdecimal():
            try:
                # Lengths of thirty digits are too long without being read as numbers.
                await self._check(int(length) if len(length) < 19 else 10**18)
            except Refused as refused:
                raise Refused(refused.answer, announced=True) from None

    async def receive(self) -> dict[str, Any]:
        if self._complete:
            return await self._receive()  # from here on it waits for the connection's end
        try:
            message = await asyncio.wait_for(self._receive(), SILENCE_SECONDS)
        except TimeoutError:
            raise Refused(
                ViewerError(f"No bytes came for {SILENCE_SECONDS} seconds.", code="too_slow", status=408)
            ) from None
        if message["type"] == "http.request":
            self._arrived += len(message.get("body", b""))
            await self._check(self._arrived)
            self._complete = not message.get("more_body", False)
        return message

    async def _check(self, size: int) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if size > STRANGERS and not self._known:
            # Only now, since it costs a query: nearly all bodies are short.
            shown = credential(self._scope) is not None
            self._known = shown and await in_database_thread(user_of, self._scope) is not None
            if not self._known:
                if self._scope["path"].startswith("/api/"):
                    raise Refused(SignedOut())  # a page whose session has ended keeps its work and asks to sign in
                limit = STRANGERS
        if size > limit:
            raise Refused(
                ViewerError(
                    f"The request is larger than the {in_words(limit)} that the server takes at once.",
                    code="too_large",
                    status=413,
                )
            )
