"""The server's own pictures: which frame, for whom, how long they may be kept, and how many at once."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from api import frames
from api.frames import Slots
from tests.builders import make_data_unit, make_dataset, make_user, session_of
from tests.work import work
from viewer.actions.describe_data_unit import describe_data_unit
from viewer.media.errors import MediaError
from viewer.models import DataUnit, FrameTableRow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1"]
    subprocess.run(["ffmpeg", "-v", "error", *source, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path.read_bytes()


@pytest.fixture
def unit(film) -> DataUnit:
    unit = make_data_unit(make_dataset(reader=make_user("ada")), film)
    work()
    unit.refresh_from_db()
    return unit


def browser(username: str) -> Client:
    from viewer.models import User

    client = Client()
    user = User.objects.filter(username=username).first() or make_user(username)
    client.cookies[django_settings.SESSION_COOKIE_NAME] = session_of(user)
    return client


def url(unit: DataUnit, frame: int) -> str:
    return describe_data_unit(unit)["picture_url"].replace("{frame}", str(frame))


def test_a_picture_carries_its_frame_its_pts_and_its_digest(unit):
    answer = browser("ada").get(url(unit, 24))
    assert answer.status_code == 200
    assert answer.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert answer["X-Frame"] == "24"
    assert answer["X-Frame-Pts"] == str(24 * 512)
    assert answer["X-Frame-Digest"] == unit.table.digests_path.read_bytes()[24 * 16 : 25 * 16].hex()
    assert answer["X-Frame-Proved"] == "1"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"


def test_a_picture_that_the_browser_has_is_not_decoded_again(unit, monkeypatch):
    ada = browser("ada")
    etag = ada.get(url(unit, 3))["ETag"]
    monkeypatch.setattr(frames, "sandbox", None)
    again = ada.get(url(unit, 3), headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == etag


def test_a_picture_that_is_not_proved_yet_says_so_and_is_asked_for_again(unit):
    FrameTableRow.objects.update(state=FrameTableRow.PROVISIONAL, proved=10)
    ada = browser("ada")
    answer = ada.get(url(unit, 10))
    assert (answer["X-Frame-Proved"], answer["Cache-Control"]) == ("0", "private, no-cache")
    FrameTableRow.objects.update(proved=11)
    again = ada.get(url(unit, 10), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again["X-Frame-Proved"]) == (200, "1")


def test_only_an_address_that_names_table_and_file_may_be_kept(unit):
    ada = browser("ada")
    bare = ada.get(url(unit, 3).partition("&of=")[0])
    assert (bare.status_code, bare["Cache-Control"]) == (200, "private, no-cache")
    other = f"{'0' * 16}-{unit.file_id[:16]}"
    assert ada.get(url(unit, 3).replace(unit.table.imprint, other)).json()["code"] == "no_table"
    thumbnail = describe_data_unit(unit)["thumbnail_url"]
    assert ada.get(thumbnail)["Cache-Control"] == "private, max-age=86400"
    assert ada.get(thumbnail.partition("?")[0])["Cache-Control"] == "private, no-cache"
    assert ada.get(thumbnail.replace(unit.file_id[:16], "0" * 16)).status_code == 404


@pytest.mark.parametrize("table", ["999999", "x", "-1", "1" * 40, ""])
def test_an_unknown_table_is_404(unit, table):
    answer = browser("ada").get(f"/api/data-units/{unit.pk}/frames/0/picture?table={table}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_table")


def test_a_frame_past_the_last_is_404_and_says_which_there_are(unit):
    answer = browser("ada").get(url(unit, 25))
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_frame")
    assert "0 to 24" in answer.json()["detail"]


def test_who_is_no_member_sees_no_picture(unit):
    assert browser("eve").get(url(unit, 0)).status_code == 404
    assert browser("eve").get(f"/api/data-units/{unit.pk}/thumbnail").status_code == 404
    assert Client().get(url(unit, 0)).status_code == 401


def test_a_lost_thumbnail_is_made_again(unit):
    path: Path = unit.file.derived / "thumbnail.jpg"
    path.unlink()
    answer = browser("ada").get(f"/api/data-units/{unit.pk}/thumbnail")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer.content == path.read_bytes()


def test_there_is_no_thumbnail_before_the_packets_are_read(film):
    unit = make_data_unit(make_dataset(reader=make_user("ada")), film)
    assert browser("ada").get(f"/api/data-units/{unit.pk}/thumbnail").json()["code"] == "no_table"


def test_a_picture_that_cannot_be_decoded_is_a_sentence(unit, monkeypatch):
    class Broken:
        def picture(self, *arguments):
            raise MediaError("decoder_failed", "The decoder broke down on this file.")

    monkeypatch.setattr(frames, "sandbox", Broken)
    answer = browser("ada").get(url(unit, 0))
    assert (answer.status_code, answer.json()["code"]) == (422, "decoder_failed")


def test_when_too_many_pictures_are_asked_for_the_rest_is_told_to_come_back(unit, monkeypatch):
    monkeypatch.setattr(frames, "slots", Slots(at_once=1, may_wait=1, wait_seconds=0.1))
    inside, leave = threading.Event(), threading.Event()

    class Slow:
        def picture(self, *arguments):
            inside.set()
            leave.wait(20)
            raise MediaError("slow", "It took too long.")

    monkeypatch.setattr(frames, "sandbox", Slow)
    first, second = browser("ada"), browser("ada")
    statuses = []

    def ask() -> None:
        try:
            statuses.append(first.get(url(unit, 0)).status_code)
        finally:
            connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    inside.wait(20)
    answer = second.get(url(unit, 1))  # waits its turn, in vain
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer["Retry-After"] == str(frames.RETRY_SECONDS) == str(answer.json()["wait_seconds"])
    leave.set()
    thread.join()
    assert statuses == [422]


def test_no_more_than_a_few_wait():
    slots = Slots(at_once=1, may_wait=0, wait_seconds=60)
    with slots.take(), pytest.raises(frames.Busy), slots.take():
        pass
    with slots.take():
        pass  # room again
