"""One ASGI application: Django, the socket, and beside Django what moves many bytes."""

from __future__ import annotations

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "viewer.settings")
django.setup(set_prefix=False)  # before the imports below, which use the models

from viewer.live.answers import Receive, Send, refuse  # noqa: E402
from viewer.live.consumers import PageSocket  # noqa: E402
from viewer.live.django_threads import DjangoInThreads  # noqa: E402
from viewer.live.identity import Scope, origin_allowed  # noqa: E402
from viewer.live.media_bytes import media_bytes  # noqa: E402
from viewer.live.request_body import Body, Refused, has_body  # noqa: E402
from viewer.live.tail import tail  # noqa: E402
from viewer.live.upload_bytes import upload_bytes  # noqa: E402

_django = DjangoInThreads()
_socket: Any = PageSocket.as_asgi()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        if scope["path"].startswith("/media/"):
            await media_bytes(scope, receive, send)
        elif scope["method"] == "PATCH" and scope["path"].startswith("/api/uploads/"):
            await upload_bytes(scope, receive, send)
        elif has_body(scope):
            await _with_body(scope, receive, send)
        else:
            await _django(scope, receive, send)
    elif scope["type"] == "websocket":
        # Closed before it is accepted: a page of somebody else learns nothing, its browser sees a 403.
        if scope["path"] == "/ws/" and origin_allowed(scope):
            await _socket(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4403})
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _with_body(scope: Scope, receive: Receive, send: Send) -> None:
    body = Body(scope, receive)
    try:
        await body.check_length()
        await _django(scope, body.receive, send)
    except Refused as refused:
        # Nothing was answered yet: Django reads all of the body first.
        await refuse(send, refused.answer, {} if refused.announced else {"Connection": "close"})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            tail.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
