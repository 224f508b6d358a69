"""Somebody who uploads: Django's test client for what Django answers, ASGI for the bytes."""

from __future__ import annotations

import base64
from types import SimpleNamespace

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from tests import asgi_client
from tests.asgi_client import Header
from tests.builders import cookie, session_of
from viewer.asgi import application
from viewer.models import Dataset, User

TUS = {"Tus-Resumable": "1.0.0"}


class Uploader:
    def __init__(self, user: User):
        self.django = Client()
        self.django.cookies[settings.SESSION_COOKIE_NAME] = session_of(user)
        self.headers = [cookie(user, onframe_csrf="a" * 32), (b"x-csrftoken", b"a" * 32)]

    def begin(self, dataset: Dataset, size: int, filename: str = "film.mp4", **metadata: str) -> HttpResponse:
        texts = {"dataset": str(dataset.pk), "filename": filename} | metadata
        pairs = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in texts.items())
        return self.django.post("/api/uploads/", headers=TUS | {"Upload-Length": str(size), "Upload-Metadata": pairs})

    def head(self, url: str) -> HttpResponse:
        return self.django.head(url, headers=TUS)

    def delete(self, url: str) -> HttpResponse:
        return self.django.delete(url, headers=TUS)

    def patch_headers(self, offset: int, *more: Header) -> list[Header]:
        return [
            *self.headers,
            (b"tus-resumable", b"1.0.0"),
            (b"content-type", b"application/offset+octet-stream"),
            (b"upload-offset", str(offset).encode()),
            *more,
        ]

    async def patch(self, url: str, offset: int, body: bytes, *more: Header) -> SimpleNamespace:
        return await asgi_client.ask(application, url, *self.patch_headers(offset, *more), method="PATCH", body=body)
