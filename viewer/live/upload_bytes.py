"""The bytes of a resumable upload (tus 1.0 PATCH), written to the disk as they come.

A connection may break at any byte: what has arrived stays, and the next PATCH goes on from there.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import errno
import hashlib
import io
import logging
import os
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from viewer.actions.store_file import NoSpace, in_words
from viewer.actions.uploads import find_upload, finish_upload, offset_of
from viewer.errors import NotAllowed, NotFound, ViewerError
from viewer.live.answers import SAFE, Receive, Send, SignedOut, answer, refuse
from viewer.live.identity import Scope, by_token, header, user_of
from viewer.live.threads import in_database_thread, in_disk_thread
from viewer.models import Upload

log = logging.getLogger("onframe.uploads")

ROUTE = re.compile(r"/api/uploads/(?P<upload>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?")
BLOCK = 1 << 20  # bytes gathered before they are written
SILENCE_SECONDS = 60  # after which a connection counts as broken
CHECKSUMS = ("sha256", "sha1", "md5")
TUS = {"Tus-Resumable": "1.0.0"}


class Broken(Exception):
    """The body ended early. `answer` is for a client that is still there, None for one that is gone."""

    def __init__(self, answer: ViewerError | None = None):
        super().__init__()
        self.answer = answer


class Writer:
    """The one request that may write to an upload. A newer one takes over: the older one's connection is a dead one."""

    active: dict[UUID, Writer] = {}

    def __init__(self, upload_id: UUID):
        self.upload_id = upload_id
        self.stop = asyncio.Event()
        self.done = asyncio.Event()

    async def __aenter__(self) -> Writer:
        while older := self.active.get(self.upload_id):
            older.stop.set()
            try:
                await asyncio.wait_for(older.done.wait(), 10)
            except TimeoutError as error:
                raise ViewerError(
                    "The upload is being written by another request.", code="upload_locked", status=423
                ) from error
        self.active[self.upload_id] = self
        return self

    async def __aexit__(self, *error: Any) -> None:
        del self.active[self.upload_id]
        self.done.set()


