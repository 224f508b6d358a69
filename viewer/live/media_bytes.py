"""Originals, side files and frame tables by byte range, served beside Django.

Django's FileResponse reaches a fifth of this throughput and keeps a whole file in memory. So this does its
own checking: who asks, and whether they may see the data unit, at each request, with the decision kept for ten
seconds.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, quote

from viewer.errors import NotFound, ViewerError
from viewer.live.answers import SAFE, Headers, Receive, Send, SignedOut, answer, refuse, start
from viewer.live.caching import ASK_AGAIN, IMMUTABLE, has_already
from viewer.live.identity import Scope, credential, header, user_of
from viewer.live.threads import disk_threads, in_database_thread, in_disk_thread
from viewer.media.frame_table import DIGEST_SIZE
from viewer.models import DataUnit, FrameTableRow

BLOCK = 1 << 20  # bytes read at a time: two of them are all that a request holds
DECISION_SECONDS = 10
DECISIONS = 10_000

NOWAIT = getattr(os, "RWF_NOWAIT", 0)  # Linux has it

ROUTE = re.compile(
    r"/media/(?P<unit>[0-9]{1,18})/"
    r"(?:(?P<sha256>[0-9a-f]{64})(?P<side>/side)?|tables/(?P<table>[0-9]{1,18})/(?P<section>frames|digests))"
)


@dataclass(frozen=True, slots=True)
class Resource:
    """Bytes that somebody may see."""

    path: Path
    size: int
    etag: str
    filename: str
    cache_control: str = IMMUTABLE


async def media_bytes(scope: Scope, receive: Receive, send: Send) -> None:
    head = scope["method"] == "HEAD"
    try:
        if scope["method"] not in ("GET", "HEAD"):
            raise ViewerError("Media is read by GET and HEAD.", code="method_not_allowed", status=405)
        resource = await _find(scope)
        await _serve(scope, receive, send, resource, head)
    except ViewerError as error:
        headers = {"Allow": "GET, HEAD"} if error.status == 405 else {}
        if error.status == 401:
            headers = {"WWW-Authenticate": "Token"}
        await refuse(send, error, headers, head=head)


# -- what may be seen -----------------------------------------------------------------------------------------------

_decisions: dict[tuple[str, str], tuple[float, Resource]] = {}


def forget_decisions() -> None:
    """Ask the database again from now on."""
    _decisions.clear()


async def _find(scope: Scope) -> Resource:
    """Raises SignedOut, or NotFound for what is not there and what may not be seen alike."""
    shown = credential(scope)
    if shown is None:
        raise SignedOut
    path, query = scope["path"], scope["query_string"].decode("latin-1")
    decision = _decisions.get((shown, f"{path}?{query}"))
    now = time.monotonic()
    if decision is not None and decision[0] > now:
        return decision[1]
    resource = await in_database_thread(_look_up, scope, path, query)
    if resource.cache_control == IMMUTABLE:
        while len(_decisions) >= DECISIONS:
            _decisions.pop(next(iter(_decisions)))
        _decisions.pop((shown, f"{path}?{query}"), None)
        _decisions[shown, f"{path}?{query}"] = (now + DECISION_SECONDS, resource)
    return resource


def _look_up(scope: Scope, path: str, query: str) -> Resource:
    user = user_of(scope)
    if user is None:
        raise SignedOut
    match = ROUTE.fullmatch(path)
    nothing = NotFound("There is no such file, or you may not see it.")
    if match is None:
        raise nothing
    units = DataUnit.objects.visible_to(user).select_related("file", "table__file")
    unit = units.filter(pk=int(match["unit"])).first()
    if unit is None:
        raise nothing
    if match["sha256"] not in (None, unit.file_id):
        raise nothing
    if match["sha256"] and not match["side"]:
        return Resource(unit.file.path, unit.file.size, f'"{unit.file_id}"', unit.title)
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    row = _table(unit, match["table"] or asked.get("table"))
    if row is None or asked.get("of", row.imprint) != row.imprint:
        raise nothing
    resource = _of_table(unit, row, match["section"])
    # An address that does not say which bytes are meant may be of others tomorrow.
    return resource if "of" in asked else replace(resource, cache_control=ASK_AGAIN)


def _table(unit: DataUnit, asked: str | None) -> FrameTableRow | None:
    """The table that was asked for, of the same file; the current one where none was named."""
    if asked is None:
        return unit.table
    if not re.fullmatch("[0-9]{1,18}", asked):
        return None
    return FrameTableRow.objects.select_related("file").filter(pk=int(asked), file=unit.file_id).first()


def _of_table(unit: DataUnit, row: FrameTableRow, section: str | None) -> Resource:
    if section is None:
        size = _size(row.side_path)
        return Resource(row.side_path, size, f'"{row.imprint}-side-{size}"', f"{unit.title}.packets")
    if section == "frames":
        # The frames of a row never change, proved or not.
        return Resource(row.frames_path, _size(row.frames_path), f'"{row.content_sha256}"', f"{row.pk}.frames")
    # Not the file's length: what stands after the proved frames is not published yet.
    size = row.proved * DIGEST_SIZE
    etag = f'"{row.content_sha256[:40]}-{row.file_id[:16]}-{row.proved}"'
    done = row.state == FrameTableRow.VERIFIED
    return Resource(row.digests_path, size, etag, f"{row.pk}.digests", IMMUTABLE if done else ASK_AGAIN)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise NotFound("These bytes are not there (any more).") from error


# -- sending it -----------------------------------------------------------------------------------------------------


async def _serve(scope: Scope, receive: Receive, send: Send, resource: Resource, head: bool) -> None:
    size = resource.size
    headers: Headers = SAFE | {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(resource.filename, safe='')}",
        "ETag": resource.etag,
        "Cache-Control": resource.cache_control,
        "Vary": "Cookie, Authorization",
        "Accept-Ranges": "bytes",
    }
    if has_already(header(scope, b"if-none-match"), resource.etag):
        return await answer(send, 304, {name: headers[name] for name in ("ETag", "Cache-Control", "Vary")})
    first, stop, status = 0, size, 200
    asked = header(scope, b"range")
    # A range is of the representation that If-Range names; of another one everything is needed (RFC 9110, 13.1.5).
    if asked is not None and not head and header(scope, b"if-range") in (None, resource.etag):
        found = byte_range(asked, size)
        if found == "unsatisfiable":
            error = ViewerError(f"The range is not within the {size} bytes.", code="bad_range", status=416)
            return await refuse(send, error, {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})
        if isinstance(found, tuple):
            first, stop = found
            status = 206
            headers["Content-Range"] = f"bytes {first}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - first)
    if head or first == stop:
        await start(send, status, headers)
        await send({"type": "http.response.body", "body": b""})
        return None
    try:
        descriptor = os.open(resource.path, os.O_RDONLY)
    except OSError as error:
        raise NotFound("These bytes are not there (any more).") from error
    try:
        count = min(BLOCK, stop - first)
        cached = _cached(descriptor, first, count)
        block = cached if cached is not None else await in_disk_thread(os.pread, descriptor, count, first)
        await start(send, status, headers)
        if len(block) == stop - first:
            await send({"type": "http.response.body", "body": block})
        else:
            await _stream(receive, send, descriptor, block, first, stop)
    finally:
        os.close(descriptor)
    return None


def _cached(descriptor: int, first: int, count: int) -> bytearray | None:
    """The bytes, if the page cache has all of them: then the way to a thread and back would cost more than they do.

    Never waits for a disk.
    """
    block = bytearray(count)
    try:
        return block if NOWAIT and os.preadv(descriptor, [block], first, NOWAIT) == count else None
    except OSError:
        return None  # not cached, or a file system that cannot tell


async def _stream(
    receive: Receive, send: Send, descriptor: int, block: bytes | bytearray, first: int, stop: int
) -> None:
    """Send from `first` to `stop`, of which `block` is the beginning, reading one block ahead of what is sent."""
    loop = asyncio.get_running_loop()
    gone = asyncio.ensure_future(_disconnected(receive))
    ahead = None
    try:
        while True:
            if not block:
                # The headers have promised more: an exception breaks the connection, which tells the client.
                raise OSError(f"the file ends at {first}, {stop - first} bytes early")
            first += len(block)
            if first < stop:
                ahead = loop.run_in_executor(disk_threads, os.pread, descriptor, min(BLOCK, stop - first), first)
            await send({"type": "http.response.body", "body": block, "more_body": first < stop})
            if ahead is None or gone.done():
                return
            block = await ahead
            ahead = None
    finally:
        gone.cancel()
        if ahead is not None:
            await asyncio.wait([ahead])  # the descriptor is closed next


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def byte_range(asked: str, size: int) -> tuple[int, int] | str | None:
    """The first byte and the one after the last; None to send everything; "unsatisfiable".

    RFC 9110, 14.1.2. Several ranges at once are answered with everything, which 14.2 allows; other units are ignored.
    """
    unit, equals, ranges = asked.partition("=")
    if unit.strip().lower() != "bytes" or not equals:
        return None
    parts = [part.strip() for part in ranges.split(",") if part.strip()]
    if len(parts) > 1:
        return None
    match = re.fullmatch(r"([0-9]{0,18})\s*-\s*([0-9]{0,18})", parts[0]) if parts else None
    if match is None or not (match[1] or match[2]):
        return "unsatisfiable"
    if not match[1]:
        count = min(int(match[2]), size)
        return (size - count, size) if count else "unsatisfiable"
    first = int(match[1])
    stop = min(int(match[2]) + 1, size) if match[2] else size
    if first >= size or stop <= first:
        return "unsatisfiable"
    return first, stop
