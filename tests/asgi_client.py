"""Talks to an ASGI application without a network."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from asgiref.testing import ApplicationCommunicator

Header = tuple[bytes, bytes]


async def ask(app: Any, path: str, *headers: Header, method: str = "GET", body: bytes = b"") -> SimpleNamespace:
    """The answer: `status`, `headers` by name in lower case, `body`."""
    call = ApplicationCommunicator(app, scope(path, *headers, method=method))
    await call.send_input({"type": "http.request", "body": body, "more_body": False})
    started = await call.receive_output(20)
    answer = SimpleNamespace(
        status=started["status"],
        headers={name.decode(): value.decode("latin-1") for name, value in started["headers"]},
        body=b"",
    )
    while True:
        part = await call.receive_output(20)
        answer.body += part.get("body", b"")
        if not part.get("more_body"):
            await call.wait(20)
            return answer


def scope(path: str, *headers: Header, method: str = "GET") -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1:8000"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
    }


class Socket:
    """A page's end of a WebSocket."""

    def __init__(self, app: Any, *headers: Header, path: str = "/ws/"):
        self._call = ApplicationCommunicator(
            app, {"type": "websocket", "path": path, "query_string": b"", "headers": list(headers), "subprotocols": []}
        )

    async def open(self) -> int | None:
        """None, or the code with which it was closed instead."""
        await self._call.send_input({"type": "websocket.connect"})
        answer = await self._call.receive_output(5)
        return None if answer["type"] == "websocket.accept" else answer["code"]

    async def say(self, message: Any) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        await self._call.send_input({"type": "websocket.receive", "text": text})

    async def hear(self, seconds: float = 5) -> Any:
        """The next message, or `("closed", code)`."""
        answer = await self._call.receive_output(seconds)
        if answer["type"] == "websocket.close":
            return "closed", answer["code"]
        return json.loads(answer["text"])

    async def silent(self) -> bool:
        return await self._call.receive_nothing(0.3)

    async def close(self) -> None:
        await self._call.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._call.wait(5)
