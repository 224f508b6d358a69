"""Who works on a dataset, in which role."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import View
from api.fields import body, text
from api.shapes import ERROR, MEMBER, ROLE, many
from viewer.actions.set_member import remove_member, set_member
from viewer.models import DatasetMember

REQUEST = {
    "application/json": {
        "type": "object",
        "properties": {"username": {"type": "string"}, "role": {"enum": ROLE}},
        "required": ["username", "role"],
    }
}


def describe_member(member: DatasetMember) -> dict[str, object]:
    return {"user": member.user_id, "username": member.user.username, "role": member.role}


class MemberList(View):
    access = "manager"

    @extend_schema(summary="The members of a dataset", responses={200: many(MEMBER)})
    def get(self, request: Request, dataset_id: int) -> Response:
        members = self.dataset.members.select_related("user").order_by("user__username")
        return Response([describe_member(member) for member in members])

    @extend_schema(summary="Add a member, or change their role", request=REQUEST, responses={200: MEMBER, 422: ERROR})
    def post(self, request: Request, dataset_id: int) -> Response:
        data = body(request, "username", "role")
        return Response(describe_member(set_member(self.dataset, text(data, "username"), text(data, "role"))))


class MemberDetail(View):
    access = "manager"

    @extend_schema(summary="Take a member out; their labels stay", responses={204: None})
    def delete(self, request: Request, dataset_id: int, user_id: int) -> Response:
        remove_member(self.dataset, user_id)
        return Response(status=204)
