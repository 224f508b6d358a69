"""Videos of a dataset: find, rename, remove."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import View
from api.fields import body, labels_to_lose, text, whole
from api.shapes import DATA_UNIT, DATA_UNITS, ERROR, NEIGHBOURS, STATE
from viewer.actions.describe_data_unit import describe_data_unit, describe_data_units
from viewer.actions.find_data_units import SORTS, find_data_units, find_neighbours
from viewer.actions.remove_data_unit import count_labels, remove_data_unit
from viewer.actions.rename_data_unit import rename_data_unit
from viewer.errors import ViewerError
from viewer.models import DataUnit

MOST = 500  # rows an answer

TITLE = {"application/json": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}}


class DataUnitList(View):
    access = "member"

    @extend_schema(
        summary="The videos of a dataset",
        parameters=[
            OpenApiParameter(
                "q", str, description="words of the title; `state:ready codec:hevc by:ann labels:none review:some`"
            ),
            OpenApiParameter("state", str, enum=STATE),
            OpenApiParameter("sort", str, description=f"comma separated, `-` for downwards: {', '.join(SORTS)}"),
            OpenApiParameter("offset", int),
            OpenApiParameter("limit", int, description=f"at most {MOST}; 0 only counts"),
        ],
        responses={200: DATA_UNITS, 400: ERROR},
    )
    def get(self, request: Request, dataset_id: int) -> Response:
        query = request.query_params
        found = find_data_units(
            self.dataset, query=query.get("q", ""), state=query.get("state", ""), sort=query.get("sort", "")
        )
        offset, limit = whole(request, "offset", 0), whole(request, "limit", 100, most=MOST)
        # The ids first: skipping 90,000 narrow rows is cheap, skipping them joined with files and tables is not.
        ids = list(found.values_list("pk", flat=True)[offset : offset + limit]) if limit else []
        units = DataUnit.objects.select_related("file", "table__file").in_bulk(ids)
        results = describe_data_units(units[id] for id in ids if id in units)
        return Response({"count": found.count(), "results": results})


class DataUnitDetail(View):
    access = {"GET": "member", "PATCH": "manager", "DELETE": "manager"}

    @extend_schema(summary="A video", responses={200: DATA_UNIT})
    def get(self, request: Request, data_unit_id: int) -> Response:
        return Response(describe_data_unit(self.data_unit))

    @extend_schema(summary="Rename a video", request=TITLE, responses={200: DATA_UNIT})
    def patch(self, request: Request, data_unit_id: int) -> Response:
        rename_data_unit(self.data_unit, text(body(request, "title"), "title"))
        return Response(describe_data_unit(self.data_unit))

    @extend_schema(
        summary="Remove a video with its labels",
        parameters=[OpenApiParameter("labels", int, required=True, description="number of labels that will be lost")],
        responses={204: None, 409: ERROR},
    )
    def delete(self, request: Request, data_unit_id: int) -> Response:
        labels = labels_to_lose(request)
        if labels is None:
            found = count_labels(self.data_unit)
            raise ViewerError(
                f"“{self.data_unit.title}” has {found} label{'' if found == 1 else 's'}. To remove it, say so with "
                f"?labels={found}.",
                code="labels_differ",
                status=409,
                labels=found,
            )
        remove_data_unit(self.data_unit, labels=labels)
        return Response(status=204)


class DataUnitNeighbours(View):
    access = "member"

    @extend_schema(
        summary="The videos before and after one in a list of its dataset",
        description="Of those that can be opened; `q` and `sort` as for the list.",
        parameters=[OpenApiParameter("q", str), OpenApiParameter("sort", str)],
        responses={200: NEIGHBOURS, 400: ERROR},
    )
    def get(self, request: Request, data_unit_id: int) -> Response:
        query = request.query_params
        found = find_neighbours(self.data_unit, query=query.get("q", ""), sort=query.get("sort", ""))
        units = DataUnit.objects.select_related("file", "table__file").in_bulk(
            [id for id in (found.previous, found.next) if id is not None]
        )
        described = {unit["id"]: unit for unit in describe_data_units(units.values())}
        return Response(
            {
                "position": found.position,
                "count": found.count,
                "previous": described.get(found.previous),
                "next": described.get(found.next),
            }
        )
