"""Files that are not what they say, by the whole way: sent, read, verified. What is refused leaves nothing behind but
a sentence, and the next file is read as if nothing had been."""

from __future__ import annotations

import random
import struct
import tempfile
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings

from tests.builders import make_dataset, make_user
from tests.e2e import numbered
from tests.leftovers import leftovers
from tests.uploader import Uploader
from tests.work import work
from viewer.actions.remove_data_unit import remove_data_unit
from viewer.models import Dataset, DataUnit, Job, Upload

pytestmark = pytest.mark.django_db(transaction=True)

FRAMES = 60
ENDS = (DataUnit.READY, DataUnit.NEEDS_REENCODE, DataUnit.FAILED)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "good.mp4"
    options = (*numbered.H264, "-g", "20", "-bf", "2", "-movflags", "+faststart")
    return numbered.make(path, FRAMES, *options, width=160, height=128).read_bytes()


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch) -> Path:
    """Where this process would put temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


class Sender:
    """Sends a file as a browser does and has it read as the server does."""

    def __init__(self) -> None:
        ada = make_user("ada")
        self.dataset: Dataset = make_dataset(manager=ada)
        self.uploader = Uploader(ada)

    async def send(self, content: bytes, name: str = "film.mp4") -> DataUnit:
        begun = await sync_to_async(self.uploader.begin)(self.dataset, len(content), name)
        assert begun.status_code == 201, begun.content
        answer = await self.uploader.patch(begun["Location"], 0, content)
        assert answer.status == 204, answer.body
        await sync_to_async(work)()
        return await DataUnit.objects.select_related("file", "table__file").aget(pk=answer.headers["onframe-data-unit"])


@pytest.fixture
def sender() -> Sender:
    return Sender()


async def check_end(unit: DataUnit, temporary: Path) -> None:
    """The file has come to an end that its user can read, and nothing lies about."""
    assert unit.state in ENDS
    if unit.state == DataUnit.READY:
        assert (unit.error_code, unit.error) == ("", "")
        assert unit.table.proved == unit.table.frame_count > 0
    else:
        assert unit.error_code.replace("_", "").isalpha()
        assert unit.error.endswith((".", ")", "?"))
        assert "\n" not in unit.error
        assert str(django_settings.DATA_DIR) not in unit.error
    assert await sync_to_async(leftovers)() == set()
    assert list(temporary.iterdir()) == []
    assert not await Job.objects.filter(state__in=(Job.QUEUED, Job.RUNNING)).aexists()
    assert not await Upload.objects.filter(data_unit=None).aexists()


async def check_next(sender: Sender, good: bytes, temporary: Path) -> None:
    """The next good file is read normally; without the others, nothing is left of them."""
    unit = await sender.send(good, "good.mp4")
    await check_end(unit, temporary)
    assert (unit.state, unit.table.frame_count, unit.facts["unclean_frames"]) == (DataUnit.READY, FRAMES, 0)
    async for other in DataUnit.objects.exclude(pk=unit.pk):
        if other.file_id != unit.file_id:
            await sync_to_async(remove_data_unit)(other)
    kept = {path.name for folder in ("files", "derived") for path in (django_settings.DATA_DIR / folder).iterdir()}
    assert kept == {unit.file_id}


NO_VIDEOS = {
    "text": b"This is no film.\n" * 100,
    "zeros": bytes(100_000),
    "noise": random.Random(1).randbytes(50_000),
    "one byte": b"\0",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(2000),
    "ffconcat": b"ffconcat version 1.0\nfile 'file:///etc/passwd'\n",
    "HLS": b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "HLS of itself": b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfilm.mp4\n#EXT-X-ENDLIST\n",
    "DASH": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"></MPD>',
    "SDP": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n",
    "web page": b"<!doctype html><script>alert(1)</script>",
    "box of 2^63 bytes": struct.pack(">I4sQ", 1, b"moov", 2**63 - 1) + bytes(1000),
}


async def test_what_is_no_video_is_refused_and_leaves_nothing_behind(sender, good, temporary):
    for name, content in NO_VIDEOS.items():
        unit = await sender.send(content)
        await check_end(unit, temporary)
        assert unit.state == DataUnit.FAILED, name
        assert unit.table_id is None, name
    await check_next(sender, good, temporary)


async def test_a_file_of_no_bytes_is_refused_before_it_is_sent(sender, good, temporary):
    begun = await sync_to_async(sender.uploader.begin)(sender.dataset, 0)
    assert (begun.status_code, begun.json()["code"]) == (422, "empty_file")
    assert not await Upload.objects.aexists()
    assert await sync_to_async(leftovers)() == set()
    await check_next(sender, good, temporary)


async def test_files_that_were_cut_off_are_refused_or_read_and_leave_nothing_behind(sender, good, temporary):
    states = []
    for tenth in range(1, 11):
        unit = await sender.send(good[: len(good) * tenth // 11])
        await check_end(unit, temporary)
        states.append(unit.state)
        if unit.state == DataUnit.READY:
            assert unit.table.frame_count <= FRAMES
    assert DataUnit.READY in states  # the index comes first in this file: what is there can be labelled
    await check_next(sender, good, temporary)


async def test_a_file_whose_index_was_to_come_last_is_refused_when_it_was_cut_off(sender, good, temporary, tmp_path):
    numbered._ffmpeg(["-i", str(_written(tmp_path, good))], ["-c", "copy", str(tmp_path / "last.mp4")])
    content = (tmp_path / "last.mp4").read_bytes()
    unit = await sender.send(content[: len(content) // 2])
    await check_end(unit, temporary)
    assert unit.state == DataUnit.FAILED
    await check_next(sender, good, temporary)


async def test_mutated_files_are_refused_or_read_and_leave_nothing_behind(sender, good, temporary):
    chance = random.Random(21)
    for _ in range(20):
        broken = bytearray(good)
        for _ in range(chance.choice((1, 4, 32))):
            # The index, at the beginning, is where a changed byte does most.
            broken[chance.randrange(chance.choice((4000, len(broken))))] = chance.randrange(256)
        await check_end(await sender.send(bytes(broken)), temporary)
    await check_next(sender, good, temporary)


@pytest.mark.parametrize("count", [0, 2**31 - 1, 2**32 - 1])
async def test_forged_counts_are_refused_or_not_believed_and_leave_nothing_behind(sender, good, temporary, count):
    for box, offset in ((b"stts", 8), (b"stsz", 8), (b"stsc", 4), (b"ctts", 4), (b"stco", 4), (b"mdhd", 16)):
        forged = bytearray(good)
        struct.pack_into(">I", forged, forged.index(box) + 4 + offset, count)
        unit = await sender.send(bytes(forged))
        await check_end(unit, temporary)
        if unit.state == DataUnit.READY:
            assert unit.table.frame_count <= FRAMES, box
    await check_next(sender, good, temporary)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("<img src=x onerror=alert(1)>.mp4", "<img src=x onerror=alert(1)>.mp4"),  # text, wherever it is shown
        ("gpj\u202e4pm.exe", "gpj4pm.exe"),
        ("x" * 300 + ".mp4", "x" * 296 + ".mp4"),
        ("../../../etc/passwd", "passwd"),
        ("C:\\films\\..\\a.mov", "a.mov"),
        ("a\r\nSet-Cookie: b\0.mp4", "aSet-Cookie: b.mp4"),
        ("", "Untitled"),
    ],
)
async def test_a_hostile_name_is_only_a_title(sender, good, temporary, name, title):
    unit = await sender.send(good, name)
    await check_end(unit, temporary)
    assert (unit.state, unit.title) == (DataUnit.READY, title)
    assert {path.name for path in (django_settings.DATA_DIR / "files").iterdir()} == {unit.file_id}
    media = await sync_to_async(sender.uploader.django.get)(f"/api/data-units/{unit.pk}/export")
    assert "\n" not in media["Content-Disposition"]


def _written(folder: Path, content: bytes) -> Path:
    path = folder / "written.mp4"
    path.write_bytes(content)
    return path
