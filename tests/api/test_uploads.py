"""Resumable uploads: whole, in pieces, broken off, refused, cancelled."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import time
import uuid
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.test import Client

from tests import asgi_client
from tests.asgi_client import scope
from tests.builders import make_data_unit, make_dataset, make_user
from tests.uploader import TUS, Uploader
from viewer.actions import store_file as storing
from viewer.actions.api_key import make_api_key
from viewer.actions.store_file import clean_title, in_words
from viewer.actions.uploads import KEPT, sweep_uploads
from viewer.asgi import application
from viewer.live import upload_bytes as module
from viewer.live.upload_bytes import upload_bytes
from viewer.models import DatasetMember, DataUnit, Job, StoredFile, Upload

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = bytes(range(256)) * 12000  # 3 MB: several blocks
SIZE = len(CONTENT)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
asked = sync_to_async


@pytest.fixture
def dataset(ada):
    return make_dataset(manager=ada)


@pytest.fixture
def browser(ada):
    return Uploader(ada)


@pytest.fixture
def url(browser, dataset):
    return browser.begin(dataset, SIZE)["Location"]


def bytes_on_disk() -> set[str]:
    """Names of all files in the data folder that hold bytes of a video."""
    root = django_settings.DATA_DIR
    return {p.name for folder in ("files", "uploads") for p in (root / folder).glob("*")}


# -- whole --------------------------------------------------------------------------------------------------------


async def test_a_file_arrives_and_becomes_a_data_unit_that_is_to_be_read(browser, dataset, ada):
    begun = await asked(browser.begin)(dataset, SIZE, sha256=SHA256)
    assert begun.status_code == 201
    assert begun["Tus-Resumable"] == "1.0.0"
    url = begun["Location"]
    answer = await browser.patch(url, 0, CONTENT)
    assert answer.status == 204
    assert answer.headers["upload-offset"] == str(len(CONTENT))
    unit = await DataUnit.objects.select_related("file").aget()
    assert answer.headers["onframe-data-unit"] == str(unit.pk)
    assert (unit.title, unit.file_id, unit.file.size, unit.state) == ("film.mp4", SHA256, len(CONTENT), "waiting")
    assert unit.created_by_id == ada.pk
    assert await unit.label_rows.acount() == 1
    assert unit.file.path.read_bytes() == CONTENT
    assert not unit.file.path.stat().st_mode & 0o222
    assert bytes_on_disk() == {SHA256}
    assert await Job.objects.filter(kind="read", key=f"file:{SHA256}").acount() == 1


async def test_it_arrives_in_pieces_too(browser, url):
    for at in range(0, len(CONTENT), 700_000):
        answer = await browser.patch(url, at, CONTENT[at : at + 700_000])
        assert answer.status == 204
    assert (await StoredFile.objects.aget()).sha256 == SHA256


async def test_the_same_bytes_twice_are_stored_once(browser, dataset):
    for name in ("a.mp4", "b.mp4"):
        url = (await asked(browser.begin)(dataset, SIZE, filename=name))["Location"]
        await browser.patch(url, 0, CONTENT)
    assert await DataUnit.objects.acount() == 2
    assert await StoredFile.objects.acount() == 1
    assert bytes_on_disk() == {SHA256}


async def test_a_script_uploads_with_its_key_and_no_cookie(dataset, ada, browser):
    key = await asked(make_api_key)(ada)
    url = (await asked(browser.begin)(dataset, SIZE))["Location"]
    browser.headers = [(b"authorization", f"Token {key}".encode())]
    assert (await browser.patch(url, 0, CONTENT)).status == 204


# -- broken off and resumed ---------------------------------------------------------------------------------------


async def send_and_break(browser, url, offset, parts, *more):
    """A PATCH whose connection breaks after `parts`."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.disconnect"})
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    await upload_bytes(scope(url, *browser.patch_headers(offset, *more), method="PATCH"), receive, send)
    return sent


async def test_after_a_broken_connection_it_goes_on_at_the_very_byte(browser, url):
    assert await send_and_break(browser, url, 0, [CONTENT[:1_500_000], CONTENT[1_500_000:1_500_001]]) == []
    head = await asked(browser.head)(url)
    assert (head.status_code, head["Upload-Offset"], head["Upload-Length"]) == (200, "1500001", str(len(CONTENT)))
    assert head["Cache-Control"] == "no-store"
    assert (await browser.patch(url, 1_500_001, CONTENT[1_500_001:])).status == 204
    assert (await StoredFile.objects.aget()).sha256 == SHA256