async def upload_bytes(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        match = ROUTE.fullmatch(scope["path"])
        if match is None:
            raise NotFound("There is no such upload.", code="no_such_upload")
        offset, length, checksum = _asked(scope)
        upload_id = UUID(match["upload"])
        await in_database_thread(_authorise, scope, upload_id)
        async with Writer(upload_id) as writer:
            upload = await in_database_thread(_authorise, scope, upload_id)  # as the older writer left it
            await _check_offset(upload, offset, length)
            arrived = await _write(upload, offset, checksum, receive, writer)
            if arrived == upload.size:
                await in_database_thread(finish_upload, upload)
        headers = SAFE | TUS | {"Upload-Offset": str(arrived), "Cache-Control": "no-store"}
        if upload.data_unit_id is not None:
            headers["Onframe-Data-Unit"] = str(upload.data_unit_id)
        await answer(send, 204, headers)
    except Broken as broken:
        if broken.answer is not None:
            await refuse(send, broken.answer, TUS)
    except ViewerError as error:
        await refuse(send, error, TUS)


def _asked(scope: Scope) -> tuple[int, int | None, tuple[str, bytes] | None]:
    """Offset, length of the body if it is known, and checksum of the body if there is one."""
    if header(scope, b"tus-resumable") != "1.0.0":
        raise ViewerError(
            "Uploads speak tus 1.0.0: send the header Tus-Resumable: 1.0.0.", code="tus_version", status=412
        )
    if (header(scope, b"content-type") or "").split(";")[0].strip() != "application/offset+octet-stream":
        raise ViewerError(
            "The bytes of an upload come as application/offset+octet-stream.",
            code="bad_content_type",
            status=415,
        )
    offset = header(scope, b"upload-offset") or ""
    if not re.fullmatch(r"[0-9]{1,18}", offset):
        raise ViewerError("Upload-Offset must say where the bytes go.", code="bad_offset")
    length = header(scope, b"content-length")
    checksum = None
    if (given := header(scope, b"upload-checksum")) is not None:
        algorithm, _, digest = given.partition(" ")
        try:
            checksum = (algorithm, base64.b64decode(digest, validate=True))
        except binascii.Error as error:
            raise ViewerError("Upload-Checksum must be an algorithm and base64.", code="bad_checksum") from error
        if algorithm not in CHECKSUMS:
            raise ViewerError(f"Upload-Checksum may be {', '.join(CHECKSUMS)}.", code="bad_checksum")
    return int(offset), int(length) if length and length.isdecimal() else None, checksum


def _authorise(scope: Scope, upload_id: UUID) -> Upload:
    user = user_of(scope)
    if user is None:
        raise SignedOut
    if not by_token(scope):
        # As for every other change that rides on the cookie.
        request = ASGIRequest(scope, io.BytesIO())
        check = CsrfViewMiddleware(_nothing)
        check.process_request(request)
        if check.process_view(request, _nothing, (), {}) is not None:
            raise NotAllowed("The request carries no valid X-CSRFToken. Reload the page and try again.", code="csrf")
    return find_upload(upload_id, user)


def _nothing(request: HttpRequest) -> HttpResponse:
    """The view that the check is asked to guard."""
    return HttpResponse()


async def _check_offset(upload: Upload, offset: int, length: int | None) -> None:
    arrived = await in_disk_thread(offset_of, upload)
    if offset != arrived:
        raise ViewerError(
            f"The server has {arrived} bytes of this upload, so the next ones go there and not to {offset}.",
            code="offset_differs",
            status=409,
            offset=arrived,
        )
    if length is not None and offset + length > upload.size:
        raise _too_long(upload)


def _too_long(upload: Upload) -> ViewerError:
    return ViewerError(
        f"More bytes came than the {in_words(upload.size)} that were announced.", code="too_long", status=413
    )


async def _write(
    upload: Upload, offset: int, checksum: tuple[str, bytes] | None, receive: Receive, writer: Writer
) -> int:
    """Write the body at `offset` and return where it ends. With a checksum, all of it stays or nothing."""
    try:
        descriptor = await in_disk_thread(os.open, upload.path, os.O_WRONLY)
    except FileNotFoundError as error:
        if upload.data_unit_id is not None:
            return upload.size  # complete; a repeated last PATCH of 0 bytes
        raise NotFound("The upload was cancelled.", code="no_such_upload") from error
    hasher = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None
    at = offset
    try:
        try:
            async for block in _blocks(receive, writer):
                if at + len(block) > upload.size:
                    raise _too_long(upload)
                at += await in_disk_thread(_put, descriptor, block, at, hasher)
        except Broken:
            if checksum:
                await in_disk_thread(os.ftruncate, descriptor, offset)  # not checked, so not taken
            raise
        if hasher and checksum and hasher.digest() != checksum[1]:
            await in_disk_thread(os.ftruncate, descriptor, offset)
            raise ViewerError(
                "These bytes were damaged on the way: their checksum differs. Send them again.",
                code="checksum_mismatch",
                status=460,
            )
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(
                f"The server's disk is full. {in_words(at)} of {in_words(upload.size)} have arrived and are kept; "
                "the upload goes on from there once there is room."
            ) from error
        raise
    finally:
        os.close(descriptor)
    return at


async def _blocks(receive: Receive, writer: Writer) -> AsyncIterator[bytes]:
    """The body in blocks. Raises `Broken` after the last byte that came if it ends early."""
    stop = asyncio.ensure_future(writer.stop.wait())
    message: asyncio.Future[dict[str, Any]] | None = None
    parts: list[bytes] = []
    gathered = 0
    more = True
    broken: Broken | None = None
    try:
        while more and broken is None:
            message = asyncio.ensure_future(receive())
            await asyncio.wait({message, stop}, timeout=SILENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if message.done():
                event = message.result()
                if event["type"] == "http.disconnect":
                    broken = Broken()
                else:
                    parts.append(event.get("body", b""))
                    gathered += len(parts[-1])
                    more = event.get("more_body", False)
            elif not stop.done():
                broken = Broken(ViewerError("No bytes came for a minute.", code="too_slow", status=408))
            if more and broken is None and stop.done():
                # What has come is still written: whoever takes over goes on after it.
                broken = Broken(
                    ViewerError("A newer request goes on with this upload.", code="upload_locked", status=423)
                )
            if gathered and (gathered >= BLOCK or not more or broken is not None):
                yield b"".join(parts)
                parts, gathered = [], 0
    finally:
        stop.cancel()
        if message is not None:
            message.cancel()
    if broken is not None:
        raise broken


def _put(descriptor: int, block: bytes, at: int, hasher: Any) -> int:
    if os.fstat(descriptor).st_nlink == 0:
        raise NotFound("The upload was cancelled.", code="no_such_upload")
    view, done = memoryview(block), 0
    while done < len(view):
        done += os.pwrite(descriptor, view[done:], at + done)
    if hasher is not None:
        hasher.update(block)
    return len(block)
