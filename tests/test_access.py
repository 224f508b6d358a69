"""Who may do what, over every route there is. A route that is not in the table below fails."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from api.auth import Declared, access_of
from tests.builders import make_data_unit, make_dataset, make_user, session_of
from viewer.models import DataUnit, User

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
WORDS = {"public", "signed_in", "member", "annotator", "manager", "admin"}

# What the product promises, written down once more and apart from the code: route, method, who.
POLICY = {
    ("/api/datasets/", "GET"): "signed_in",
    ("/api/datasets/", "POST"): "admin",
    ("/api/datasets/<dataset>/", "GET"): "member",
    ("/api/datasets/<dataset>/", "PATCH"): "manager",
    ("/api/datasets/<dataset>/", "DELETE"): "admin",
    ("/api/datasets/<dataset>/members/", "GET"): "manager",
    ("/api/datasets/<dataset>/members/", "POST"): "manager",
    ("/api/datasets/<dataset>/members/<user>/", "DELETE"): "manager",
    ("/api/datasets/<dataset>/ontology/", "GET"): "member",
    ("/api/datasets/<dataset>/ontology/", "PUT"): "manager",
    ("/api/datasets/<dataset>/data-units/", "GET"): "member",
    ("/api/datasets/<dataset>/export", "GET"): "member",
    ("/api/data-units/<data_unit>/", "GET"): "member",
    ("/api/data-units/<data_unit>/", "PATCH"): "manager",
    ("/api/data-units/<data_unit>/", "DELETE"): "manager",
    ("/api/data-units/<data_unit>/frames/<frame>/picture", "GET"): "member",
    ("/api/data-units/<data_unit>/thumbnail", "GET"): "member",
    ("/api/data-units/<data_unit>/neighbours/", "GET"): "member",
    ("/api/data-units/<data_unit>/export", "GET"): "member",
    ("/api/uploads/", "POST"): "signed_in",  # and the manager of the dataset in its metadata: tests/api/test_uploads.py
    ("/api/uploads/<upload>/", "HEAD"): "signed_in",  # and whoever began it
    ("/api/uploads/<upload>/", "PATCH"): "signed_in",
    ("/api/uploads/<upload>/", "DELETE"): "signed_in",
    ("/api/label-rows/<label_row>/", "GET"): "member",
    ("/api/label-rows/<label_row>/changes/", "GET"): "member",
    ("/api/label-rows/<label_row>/changes/", "POST"): "annotator",
    ("/api/label-rows/<label_row>/review/", "GET"): "member",
    ("/api/label-rows/<label_row>/review/", "POST"): "annotator",
    ("/api/users/", "GET"): "admin",
    ("/api/users/", "POST"): "admin",
    ("/api/users/<user>/", "GET"): "admin",
    ("/api/users/<user>/", "PATCH"): "admin",
    ("/api/users/<user>/signin-link/", "POST"): "admin",
    ("/api/schema/", "GET"): "signed_in",
    ("/api/docs/", "GET"): "signed_in",
    ("/", "GET"): "signed_in",
    ("/", "POST"): "signed_in",  # and an admin: test_only_admins_make_datasets
    ("/datasets/<dataset>/", "GET"): "member",
    ("/label/<label_row>/", "GET"): "member",
    ("/view/<data_unit>/", "GET"): "member",
    ("/signin/", "GET"): "public",
    ("/signin/", "POST"): "public",
    ("/signin/<token>/", "GET"): "public",
    ("/signout/", "POST"): "public",
    ("/account/", "GET"): "signed_in",
    ("/account/", "POST"): "signed_in",
    ("/users/", "GET"): "admin",
    ("/users/", "POST"): "admin",
    ("/help/", "GET"): "public",
    ("/help/<topic>/", "GET"): "public",
}
# What each person may: the words that they satisfy.
PEOPLE = {
    "anonymous": {"public"},
    "stranger": {"public", "signed_in"},
    "reader": {"public", "signed_in", "member"},
    "annotator": {"public", "signed_in", "member", "annotator"},
    "manager": {"public", "signed_in", "member", "annotator", "manager"},
    "admin": WORDS,
}


@dataclass(frozen=True)
class Route:
    path: str  # /api/datasets/<dataset>/
    pattern: URLPattern


def routes(resolver: URLResolver | None = None, before: str = "/") -> Iterator[Route]:
    for item in (resolver or get_resolver()).url_patterns:
        path = before + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from routes(item, path)
        else:
            yield Route(re.sub(r"<(?:\w+:)?(\w+?)(?:_id)?>", r"<\1>", path), item)


ROUTES = list(routes())


def test_every_route_declares_who_may_use_it():
    for route in ROUTES:
        view = getattr(route.pattern.callback, "view_class", None) or getattr(route.pattern.callback, "cls", None)
        if view is None:
            assert getattr(route.pattern.callback, "access", None) in WORDS, f"{route.path} declares nothing"
            continue
        assert view.permission_classes == [Declared], f"{route.path} does not look at what it declares"
        for method in METHODS:
            if hasattr(view, method.lower()):
                assert access_of(view, method) in WORDS, f"{method} {route.path} declares nothing"


def test_every_route_is_in_the_table_of_this_test():
    assert {route.path for route in ROUTES} == {path for path, _ in POLICY}


def test_a_view_that_declares_nothing_is_closed_even_to_admins(rf):
    from rest_framework.response import Response
    from rest_framework.test import force_authenticate
    from rest_framework.views import APIView

    class Forgotten(APIView):
        def get(self, request):
            return Response({})

    request = rf.get("/")
    force_authenticate(request, make_user(is_staff=True))
    assert Forgotten.as_view()(request).status_code == 403


@pytest.fixture
def world() -> dict[str, object]:
    people = {role: make_user(role) for role in ("reader", "annotator", "manager")}
    dataset = make_dataset(**people)
    unit = make_data_unit(dataset, b"film")
    DataUnit.objects.filter(pk=unit.pk).update(state="failed", error_code="x", error="Broken.")
    return {
        "people": {**people, "stranger": make_user("stranger"), "admin": make_user("admin", is_staff=True)},
        "dataset": dataset.pk,
        "data_unit": unit.pk,
        "label_row": unit.label_rows.get().pk,
        "user": people["reader"].pk,
        "frame": 0,
        "topic": "keys",
        "token": "nothing",
        "upload": "00000000-0000-0000-0000-000000000000",
    }


def browser(world: dict, person: str, **options: object) -> Client:
    client = Client(**options)
    if person != "anonymous":
        client.cookies[settings.SESSION_COOKIE_NAME] = session_of(world["people"][person])
    return client


def address(world: dict, path: str) -> str:
    return re.sub(r"<(\w+)>", lambda match: str(world[match[1]]), path)


@pytest.mark.parametrize("person", PEOPLE)
def test_every_route_answers_each_person_as_promised(world, person):
    # Reading before writing, and what removes something last: one world is enough for all.
    order = {"GET": 0, "HEAD": 0, "POST": 1, "PATCH": 2, "PUT": 2, "DELETE": 3}
    leaves = {("/signout/", "POST"), ("/signin/", "POST")}
    for path, method in sorted(POLICY, key=lambda key: (key in leaves, order[key[1]], -len(key[0]))):
        needed = POLICY[path, method]
        response = browser(world, person).generic(
            method, address(world, path), b"{}", content_type="application/json", headers={"tus-resumable": "1.0.0"}
        )
        is_api = path.startswith("/api/") and path != "/api/docs/"
        to_signin = response.status_code == 302 and response["Location"].startswith("/signin/") and path != "/signout/"
        content = b"" if response.streaming else response.content
        where = f"{person}: {method} {path} answered {response.status_code} {content[:200]!r}"
        if needed in PEOPLE[person]:
            assert response.status_code != 401 and not to_signin, where
            if response.status_code in (403, 404):
                # Refused for another reason than the person: no frame table yet, no such upload, an admin's action.
                body = json.loads(content) if is_api and content else {}
                fine = body.get("code") in ("no_table", "no_such_upload") or (path, method) in {
                    ("/api/uploads/<upload>/", "HEAD"),
                    ("/", "POST"),
                    ("/users/", "POST"),  # this one names no user; tests/pages/ does
                }
                assert fine, where
        elif person == "anonymous":
            assert response.status_code == 401 if is_api else to_signin, where
        elif needed == "admin" and is_api and (person != "stranger" or "<dataset>" not in path):
            assert response.status_code == 403, where
        elif is_api and person != "stranger":
            assert response.status_code == 403 and json.loads(content)["code"] == "not_allowed", where
        else:
            # Whoever may not see a thing is not told that it exists.
            assert response.status_code in ((403, 404) if needed == "admin" and is_api else (404,)), where


@pytest.mark.parametrize(("path", "method"), [key for key in POLICY if key[1] not in ("GET", "HEAD")])
def test_every_change_needs_the_csrf_token(world, path, method):
    client = browser(world, "admin", enforce_csrf_checks=True)
    response = client.generic(
        method, address(world, path), b"{}", content_type="application/json", headers={"tus-resumable": "1.0.0"}
    )
    assert response.status_code == 403
    if path.startswith("/api/"):
        assert json.loads(response.content)["code"] == "csrf"


@pytest.mark.parametrize("path", [path for path, method in POLICY if method == "GET"])
def test_reading_changes_nothing(world, path):
    client = browser(world, "admin")
    with CaptureQueriesContext(connection) as queries:
        client.get(address(world, path))
    written = [query["sql"] for query in queries if re.match(r"(INSERT|UPDATE|DELETE|REPLACE)", query["sql"])]
    assert written == []


def test_others_data_units_do_not_appear_through_filters(world):
    other = make_dataset("Other")
    make_data_unit(other, b"secret", title="secret.mp4")
    client = browser(world, "manager")
    for query in ("q=secret", "sort=title", "q=state:waiting"):
        answer = client.get(f"/api/datasets/{world['dataset']}/data-units/?{query}").json()
        assert "secret.mp4" not in [unit["title"] for unit in answer["results"]]
    assert client.get(f"/api/datasets/{other.pk}/data-units/").status_code == 404


def test_who_loses_the_role_loses_access_at_the_next_request(world):
    client = browser(world, "reader")
    assert client.get(f"/api/data-units/{world['data_unit']}/").status_code == 200
    browser(world, "manager").delete(f"/api/datasets/{world['dataset']}/members/{world['user']}/")
    assert client.get(f"/api/data-units/{world['data_unit']}/").status_code == 404


def test_a_deactivated_person_is_signed_out_at_once(world):
    client = browser(world, "manager")
    User.objects.filter(username="manager").update(is_active=False)
    assert client.get("/api/datasets/").status_code == 401
    assert client.get("/").status_code == 302