async def test_bytes_at_another_offset_are_refused_and_nothing_is_written(browser, url):
    await browser.patch(url, 0, CONTENT[:100])
    for offset in (0, 99, 101):
        answer = await browser.patch(url, offset, b"x" * 50)
        assert answer.status == 409
        assert json.loads(answer.body)["offset"] == 100
    assert (await asked(browser.head)(url))["Upload-Offset"] == "100"


async def test_a_newer_request_takes_over_from_one_whose_connection_hangs(browser, url):
    hanging = asyncio.Event()
    sent = []
    first = [{"type": "http.request", "body": CONTENT[:1000], "more_body": True}]

    async def receive():
        if first:
            return first.pop()
        hanging.set()
        return await asyncio.get_running_loop().create_future()

    async def send(message):
        sent.append(message)

    old = asyncio.create_task(upload_bytes(scope(url, *browser.patch_headers(0), method="PATCH"), receive, send))
    await hanging.wait()
    assert (await browser.patch(url, 0, CONTENT)).status == 409  # the old one's bytes were written first
    await asyncio.wait_for(old, 5)
    assert sent[0]["status"] == 423
    assert (await browser.patch(url, 1000, CONTENT[1000:])).status == 204
    assert (await StoredFile.objects.aget()).sha256 == SHA256


async def test_silence_ends_a_request_and_keeps_what_came(browser, url, monkeypatch):
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.1)
    first = [{"type": "http.request", "body": CONTENT[:1000], "more_body": True}]
    sent = []

    async def receive():
        return first.pop() if first else await asyncio.get_running_loop().create_future()

    async def send(message):
        sent.append(message)

    await upload_bytes(scope(url, *browser.patch_headers(0), method="PATCH"), receive, send)
    assert sent[0]["status"] == 408
    assert (await asked(browser.head)(url))["Upload-Offset"] == "1000"


async def test_a_lost_answer_to_the_last_bytes_does_no_harm(browser, url):
    await browser.patch(url, 0, CONTENT)
    head = await asked(browser.head)(url)
    assert head["Upload-Offset"] == str(len(CONTENT))
    assert head["Onframe-Data-Unit"] == str((await DataUnit.objects.aget()).pk)
    assert (await browser.patch(url, len(CONTENT), b"")).status == 204
    assert await DataUnit.objects.acount() == 1


async def test_a_server_stopped_after_the_last_byte_finishes_when_it_is_asked(browser, url):
    upload = await Upload.objects.aget()
    upload.path.write_bytes(CONTENT)
    head = await asked(browser.head)(url)
    assert head["Onframe-Data-Unit"]
    assert (await StoredFile.objects.aget()).sha256 == SHA256


# -- checksums ----------------------------------------------------------------------------------------------------


async def test_bytes_that_differ_from_the_announced_sha256_are_removed(browser, dataset):
    url = (await asked(browser.begin)(dataset, SIZE, sha256="0" * 64))["Location"]
    answer = await browser.patch(url, 0, CONTENT)
    assert answer.status == 422
    assert json.loads(answer.body)["code"] == "checksum_mismatch"
    assert bytes_on_disk() == set()
    assert not await DataUnit.objects.aexists()
    assert (await asked(browser.head)(url)).status_code == 404


async def test_a_piece_with_a_wrong_checksum_is_not_kept_and_can_be_sent_again(browser, url):
    def checksum(body, algorithm="sha1"):
        digest = base64.b64encode(hashlib.new(algorithm, body).digest())
        return b"upload-checksum", algorithm.encode() + b" " + digest

    assert (await browser.patch(url, 0, CONTENT[:1000], checksum(CONTENT[:1000]))).status == 204
    bad = await browser.patch(url, 1000, CONTENT[1000:], checksum(b"other", "sha256"))
    assert (bad.status, json.loads(bad.body)["code"]) == (460, "checksum_mismatch")
    assert (await asked(browser.head)(url))["Upload-Offset"] == "1000"
    await send_and_break(browser, url, 1000, [CONTENT[1000:2000]], checksum(CONTENT[1000:], "md5"))
    assert (await asked(browser.head)(url))["Upload-Offset"] == "1000"
    assert (await browser.patch(url, 1000, CONTENT[1000:], checksum(CONTENT[1000:], "md5"))).status == 204
    for wrong in (b"crc32 AAAA", b"sha1 ???"):
        assert (await browser.patch(url, 0, b"", (b"upload-checksum", wrong))).status == 400


# -- limits -------------------------------------------------------------------------------------------------------


async def test_a_file_over_the_limit_is_refused_before_it_is_sent_saying_by_how_much(browser, dataset, settings):
    settings.MAX_VIDEO_BYTES = 10**9
    answer = await asked(browser.begin)(dataset, size=1_240_000_000)
    assert answer.status_code == 413
    body = answer.json()
    assert body["code"] == "too_large"
    assert "1.24 GB" in body["detail"]
    assert "240 MB" in body["detail"]
    assert "1 GB" in body["detail"]
    assert bytes_on_disk() == set()


