"""Django in threads that live on and keep their connection to the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from viewer.live.identity import Scope

IDLE = 4  # threads that are kept; the connection of each holds up to 8 MB of pages


class DjangoInThreads(ASGIHandler):
    """A request has one thread from its beginning to its end, as with Django's own handler. That one, however, begins a
    thread and opens the database anew for each request, and goes from thread to thread for each middleware: twice the
    work for a short answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self._idle: list[ThreadPoolExecutor] = []  # last in, first out: few threads have their pages in memory

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="django")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
        finally:
            if len(self._idle) < IDLE:
                self._idle.append(thread)
            else:
                thread.submit(connections.close_all)
                thread.shutdown(wait=False)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
