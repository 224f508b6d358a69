"""The classes of a dataset."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import View
from api.fields import body
from api.shapes import ERROR, ONTOLOGY
from viewer.actions.set_ontology import describe_ontology, set_ontology
from viewer.models import Ontology


class OntologyDetail(View):
    access = {"GET": "member", "PUT": "manager"}

    @extend_schema(summary="The classes of a dataset", responses={200: ONTOLOGY})
    def get(self, request: Request, dataset_id: int) -> Response:
        return Response(describe_ontology(Ontology.objects.get(dataset=self.dataset)))

    @extend_schema(
        summary="Replace the classes",
        description="A class with `id` null is new. One that labels name can neither go nor change its shape.",
        request=ONTOLOGY,
        responses={200: ONTOLOGY, 409: ERROR, 412: ERROR},
    )
    def put(self, request: Request, dataset_id: int) -> Response:
        data = body(request, "classes", "revision")
        ontology = set_ontology(self.dataset, data.get("classes"), revision=data.get("revision"))
        return Response(describe_ontology(ontology))