async def test_an_empty_file_is_refused(browser, dataset):
    answer = await asked(browser.begin)(dataset, size=0)
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")


async def test_more_bytes_than_announced_are_refused(browser, dataset):
    url = (await asked(browser.begin)(dataset, size=10))["Location"]
    answer = await browser.patch(url, 0, b"x" * 11, (b"content-length", b"11"))
    assert answer.status == 413
    answer = await browser.patch(url, 0, b"x" * 11)  # without saying so first
    assert answer.status == 413
    assert (await asked(browser.head)(url))["Upload-Offset"] == "0"


async def test_a_full_disk_is_said_before_and_during_and_the_upload_goes_on_once_there_is_room(
    browser, dataset, monkeypatch
):
    usage = storing.shutil.disk_usage("/")
    monkeypatch.setattr(storing.shutil, "disk_usage", lambda path: usage._replace(free=300 << 20))
    answer = await asked(browser.begin)(dataset, size=900 << 20)
    assert (answer.status_code, answer.json()["code"]) == (507, "no_space")
    monkeypatch.undo()
    url = (await asked(browser.begin)(dataset, SIZE))["Location"]
    await browser.patch(url, 0, CONTENT[:1000])

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "pwrite", full)
    answer = await browser.patch(url, 1000, CONTENT[1000:])
    assert (answer.status, json.loads(answer.body)["code"]) == (507, "no_space")
    monkeypatch.undo()
    assert (await asked(browser.head)(url))["Upload-Offset"] == "1000"
    assert (await browser.patch(url, 1000, CONTENT[1000:])).status == 204


# -- cancelled, swept ---------------------------------------------------------------------------------------------


async def test_cancelling_removes_the_bytes(browser, url):
    await browser.patch(url, 0, CONTENT[:1000])
    assert (await asked(browser.delete)(url)).status_code == 204
    assert bytes_on_disk() == set()
    assert (await asked(browser.head)(url)).status_code == 404
    assert (await browser.patch(url, 1000, CONTENT[1000:])).status == 404


async def test_cancelling_while_bytes_come_ends_the_request(browser, url):
    block = CONTENT[: 1 << 20]
    count = 0
    sent = []

    async def receive():
        nonlocal count
        count += 1
        if count == 2:
            await asked(browser.delete)(url)
        return {"type": "http.request", "body": block, "more_body": True}

    async def send(message):
        sent.append(message)

    await upload_bytes(scope(url, *browser.patch_headers(0), method="PATCH"), receive, send)
    assert sent[0]["status"] == 404
    assert count < 4
    assert bytes_on_disk() == set()


async def test_cancelling_a_finished_upload_leaves_the_data_unit(browser, url):
    await browser.patch(url, 0, CONTENT)
    assert (await asked(browser.delete)(url)).status_code == 204
    assert await DataUnit.objects.acount() == 1
    assert bytes_on_disk() == {SHA256}


async def test_abandoned_uploads_are_swept_after_a_day_and_those_that_go_on_are_not(browser, dataset):
    urls = [(await asked(browser.begin)(dataset, SIZE))["Location"] for _ in range(2)]
    for url in urls:
        await browser.patch(url, 0, CONTENT[:1000])
    uploads = [u async for u in Upload.objects.order_by("created_at")]
    long_ago = time.time() - KEPT.total_seconds() - 60
    await Upload.objects.aupdate(created_at=uploads[0].created_at - KEPT * 2)
    os.utime(uploads[0].path, (long_ago, long_ago))
    stray = uploads[0].path.with_name("ingest-of-a-killed-process")
    stray.write_bytes(b"x")
    os.utime(stray, (long_ago, long_ago))
    assert await asked(sweep_uploads)() == 2
    assert bytes_on_disk() == {str(uploads[1].pk)}
    assert (await asked(browser.head)(urls[1]))["Upload-Offset"] == "1000"


# -- who may ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("annotator", 403), (None, 404)])
async def test_only_managers_add_videos(role, status, dataset):
    bob = await asked(make_user)("bob")
    if role:
        await DatasetMember.objects.acreate(dataset=dataset, user=bob, role=role)
    browser = await asked(Uploader)(bob)
    assert (await asked(browser.begin)(dataset, SIZE)).status_code == status


async def test_nobody_else_reaches_an_upload(url, browser):
    await browser.patch(url, 0, CONTENT[:10])
    eve = await asked(make_user)("eve", is_staff=True)
    other = await asked(Uploader)(eve)
    assert (await asked(other.head)(url)).status_code == 404
    assert (await asked(other.delete)(url)).status_code == 404
    assert (await other.patch(url, 10, b"x")).status == 404
    other.headers = []
    assert (await other.patch(url, 10, b"x")).status == 401
    assert (await asked(Client().head)(url, headers=TUS)).status_code == 401
    assert (await asked(browser.head)(url))["Upload-Offset"] == "10"


