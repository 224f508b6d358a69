"""Labels out, streamed: the answer begins at once and the server never holds the whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.auth import View
from viewer.actions.export_labels import FORMATS, FRAMES, export_labels
from viewer.errors import ViewerError
from viewer.models import Dataset, DataUnit

CHUNK_BYTES = 64 * 1024

_describes = extend_schema(
    parameters=[
        OpenApiParameter("format", str, enum=FORMATS, default="json"),
        OpenApiParameter("frames", str, enum=FRAMES, default="keyframes", description="all: interpolated ones too"),
    ],
    responses=OpenApiTypes.OBJECT,
)


class _OurFormat(BaseContentNegotiation):
    """`?format=` names a format of labels here, not one of Django REST framework's renderers."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


@extend_schema(summary="The labels of a data unit")
class DataUnitExport(View):
    access = "member"
    content_negotiation_class = _OurFormat

    @_describes
    def get(self, request: Request, data_unit_id: int) -> StreamingHttpResponse:
        return _answer(request, self.data_unit.dataset, [self.data_unit], self.data_unit.title)


@extend_schema(summary="The labels of all data units of a dataset")
class DatasetExport(View):
    access = "member"
    content_negotiation_class = _OurFormat

    @_describes
    @extend_schema(parameters=[OpenApiParameter("data_units", str, description="ids with commas: only these")])
    def get(self, request: Request, dataset_id: int) -> StreamingHttpResponse:
        units = DataUnit.objects.filter(dataset=self.dataset).select_related("file")
        if chosen := request.query_params.get("data_units"):
            ids = chosen.split(",")
            if not all(id.isascii() and id.isdecimal() and len(id) < 19 for id in ids):
                raise ViewerError("?data_units= must be ids of data units, with commas between them.", code="invalid")
            units = units.filter(pk__in=[int(id) for id in ids])
        return _answer(request, self.dataset, units.order_by("id").one_by_one(), self.dataset.title)


def _answer(request: Request, dataset: Dataset, units: Iterable[DataUnit], title: str) -> StreamingHttpResponse:
    format = _one_of("format", request.query_params.get("format", "json"), FORMATS)
    frames = _one_of("frames", request.query_params.get("frames", "keyframes"), FRAMES)
    chunks = _gathered(export_labels(dataset, units, format=format, frames=frames))
    # Django would read an ordinary iterator to its end before the first byte of an ASGI answer.
    content = _in_thread(chunks) if isinstance(request._request, ASGIRequest) else chunks
    response = StreamingHttpResponse(content, content_type="application/json")
    kind = ("coco" if format == "coco" else "labels") + (".every-frame" if frames == "all" else "")
    response["Content-Disposition"] = content_disposition_header(True, f"{title}.{kind}.json")
    response["Cache-Control"] = "private, no-store"
    return response


def _one_of(name: str, value: str, values: tuple[str, ...]) -> str:
    if value not in values:
        raise ViewerError(f"?{name}= must be one of: {', '.join(values)}.", code="invalid")
    return value


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks large enough to be worth a send."""
    waiting, size = [], 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


async def _in_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each chunk is made in the request's own thread, where its database connection is."""
    take = sync_to_async(lambda: next(chunks, None), thread_sensitive=True)
    while (chunk := await take()) is not None:
        yield chunk
