"""The server's own picture of a frame, and the thumbnail of a data unit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from api.auth import View
from viewer.actions.make_thumbnail import make_thumbnail
from viewer.actions.read_table import read_table
from viewer.actions.sandboxed import close_sandbox, sandbox
from viewer.errors import NotFound, ViewerError
from viewer.live.caching import ASK_AGAIN, IMMUTABLE, has_already
from viewer.media.errors import MediaError
from viewer.models import DataUnit, FrameTableRow

AT_ONCE = 2  # decodes at a time; each takes a core
MAY_WAIT = 24  # requests that may wait for them, each a thread
WAIT_SECONDS = 20
RETRY_SECONDS = 3  # in which a few decodes are done

OF = OpenApiParameter(
    "of", str, description="As in the addresses that a data unit names: 404 if they are of others now"
)


class Busy(ViewerError):
    code = "busy"
    status = 503

    def __init__(self, detail: str):
        super().__init__(detail, wait_seconds=RETRY_SECONDS)


class Slots:
    """Room for a few decodes at a time, and a short queue before it. Raises `Busy` instead of letting work pile up."""

    def __init__(self, at_once: int, may_wait: int, wait_seconds: float):
        self._room = threading.BoundedSemaphore(at_once)
        self._queue = threading.BoundedSemaphore(at_once + may_wait)
        self._wait_seconds = wait_seconds

    @contextmanager
    def take(self) -> Iterator[None]:
        sentence = "The server is busy decoding pictures. Try again in a few seconds."
        if not self._queue.acquire(blocking=False):
            raise Busy(sentence)
        try:
            if not self._room.acquire(timeout=self._wait_seconds):
                raise Busy(sentence)
            try:
                yield
            finally:
                self._room.release()
        finally:
            self._queue.release()


slots = Slots(AT_ONCE, MAY_WAIT, WAIT_SECONDS)


class FramePicture(View):
    access = "member"

    @extend_schema(
        summary="The server's own picture of a frame, rotated as a player would, lossless",
        parameters=[OpenApiParameter("table", int, description="Frame table that the frame number is of"), OF],
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, data_unit_id: int, frame: int) -> HttpResponse:
        row = _table(self.data_unit, request.query_params.get("table"))
        of = request.query_params.get("of")
        if of not in (None, row.imprint):
            raise _no_table()
        if frame >= row.frame_count:
            raise NotFound(
                f"There is no frame {frame}: the frames are 0 to {row.frame_count - 1}.", code="no_such_frame"
            )
        # What is proved stays as it is. What is not may soon be, so the browser asks again; so it does where the
        # address does not say which table and file are meant.
        proved = frame < row.proved
        cache = IMMUTABLE if proved and of else ASK_AGAIN
        etag = f'"{row.imprint}-{frame}-{int(proved)}"'
        if has_already(request.headers.get("If-None-Match"), etag):
            return _not_modified(etag, cache)
        with slots.take(), _as_answers():
            picture = sandbox().picture(row.file.path, read_table(row), row.digests_path, frame)
        response = HttpResponse(picture.png, content_type="image/png")
        response["X-Frame"] = str(frame)
        response["X-Frame-Pts"] = str(picture.pts)
        response["X-Frame-Digest"] = picture.digest
        response["X-Frame-Proved"] = "1" if proved and picture.proved else "0"
        return _cached(response, etag, cache)


class Thumbnail(View):
    access = "member"

    @extend_schema(
        summary="A small picture of the data unit",
        parameters=[OF],
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, data_unit_id: int) -> HttpResponse:
        row = self.data_unit.table
        if row is None:
            raise NotFound("This video has no picture yet.", code="no_table")
        of = request.query_params.get("of")
        if of is not None and of.rpartition("-")[2] != row.imprint.rpartition("-")[2]:
            raise _no_table()
        # A page that knows an older table of the same file is shown the picture all the same.
        etag = f'"{row.imprint}-thumbnail"'
        cache = "private, max-age=86400" if of == row.imprint else ASK_AGAIN
        if has_already(request.headers.get("If-None-Match"), etag):
            return _not_modified(etag, cache)
        path = row.file.derived / "thumbnail.jpg"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            with slots.take(), _as_answers():
                content = make_thumbnail(row)
        return _cached(HttpResponse(content, content_type="image/jpeg"), etag, cache)


def _table(data_unit: DataUnit, asked: str | None) -> FrameTableRow:
    """The table that was asked for: the current one or an older one of the same file."""
    row: FrameTableRow | None
    if asked is None:
        row = data_unit.table
    elif asked.isdecimal() and len(asked) < 19:
        row = FrameTableRow.objects.select_related("file").filter(pk=int(asked), file=data_unit.file_id).first()
    else:
        row = None
    if row is None:
        raise _no_table()
    return row


def _no_table() -> NotFound:
    return NotFound("This video has no such frame table (yet).", code="no_table")


@contextmanager
def _as_answers() -> Iterator[None]:
    try:
        yield
    except MediaError as error:
        if error.code == "sandbox_unavailable":
            close_sandbox()  # the next request starts another
            raise Busy(str(error)) from error
        raise ViewerError(str(error), code=error.code, status=422) from error


def _cached(response: HttpResponse, etag: str, cache_control: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = cache_control
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _not_modified(etag: str, cache_control: str) -> HttpResponse:
    return _cached(HttpResponse(status=304), etag, cache_control)
