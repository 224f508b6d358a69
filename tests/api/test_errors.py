"""Errors have one shape, bodies are read strictly, keys work without a session."""

from __future__ import annotations

import hashlib
import logging

import orjson
import pytest
from django.db import connection

from tests.builders import make_dataset, make_user
from viewer.actions.api_key import make_api_key, revoke_api_key
from viewer.models import Dataset

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    user = make_user("admin", is_staff=True)
    client.force_login(user)
    return user


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": NaN}',
        b'{"title": 1e400}',
        b'{"title": "a\\u0000b"}',
        b'{"a\\u0000b": 1}',
        b'{"title": "\\ud800"}',
        b'{"title": 9007199254740993}',
        b'{"title": "unfinished',
        b'{"title": "\xff"}',
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_json_in_which_databases_or_browsers_would_disagree_is_refused(client, admin, body):
    response = client.post("/api/datasets/", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_json"


def test_a_backslash_before_u0000_is_no_nul(client, admin):
    response = client.post("/api/datasets/", b'{"title": "a\\\\u0000b"}', content_type="application/json")
    assert response.status_code == 201
    assert response.json()["title"] == "a\\u0000b"


def test_a_form_is_not_taken_for_json(client, admin):
    response = client.post("/api/datasets/", {"title": "Street"})
    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


def test_an_unknown_field_is_refused_by_name(client, admin):
    response = client.post("/api/datasets/", {"title": "x", "created_by": 7}, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["code"] == "unknown_field"
    assert "created_by" in response.json()["detail"]


def test_an_unknown_address_under_api_answers_json(client):
    response = client.get("/api/nothing/")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_a_method_that_is_not_there_is_named(client, admin):
    response = client.delete("/api/datasets/")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


def test_an_unforeseen_error_is_logged_under_the_reference_that_the_user_is_told(client, admin, monkeypatch, caplog):
    client.raise_request_exception = False
    monkeypatch.setattr("api.datasets.describe_datasets", lambda *args: 1 / 0)
    with caplog.at_level(logging.ERROR):
        response = client.get("/api/datasets/")
    assert response.status_code == 500
    body = response.json()
    assert body["code"] == "unexpected"
    assert body["reference"] in body["detail"]
    assert "ZeroDivisionError" not in response.content.decode()
    logged = [record for record in caplog.records if body["reference"] in record.getMessage()]
    assert logged and logged[0].exc_info is not None


def test_a_key_signs_a_script_in_without_session_or_csrf(client):
    user = make_user("ada", is_staff=True)
    key = make_api_key(user)
    header = {"authorization": f"Token {key}"}
    response = client.post("/api/datasets/", {"title": "Street"}, content_type="application/json", headers=header)
    assert response.status_code == 201
    assert "sessionid" not in response.cookies and not response.cookies


def test_only_the_hash_of_a_key_is_stored(db):
    user = make_user()
    key = make_api_key(user)
    user.refresh_from_db()
    assert key not in user.token_sha256
    assert user.token_sha256 == hashlib.sha256(key.encode()).hexdigest()


@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer", "Token "])
def test_a_wrong_or_revoked_key_is_refused(client, scheme):
    user = make_user()
    key = make_api_key(user)
    revoke_api_key(user)
    response = client.get("/api/datasets/", headers={"authorization": f"{scheme} {key}"})
    assert response.status_code == 401
    assert client.get("/api/datasets/", headers={"authorization": "Token "}).status_code == 401


def test_the_key_of_a_deactivated_person_is_dead(client):
    user = make_user()
    key = make_api_key(user)
    user.is_active = False
    user.save()
    assert client.get("/api/datasets/", headers={"authorization": f"Token {key}"}).status_code == 401


def test_the_schema_describes_every_route_and_is_valid(client, admin):
    from drf_spectacular.validation import validate_schema

    schema = orjson.loads(client.get("/api/schema/").content)
    validate_schema(schema)
    for path in ("/api/datasets/{dataset_id}/data-units/", "/api/label-rows/{label_row_id}/changes/", "/api/uploads/"):
        assert path in schema["paths"]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), f"{method} {path} says nothing"


def test_an_id_larger_than_the_database_holds_is_simply_not_found(client, admin):
    make_dataset()
    assert client.get(f"/api/datasets/{10**30}/").status_code == 404
    assert client.get(f"/datasets/{10**30}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_said_and_nothing_is_saved(client, admin):
    make_dataset("Street")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own way to have no room
        try:
            statuses = set()
            for n in range(400):
                title = f"{n} " + "x" * 180
                answer = client.post("/api/datasets/", {"title": title}, content_type="application/json")
                statuses.add(answer.status_code)
                if answer.status_code != 201:
                    break
            assert statuses == {201, 507}
            assert answer.json()["code"] == "insufficient_storage"
            assert "nothing was saved" in answer.json()["detail"]
            assert not Dataset.objects.filter(title=title).exists()
        finally:
            cursor.execute("PRAGMA max_page_count = 4294967294")
