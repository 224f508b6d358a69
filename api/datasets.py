"""Datasets: list, make, rename, remove."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import View
from api.fields import body, labels_to_lose, text
from api.shapes import DATASET, ERROR, many
from viewer.actions.create_dataset import create_dataset, rename_dataset
from viewer.actions.describe_dataset import describe_dataset, describe_datasets
from viewer.actions.remove_dataset import remove_dataset
from viewer.models import Dataset

TITLE = {"application/json": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}}


class DatasetList(View):
    access = {"GET": "signed_in", "POST": "admin"}

    @extend_schema(summary="The datasets that you may see", responses={200: many(DATASET)})
    def get(self, request: Request) -> Response:
        return Response(describe_datasets(Dataset.objects.visible_to(self.user).order_by("title"), self.user))

    @extend_schema(
        summary="Make a dataset, with a few classes to begin with", request=TITLE, responses={201: DATASET, 409: ERROR}
    )
    def post(self, request: Request) -> Response:
        dataset = create_dataset(text(body(request, "title"), "title"), by=self.user)
        return Response(describe_dataset(dataset, self.user), status=201)


class DatasetDetail(View):
    access = {"GET": "member", "PATCH": "manager", "DELETE": "admin"}

    @extend_schema(summary="A dataset", responses={200: DATASET})
    def get(self, request: Request, dataset_id: int) -> Response:
        return Response(describe_dataset(self.dataset, self.user))

    @extend_schema(summary="Rename a dataset", request=TITLE, responses={200: DATASET, 409: ERROR})
    def patch(self, request: Request, dataset_id: int) -> Response:
        rename_dataset(self.dataset, text(body(request, "title"), "title"))
        return Response(describe_dataset(self.dataset, self.user))

    @extend_schema(
        summary="Remove a dataset with its videos and labels",
        parameters=[OpenApiParameter("labels", int, required=True, description="number of labels that will be lost")],
        responses={204: None, 409: ERROR},
    )
    def delete(self, request: Request, dataset_id: int) -> Response:
        remove_dataset(self.dataset, labels=labels_to_lose(request))
        return Response(status=204)
