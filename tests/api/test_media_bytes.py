"""Bytes of originals, side files and tables: who gets them, which of them, and how they may be kept."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tracemalloc

import pytest
from asgiref.sync import sync_to_async

from tests import asgi_client
from tests.asgi_client import scope
from tests.builders import cookie, make_data_unit, make_dataset, make_table, make_user
from viewer.actions.api_key import make_api_key
from viewer.actions.describe_data_unit import describe_data_unit
from viewer.live import media_bytes as module
from viewer.live.media_bytes import byte_range, media_bytes
from viewer.models import DatasetMember, DataUnit, FrameTableRow

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = bytes(range(256)) * 20  # 5,120 bytes


@pytest.fixture
def unit(ada):
    return make_data_unit(make_dataset(reader=ada), CONTENT)


def url(unit: DataUnit) -> str:
    return f"/media/{unit.pk}/{unit.file_id}"


async def ask(path: str, *headers: tuple[bytes, bytes], method: str = "GET"):
    return await asgi_client.ask(media_bytes, path, *headers, method=method)


async def test_the_whole_file_comes_with_headers_that_keep_it_for_ever_and_let_nothing_run(unit, ada):
    answer = await ask(url(unit), await sync_to_async(cookie)(ada))
    assert answer.status == 200
    assert answer.body == CONTENT
    assert answer.headers["content-length"] == "5120"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["etag"] == f'"{unit.file_id}"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''film.mp4"


@pytest.mark.parametrize(
    ("asked", "first", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=5000-", 5000, 5120),
        ("bytes=-20", 5100, 5120),
        ("bytes=-99999", 0, 5120),
        ("bytes=5119-99999", 5119, 5120),
        ("Bytes = 1-2", 1, 3),
    ],
)
async def test_a_range_is_answered_with_exactly_its_bytes(unit, ada, asked, first, stop):
    answer = await ask(url(unit), await sync_to_async(cookie)(ada), (b"range", asked.encode()))
    assert answer.status == 206
    assert answer.body == CONTENT[first:stop]
    assert answer.headers["content-range"] == f"bytes {first}-{stop - 1}/5120"
    assert answer.headers["content-length"] == str(stop - first)


@pytest.mark.parametrize(
    "asked", ["bytes=5120-", "bytes=-0", "bytes=9-3", "bytes=a-b", "bytes=", "bytes=-", "bytes=--1"]
)
async def test_a_range_that_cannot_be_satisfied_is_416_and_says_the_size(unit, ada, asked):
    answer = await ask(url(unit), await sync_to_async(cookie)(ada), (b"range", asked.encode()))
    assert answer.status == 416
    assert answer.headers["content-range"] == "bytes */5120"
    assert json.loads(answer.body)["code"] == "bad_range"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "items=0-1", "nonsense"])
async def test_several_ranges_and_other_units_are_answered_with_everything(unit, ada, asked):
    answer = await ask(url(unit), await sync_to_async(cookie)(ada), (b"range", asked.encode()))
    assert (answer.status, answer.body) == (200, CONTENT)


async def test_what_the_browser_has_is_not_sent_again(unit, ada):
    own = await sync_to_async(cookie)(ada)
    etag = f'"{unit.file_id}"'.encode()
    for tags in (etag, b'"x", W/' + etag, b"*"):
        answer = await ask(url(unit), own, (b"if-none-match", tags), (b"range", b"bytes=0-3"))
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == etag.decode()
    assert (await ask(url(unit), own, (b"if-none-match", b'"other"'))).status == 200


async def test_if_range_with_another_etag_or_a_date_gets_everything(unit, ada):
    own = await sync_to_async(cookie)(ada)
    part = (b"range", b"bytes=0-3")
    assert (await ask(url(unit), own, part, (b"if-range", f'"{unit.file_id}"'.encode()))).status == 206
    for other in (b'"other"', f'W/"{unit.file_id}"'.encode(), b"Wed, 21 Oct 2026 07:28:00 GMT"):
        assert (await ask(url(unit), own, part, (b"if-range", other))).status == 200


async def test_head_says_all_and_sends_nothing(unit, ada):
    answer = await ask(url(unit), await sync_to_async(cookie)(ada), (b"range", b"bytes=0-3"), method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == "5120"


async def test_other_methods_are_refused(unit, ada):
    answer = await ask(url(unit), await sync_to_async(cookie)(ada), method="POST")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


async def test_nobody_else_gets_a_byte(unit, ada):
    bob = await sync_to_async(make_user)("bob")
    other_file = "0" * 64
    assert (await ask(url(unit))).status == 401
    assert (await ask(url(unit), (b"cookie", b"onframe_session=nonsense"))).status == 401
    assert (await ask(url(unit), (b"authorization", b"Token nonsense"))).status == 401
    assert (await ask(url(unit), await sync_to_async(cookie)(bob))).status == 404
    own = await sync_to_async(cookie)(ada)
    assert (await ask(f"/media/{unit.pk}/{other_file}", own)).status == 404
    assert (await ask(f"/media/{unit.pk + 1}/{unit.file_id}", own)).status == 404
    for path in ("/media/", f"/media/{unit.pk}/", f"{url(unit)}/../x", f"/media/{unit.pk}/tables/x/frames"):
        assert (await ask(path, own)).status == 404


async def test_an_api_key_opens_what_its_owner_may_see(unit, ada):
    key = await sync_to_async(make_api_key)(ada)
    answer = await ask(url(unit), (b"authorization", f"Token {key}".encode()))
    assert (answer.status, answer.body) == (200, CONTENT)


async def test_who_is_taken_out_of_the_dataset_loses_the_bytes_within_ten_seconds(unit, ada, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    own = await sync_to_async(cookie)(ada)
    assert (await ask(url(unit), own)).status == 200
    await sync_to_async(DatasetMember.objects.all().delete)()
    clock[0] += 10
    assert (await ask(url(unit), own)).status == 404


async def test_a_person_made_inactive_loses_the_bytes(unit, ada):
    own = await sync_to_async(cookie)(ada)
    ada.is_active = False
    await sync_to_async(ada.save)()
    assert (await ask(url(unit), own)).status == 401


async def test_only_proved_digests_are_served_and_they_may_not_be_kept_while_they_grow(unit, ada):
    row = await sync_to_async(make_table)(unit, frame_count=10, proved=4)
    own = await sync_to_async(cookie)(ada)
    digests = f"/media/{unit.pk}/tables/{row.pk}/digests?of={row.imprint}"
    answer = await ask(digests, own)
    assert answer.body == bytes(range(16)) * 4
    assert answer.headers["cache-control"] == "private, no-cache"
    assert (await ask(digests, own, (b"range", b"bytes=64-"))).status == 416
    row.proved = 5
    await sync_to_async(row.save)()
    again = await ask(digests, own, (b"range", b"bytes=64-"))
    assert (again.status, again.body) == (206, bytes(range(16)))
    assert again.headers["etag"] != answer.headers["etag"]
    row.proved, row.state = 10, FrameTableRow.VERIFIED
    await sync_to_async(row.save)()
    done = await ask(digests, own)
    assert len(done.body) == 160
    assert "immutable" in done.headers["cache-control"]


async def test_the_frames_of_a_table_never_change_and_may_be_kept(unit, ada):
    row = await sync_to_async(make_table)(unit)
    address = (await sync_to_async(describe_data_unit)(unit))["table"]["frames_url"]
    answer = await ask(address, await sync_to_async(cookie)(ada))
    assert answer.body == b"frames of the table"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["etag"] == f'"{row.content_sha256}"'


async def test_an_id_that_is_given_out_again_after_a_restore_has_other_addresses_which_answer_404(unit, ada):
    own = await sync_to_async(cookie)(ada)
    row = await sync_to_async(make_table)(unit)
    row.side_path.parent.mkdir(parents=True)
    row.side_path.write_bytes(b"packets")
    before = await sync_to_async(describe_data_unit)(unit)
    old = [before["table"]["frames_url"], before["table"]["digests_url"], before["side_url"]]
    for address in old:
        assert (await ask(address, own)).status == 200
    # The copy of the database does not have this table; the next one that is made gets its id, of other content.
    module.forget_decisions()
    number = row.pk
    await sync_to_async(row.delete)()
    await sync_to_async(make_table)(unit, frame_count=7, pk=number)
    for address in old:
        assert (await ask(address, own)).status == 404
    after = await sync_to_async(describe_data_unit)(unit)
    assert after["table"]["frames_url"] != before["table"]["frames_url"]
    assert after["picture_url"] != before["picture_url"]
    assert after["thumbnail_url"] != before["thumbnail_url"]
    for section in ("frames", "digests"):
        bare = await ask(f"/media/{unit.pk}/tables/{number}/{section}", own)
        assert (bare.status, bare.headers["cache-control"]) == (200, "private, no-cache")


async def test_each_table_keeps_its_own_packets(unit, ada):
    own = await sync_to_async(cookie)(ada)
    old = await sync_to_async(make_table)(unit)
    address = (await sync_to_async(describe_data_unit)(unit))["side_url"]
    old.side_path.parent.mkdir(parents=True)
    old.side_path.write_bytes(b"old packets")
    new = await sync_to_async(make_table)(unit, frame_count=11)
    new.side_path.write_bytes(b"new packets")
    kept = await ask(address, own)  # by a page that was open before
    assert (kept.body, kept.headers["cache-control"]) == (b"old packets", module.IMMUTABLE)
    assert (await ask((await sync_to_async(describe_data_unit)(unit))["side_url"], own)).body == b"new packets"
    assert (await ask(f"{url(unit)}/side", own)).body == b"new packets"
    assert (await ask(f"{url(unit)}/side?table=x", own)).status == 404


async def test_a_table_of_another_file_is_not_reached_through_ones_own_data_unit(unit, ada):
    other = await sync_to_async(make_dataset)("Other")
    strange = await sync_to_async(make_data_unit)(other, b"strange")
    row = await sync_to_async(make_table)(strange)
    assert (await ask(f"/media/{unit.pk}/tables/{row.pk}/frames", await sync_to_async(cookie)(ada))).status == 404


async def test_a_title_cannot_break_out_of_its_header(unit, ada):
    unit.title = 'a"\r\nSet-Cookie: x=1;é.mp4'
    await sync_to_async(unit.save)()
    answer = await ask(url(unit), await sync_to_async(cookie)(ada))
    assert answer.headers["content-disposition"].isascii()
    assert "\r" not in answer.headers["content-disposition"]
    assert '"' not in answer.headers["content-disposition"]


async def test_a_large_file_is_sent_whole_in_flat_memory(ada, unit, data_dir):
    size = 64 << 20
    path = data_dir / "large"
    path.write_bytes(os.urandom(1 << 20) * 64)
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    await sync_to_async(make_large)(unit, path, size)
    own = await sync_to_async(cookie)(ada)
    digest, received = hashlib.sha256(), 0

    async def send(message):
        nonlocal received
        if message["type"] == "http.response.body":
            digest.update(message["body"])
            received += len(message["body"])
            await asyncio.sleep(0)

    await media_bytes(scope(url(unit), own), request_then_wait(), send)  # warm
    digest, received = hashlib.sha256(), 0
    tracemalloc.start()
    try:
        await media_bytes(scope(url(unit), own), request_then_wait(), send)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (received, digest.hexdigest()) == (size, expected)
    assert peak < 6 << 20


async def test_reading_stops_when_the_client_goes_away(ada, unit, data_dir):
    size = 64 << 20
    path = data_dir / "large"
    path.write_bytes(bytes(size))
    await sync_to_async(make_large)(unit, path, size)
    gone = asyncio.Event()
    sent = 0

    async def receive():
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        nonlocal sent
        sent += len(message.get("body", b""))
        if sent > 4 << 20:
            gone.set()
        await asyncio.sleep(0)

    await media_bytes(scope(url(unit), await sync_to_async(cookie)(ada)), receive, send)
    assert sent < 8 << 20


async def test_a_file_that_is_shorter_than_it_should_be_breaks_the_connection(ada, unit, data_dir):
    path = data_dir / "short"
    path.write_bytes(bytes(3 << 20))
    await sync_to_async(make_large)(unit, path, 5 << 20)

    async def send(message):
        pass

    with pytest.raises(OSError, match="early"):
        await media_bytes(scope(url(unit), await sync_to_async(cookie)(ada)), request_then_wait(), send)


async def test_bytes_that_are_gone_are_404_and_no_crash(ada, unit):
    unit.file.path.unlink()
    assert (await ask(url(unit), await sync_to_async(cookie)(ada))).status == 404


def test_ranges_of_an_empty_file_are_never_satisfiable():
    assert byte_range("bytes=0-", 0) == "unsatisfiable"
    assert byte_range("bytes=-5", 0) == "unsatisfiable"


def make_large(unit: DataUnit, path, size: int) -> None:
    unit.file.path.unlink()
    path.rename(unit.file.path)
    unit.file.size = size
    unit.file.save()


def request_then_wait():
    first = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if first:
            return first.pop()
        return await asyncio.get_running_loop().create_future()

    return receive
