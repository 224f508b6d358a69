"""The labels of a data unit: all of them, what is new, and saving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from api.auth import View, visible_label_row
from viewer.actions.open_label_row import changes_after, describe_label_row
from viewer.actions.save_changes import save_changes
from viewer.errors import ViewerError
from viewer.models import LabelRow, User


class LabelRowDetail(View):
    access = "member"

    @extend_schema(
        summary="Everything an editor needs to open: data unit, ontology, all records",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, label_row_id: int) -> HttpResponse:
        return _json(describe_label_row(self.label_row, self.user))


class _ChangesParser(BaseParser):
    """JSON that `viewer.labels.changes` looks at value by value: StrictJSONParser's walk through 1,000 keyframes would
    only take 2 ms more."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from error


class LabelRowChanges(View):
    access = {"GET": "member", "POST": "annotator"}
    parser_classes = [_ChangesParser]

    def find(self, user: User, kwargs: dict[str, Any]) -> None:
        # Only what access is about: saving reads the rest within its transaction.
        rows = LabelRow.objects.select_related("data_unit__dataset").only("data_unit__dataset__title")
        self.label_row = visible_label_row(user, kwargs["label_row_id"], rows)
        self.data_unit = self.label_row.data_unit
        self.dataset = self.data_unit.dataset

    @extend_schema(
        summary="What has changed since a revision",
        parameters=[OpenApiParameter("after", int, required=True)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, label_row_id: int) -> HttpResponse:
        after = request.query_params.get("after", "")
        if not after.isdecimal() or len(after) > 9:
            raise ViewerError("?after= must be a revision, a whole number from 0.", code="invalid")
        return _json(changes_after(self.label_row, int(after)))

    @extend_schema(
        summary="Save changes",
        description="Answers 412 `conflict` with both versions where someone else wrote a record meanwhile.",
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request, label_row_id: int) -> HttpResponse:
        return _json(save_changes(self.label_row, self.user, request.data))


def _json(value: dict[str, Any]) -> HttpResponse:
    # Not a Response: stored values pass through as they are, without being read and written again.
    return HttpResponse(orjson.dumps(value), content_type="application/json")