async def test_bytes_on_the_cookie_alone_are_refused(browser, url):
    for headers in ([browser.headers[0]], [browser.headers[0], (b"x-csrftoken", b"b" * 32)]):
        browser.headers = headers
        answer = await browser.patch(url, 0, b"x")
        assert (answer.status, json.loads(answer.body)["code"]) == (403, "csrf")


async def test_bytes_from_a_page_of_another_origin_are_refused(browser, url):
    assert (await browser.patch(url, 0, b"x", (b"origin", b"http://evil.example"))).status == 403
    assert (await browser.patch(url, 0, b"x", (b"origin", b"http://127.0.0.1:8000"))).status == 204


async def test_who_is_no_manager_any_more_cannot_go_on(browser, url):
    await DatasetMember.objects.aupdate(role="reader")
    assert (await browser.patch(url, 0, CONTENT)).status == 403


# -- the protocol -------------------------------------------------------------------------------------------------


async def test_options_say_what_is_understood(browser):
    answer = await asked(browser.django.options)("/api/uploads/")
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert set(answer["Tus-Extension"].split(",")) == {"creation", "termination", "checksum"}
    assert answer["Tus-Max-Size"] == str(django_settings.MAX_VIDEO_BYTES)


async def test_requests_that_are_not_tus_are_refused_with_a_sentence(browser, url, dataset):
    post = asked(browser.django.post)
    assert (await post("/api/uploads/")).status_code == 412
    good = {"Upload-Metadata": f"dataset {base64.b64encode(str(dataset.pk).encode()).decode()}"}
    for headers in (
        {"Upload-Length": "x", **good},
        {"Upload-Length": "-1", **good},
        {"Upload-Length": "1" * 30, **good},
        {"Upload-Length": "10", "Upload-Metadata": "dataset ???"},
        {"Upload-Length": "10", "Upload-Metadata": "dataset /w=="},
        {"Upload-Length": "10"},
    ):
        answer = await post("/api/uploads/", headers=TUS | headers)
        assert (answer.status_code, answer.json()["code"][:4]) == (400, "bad_")
    plain = browser.headers
    for headers, status in (
        ([], 412),
        ([(b"tus-resumable", b"1.0.0")], 415),
        ([(b"tus-resumable", b"1.0.0"), (b"content-type", b"application/offset+octet-stream")], 400),
    ):
        answer = await asgi_client.ask(application, url, *plain, *headers, method="PATCH", body=b"x")
        assert answer.status == status
    unknown = f"/api/uploads/{uuid.uuid4()}/"
    assert (await browser.patch(unknown, 0, b"x")).status == 404
    assert (await browser.patch("/api/uploads/../../etc/passwd", 0, b"x")).status == 404


# -- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("film.mp4", "film.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\a.mov", "a.mov"),
        ("<img src=x onerror=alert(1)>.mp4", "<img src=x onerror=alert(1)>.mp4"),
        ("gpj\u202e4pm.exe", "gpj4pm.exe"),
        ("a\u2066b\u2069\r\nc\0.mp4", "abc.mp4"),
        ("e\u0301te\u0301.mp4", "été.mp4"),
        ("", "Untitled"),
        ("..", "Untitled"),
        ("/", "Untitled"),
        ("x" * 400 + ".mp4", "x" * 296 + ".mp4"),
        ("x" * 400, "x" * 300),
        ("\ud800.mp4", "mp4"),
        ("🎬 क्षि.mp4", "🎬 क्षि.mp4"),
    ],
)
def test_hostile_names_become_plain_text(name, title):
    assert clean_title(name) == title


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1 kB"), (999_600, "1 MB"), (10**9, "1 GB")],
)
def test_sizes_in_words(size, words):
    assert in_words(size) == words


# -- storing ------------------------------------------------------------------------------------------------------


def test_bytes_that_come_back_while_they_are_removed_stay(dataset):
    from viewer.actions.remove_data_unit import discard_bytes

    unit = make_data_unit(dataset, CONTENT)
    discard_bytes(unit.file_id)
    assert unit.file.path.exists()


def test_a_file_system_without_hard_links_gets_a_copy(dataset, monkeypatch):
    def refuse(*args):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(storing.os, "link", refuse)
    unit = make_data_unit(dataset, CONTENT)
    assert unit.file.path.read_bytes() == CONTENT
    assert [p.name for p in Path(unit.file.path.parent).iterdir()] == [SHA256]
