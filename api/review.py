"""Labels on frames that a newer frame table has elsewhere, or not as they were."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import View
from api.shapes import ERROR, REVIEW
from viewer.actions.review_labels import describe_review, move_labels


class LabelRowReview(View):
    access = {"GET": "member", "POST": "annotator"}

    @extend_schema(summary="The labels to review, at most 1,000 of them", responses={200: REVIEW})
    def get(self, request: Request, label_row_id: int) -> Response:
        return Response(describe_review(self.label_row))

    @extend_schema(
        summary="Move labels to the frames that show their pictures now",
        description="Every label whose verdict is `moved`. Answers what is left to review.",
        request=None,
        responses={200: REVIEW, 412: ERROR},
    )
    def post(self, request: Request, label_row_id: int) -> Response:
        moved = move_labels(self.label_row, self.user)
        return Response(describe_review(self.label_row) | {"moved": moved})
