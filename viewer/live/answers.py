"""Short answers of what is served beside Django, in the shape of `api.errors`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from viewer.errors import ViewerError

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = dict[str, str]

SAFE = {
    # Whatever the bytes are, a browser neither guesses what they could be nor runs anything in them.
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


class SignedOut(ViewerError):
    code = "signed_out"
    status = 401

    def __init__(self) -> None:
        super().__init__("You are not signed in, or your session has ended. Sign in again.")


async def start(send: Send, status: int, headers: Headers) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
    )


async def answer(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    """Send a whole answer. 204 and 304 have no body and no length."""
    if status not in (204, 304):
        headers = headers | {"Content-Length": str(len(body))}
    await start(send, status, headers)
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, error: ViewerError, headers: Headers | None = None, *, head: bool = False) -> None:
    body = orjson.dumps({**error.extra, "code": error.code, "detail": error.detail})
    own = SAFE | {"Content-Type": "application/json", "Cache-Control": "no-store"} | (headers or {})
    own["Content-Length"] = str(len(body))
    await start(send, error.status, own)
    await send({"type": "http.response.body", "body": b"" if head else body})
