"""People, for admins."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import View
from api.fields import body, flag, text
from api.shapes import ERROR, USER, many
from viewer.actions.manage_users import create_user, set_active, set_admin
from viewer.actions.signin_link import make_signin_link
from viewer.errors import NotFound, ViewerError
from viewer.models import User

CREATE = {
    "application/json": {
        "type": "object",
        "properties": {"username": {"type": "string"}, "is_admin": {"type": "boolean"}},
        "required": ["username"],
    }
}
CHANGE = {
    "application/json": {
        "type": "object",
        "properties": {"is_active": {"type": "boolean"}, "is_admin": {"type": "boolean"}},
    }
}


def describe_user(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "username": user.username,
        "is_admin": user.is_staff,
        "is_active": user.is_active,
        "last_login": user.last_login.isoformat() if user.last_login else None,
    }


class UserList(View):
    access = "admin"

    @extend_schema(summary="All users", responses={200: many(USER)})
    def get(self, request: Request) -> Response:
        return Response([describe_user(user) for user in User.objects.order_by("username")])

    @extend_schema(
        summary="Make a user; a sign-in link lets them in", request=CREATE, responses={201: USER, 409: ERROR}
    )
    def post(self, request: Request) -> Response:
        data = body(request, "username", "is_admin")
        is_admin = flag(data, "is_admin") if "is_admin" in data else False
        return Response(describe_user(create_user(text(data, "username"), is_admin=is_admin)), status=201)


class UserDetail(View):
    access = "admin"

    @extend_schema(summary="A user", responses={200: USER})
    def get(self, request: Request, user_id: int) -> Response:
        return Response(describe_user(_find(user_id)))

    @extend_schema(
        summary="Deactivate, reactivate, make or unmake an admin", request=CHANGE, responses={200: USER, 409: ERROR}
    )
    def patch(self, request: Request, user_id: int) -> Response:
        data = body(request, "is_active", "is_admin")
        user = _find(user_id)
        if "is_admin" in data:
            set_admin(user, flag(data, "is_admin"))
        if "is_active" in data:
            set_active(user, flag(data, "is_active"))
        return Response(describe_user(user))


class UserSigninLink(View):
    access = "admin"

    @extend_schema(
        summary="A link that signs the user in once",
        request=None,
        responses={201: {"type": "object", "properties": {"url": {"type": "string"}}}},
    )
    def post(self, request: Request, user_id: int) -> Response:
        user = _find(user_id)
        if not user.is_active:
            raise ViewerError(
                f"“{user.username}” is deactivated. Activate them first.", code="inactive_user", status=409
            )
        return Response({"url": request.build_absolute_uri(make_signin_link(user))}, status=201)


def _find(user_id: int) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such user.")
    return user
