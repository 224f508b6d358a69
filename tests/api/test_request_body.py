"""Nobody fills the disk with a body: not by its length, not in chunks without end, not by silence."""

from __future__ import annotations

import json

import pytest
from asgiref.testing import ApplicationCommunicator

from tests.asgi_client import ask, scope
from tests.builders import cookie, make_user
from viewer.asgi import application
from viewer.live import request_body

pytestmark = pytest.mark.django_db(transaction=True)

CHUNKED = (b"transfer-encoding", b"chunked")
FORM = (b"content-type", b"application/x-www-form-urlencoded")
JSON = (b"content-type", b"application/json")


async def send_without_end(path, *headers, most: int) -> tuple[int, dict, dict, int]:
    """Status, headers, body, and how many bytes were taken before the answer came."""
    call = ApplicationCommunicator(application, scope(path, *headers, CHUNKED, method="POST"))
    taken = 0
    block = b"a" * 32 * 1024
    while taken < most and call.output_queue.empty():
        await call.send_input({"type": "http.request", "body": block, "more_body": True})
        taken += len(block)
        if await call.receive_nothing(0.02, 0.005) is False:
            break
    started = await call.receive_output(10)
    body = await call.receive_output(10)
    await call.wait(10)
    return started["status"], dict(started["headers"]), json.loads(body["body"]), taken


async def test_a_body_without_end_from_a_stranger_is_refused_after_64_kilobytes():
    status, headers, body, taken = await send_without_end("/signin/", FORM, most=1 << 20)
    assert status == 413
    assert body["code"] == "too_large"
    assert taken <= 4 * request_body.STRANGERS
    assert headers[b"connection"] == b"close"


async def test_a_cookie_that_nobody_was_given_opens_no_larger_door():
    made_up = (b"cookie", b"onframe_session=abcdefghijklmnopqrstuvwxyz012345")
    status, _, body, _ = await send_without_end("/signin/", FORM, made_up, most=1 << 20)
    assert (status, body["code"]) == (413, "too_large")


async def test_a_long_body_of_a_page_whose_session_has_ended_is_answered_with_that():
    status, _, body, _ = await send_without_end("/api/label-rows/1/changes/", JSON, most=1 << 20)
    assert (status, body["code"]) == (401, "signed_out")


async def test_a_body_of_somebody_who_is_signed_in_has_the_limit_of_all_requests(settings, ada_cookie):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
    status, _, body, taken = await send_without_end("/api/datasets/", JSON, ada_cookie, most=2 << 20)
    assert (status, body["code"]) == (413, "too_large")
    assert taken > 256 * 1024


async def test_a_length_above_the_limit_is_refused_before_a_byte_is_read(settings, ada_cookie):
    length = (b"content-length", str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1).encode())
    call = ApplicationCommunicator(application, scope("/api/datasets/", JSON, ada_cookie, length, method="POST"))
    started = await call.receive_output(10)
    assert started["status"] == 413
    await call.wait(10)


async def test_a_body_that_stops_coming_is_given_up(monkeypatch):
    monkeypatch.setattr(request_body, "SILENCE_SECONDS", 0.1)
    call = ApplicationCommunicator(application, scope("/signin/", FORM, CHUNKED, method="POST"))
    await call.send_input({"type": "http.request", "body": b"username=", "more_body": True})
    started = await call.receive_output(10)
    assert started["status"] == 408
    await call.wait(10)


async def test_a_body_within_the_limits_reaches_django(ada_cookie):
    length = (b"content-length", b"100000")
    body = b'{"title": "' + b"a" * 99_987 + b'"}'
    answer = await ask(application, "/api/datasets/", JSON, ada_cookie, length, method="POST", body=body)
    # Neither signed out nor too large: what comes after those two asks for the CSRF token.
    assert json.loads(answer.body)["code"] in ("csrf", "not_allowed")


@pytest.fixture
def ada_cookie(transactional_db):
    return cookie(make_user("ada"))
