"""Files are read and verified once, whatever happens to whoever does it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from tests.builders import make_data_unit, make_dataset
from tests.work import until, work
from viewer.actions.describe_data_unit import describe_data_unit
from viewer.actions.enqueue import cancel, enqueue
from viewer.actions.rebuild_tables import rebuild_tables
from viewer.actions.remove_data_unit import remove_data_unit
from viewer.actions.sandboxed import sandbox
from viewer.jobs import lease as leases
from viewer.jobs import publish, read, verify
from viewer.jobs.kinds import KINDS, Kind
from viewer.jobs.lease import Holder, LeaseLost, claim, release_orphans
from viewer.jobs.worker import Worker, run
from viewer.media.errors import MediaError
from viewer.media.frame_table import UNCLEAN, FrameTable
from viewer.media.reading import read_video
from viewer.media.sandbox import Verified
from viewer.models import DataUnit, Event, FrameTableRow, Job, LabelRecord

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    encode = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i"]
    x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    subprocess.run([*encode, "testsrc2=s=160x120:r=25:d=2", *x264, str(folder / "short.mp4")], check=True)
    # Long enough to be killed in the middle of, on any machine that is not very fast.
    subprocess.run([*encode, "testsrc2=s=640x360:r=30:d=120", *x264, str(folder / "long.mp4")], check=True)
    return folder


@pytest.fixture
def holder() -> Iterator[Holder]:
    holder = Holder()
    yield holder
    holder.close()


# -- reading ------------------------------------------------------------------------------------------------------


def test_a_video_is_read_verified_and_ready(films, holder):
    dataset = make_dataset()
    unit = make_data_unit(dataset, (films / "short.mp4").read_bytes())
    assert work(holder) == 2
    unit.refresh_from_db()
    assert (unit.state, unit.error) == (DataUnit.READY, "")
    assert (unit.facts["frame_count"], unit.facts["unclean_frames"]) == (50, 0)
    row = unit.table
    assert (row.state, row.proved, row.frame_count) == (FrameTableRow.VERIFIED, 50, 50)
    assert FrameTable.from_bytes(row.frames_path.read_bytes()).frame_count == 50
    assert row.digests_path.stat().st_size == 50 * 16
    assert (row.file.derived / "thumbnail.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert set(Job.objects.values_list("state", flat=True)) == {Job.DONE}
    states = [e.data["state"] for e in Event.objects.filter(topic=f"dataset:{dataset.pk}").order_by("id")]
    assert states[0] == "waiting"
    assert "verifying" in states
    assert states[-1] == "ready"
    progress = Event.objects.filter(topic=f"data_unit:{unit.pk}", type="table.progress").last().data
    assert progress == {"table": row.pk, "state": "verified", "proved": 50, "frame_count": 50, "seconds_left": 0}


def test_it_can_be_looked_at_as_soon_as_its_packets_are_read(films, holder):
    unit = make_data_unit(make_dataset(), (films / "short.mp4").read_bytes())
    run(claim(holder, ["read"]))
    unit.refresh_from_db()
    assert unit.state == DataUnit.VERIFYING
    assert (unit.table.state, unit.table.proved) == (FrameTableRow.PROVISIONAL, 0)


def test_the_proved_prefix_grows_and_pages_are_told(films, holder, monkeypatch):
    monkeypatch.setattr(verify, "TELL_SECONDS", 0)
    unit = make_data_unit(make_dataset(), (films / "long.mp4").read_bytes())
    work(holder)
    told = Event.objects.filter(topic=f"data_unit:{unit.pk}", type="table.progress").order_by("id")
    proved = [event.data["proved"] for event in told]
    assert len(proved) > 2
    assert proved == sorted(proved)
    assert proved[-1] == 3600


@pytest.mark.parametrize(
    "content",
    [
        b"this is no video\n" * 100,
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"#EXTM3U\n#EXT-X-VERSION:3\n/etc/passwd\n",
    ],
)
def test_what_is_no_video_fails_with_a_sentence_and_is_not_tried_again(holder, content):
    unit = make_data_unit(make_dataset(), content)
    assert work(holder) == 1
    unit.refresh_from_db()
    assert unit.state == DataUnit.FAILED
    assert unit.error_code
    assert unit.error.endswith((".", "?"))
    assert Job.objects.get().state == Job.FAILED
    assert not list((unit.file.derived / "side").iterdir())
    assert work(holder) == 0


def test_more_frames_than_are_allowed_fail_saying_by_how_much(films, holder, settings):
    settings.MAX_FRAMES = 40
    unit = make_data_unit(make_dataset(), (films / "short.mp4").read_bytes())
    work(holder)
    unit.refresh_from_db()
    assert (unit.state, unit.error_code) == (DataUnit.FAILED, "too_many_frames")
    assert "40" in unit.error
    assert "10" in unit.error


def test_after_a_bad_file_the_next_one_is_read(films, holder):
    dataset = make_dataset()
    make_data_unit(dataset, b"\0" * 1000)
    good = make_data_unit(dataset, (films / "short.mp4").read_bytes())
    work(holder)
    good.refresh_from_db()
    assert good.state == DataUnit.READY


# -- the same bytes -----------------------------------------------------------------------------------------------


def test_the_same_bytes_are_stored_and_verified_once(films, holder):
    content = (films / "short.mp4").read_bytes()
    first = make_data_unit(make_dataset("One"), content)
    work(holder)
    second = make_data_unit(make_dataset("Two"), content)
    assert work(holder) == 0
    first.refresh_from_db()
    assert (second.state, second.table, second.facts) == (DataUnit.READY, first.table, first.facts)
    assert len(list((django_settings.DATA_DIR / "files").iterdir())) == 1


def test_a_twin_that_comes_while_the_file_is_verified_becomes_ready_with_it(films, holder):
    content = (films / "short.mp4").read_bytes()
    make_data_unit(make_dataset("One"), content)
    early = make_data_unit(make_dataset("Two"), content)  # before the packets are read
    run(claim(holder, ["read"]))
    late = make_data_unit(make_dataset("Three"), content)  # after
    assert late.state == DataUnit.VERIFYING
    assert work(holder) == 1
    for unit in (early, late):
        unit.refresh_from_db()
        assert unit.state == DataUnit.READY


def test_bytes_go_with_the_last_data_unit_that_shows_them(films, holder):
    content = (films / "short.mp4").read_bytes()
    one, two = make_data_unit(make_dataset("One"), content), make_data_unit(make_dataset("Two"), content)
    work(holder)
    file = one.file
    remove_data_unit(one)
    assert file.path.exists()
    assert file.derived.exists()
    two.refresh_from_db()
    remove_data_unit(two, labels=0)
    assert not file.path.exists()
    assert not file.derived.exists()


def test_removing_a_data_unit_stops_the_work_on_it(films, holder):
    unit = make_data_unit(make_dataset(), (films / "short.mp4").read_bytes())
    lease = claim(holder, ["read"])
    remove_data_unit(unit)
    run(lease)
    assert Job.objects.get().state == Job.CANCELLED
    assert not FrameTableRow.objects.exists()


# -- a table that was wrong ---------------------------------------------------------------------------------------


def copied(table: FrameTable, **columns: object) -> FrameTable:
    """A table that another decoder might make of the same file."""
    copy = FrameTable.from_bytes(table.to_bytes())
    for name, column in columns.items():
        object.__setattr__(copy, name, column)
    return copy


def without(table: FrameTable, frame: int) -> FrameTable:
    columns = ("frame_pts", "frame_packet", "frame_second_packet", "frame_flags")
    kept = {name: [*getattr(table, name)[:frame], *getattr(table, name)[frame + 1 :]] for name in columns}
    return copied(table, **kept)


def digests_without(digests: bytes, frame: int) -> bytes:
    return digests[: 16 * frame] + digests[16 * (frame + 1) :]


class Decoder:
    """Stands for another FFmpeg: gives the table and digests that it is told to."""

    def __init__(self, table: FrameTable, digests: bytes, same: int):
        self._verified = Verified(table, digests, same, True)

    def libraries(self):
        return sandbox().libraries()

    def verify(self, path, table, limits):
        yield self._verified


def label(unit: DataUnit, kind: str, frame: int, table: FrameTable, digest: bytes, **value: object) -> LabelRecord:
    receipt = {
        "table": unit.table_id,
        "frame": frame,
        "pts": table.frame_pts[frame],
        "packet": table.frame_packet[frame],
        "proof": "browser_digest",
        "digest": digest.hex(),
    }
    ends = {"frame": frame} if kind == "keyframe" else {}
    return LabelRecord.objects.create(
        label_row=unit.label_rows.get(),
        record=str(uuid.uuid4()),
        kind=kind,
        revision=1,
        value=json.dumps({"track": "t", **ends, **value, "receipt": receipt}),
        track="t",
        frame=frame,
        table=unit.table,
    )


def at(content: bytes, frame: int) -> bytes:
    return content[16 * frame : 16 * (frame + 1)]


def aged(unit: DataUnit, table: FrameTable, digests: bytes, **by: object) -> FrameTableRow:
    """Have the unit's table been built before an upgrade: by other rules, or another FFmpeg."""
    before = copied(table, **by)
    FrameTableRow.objects.filter(pk=unit.table.pk).update(
        **by, content_sha256=hashlib.sha256(before.to_bytes()).hexdigest()
    )
    unit.refresh_from_db()
    unit.table.frames_path.write_bytes(before.to_bytes())
    unit.table.digests_path.write_bytes(digests)
    return unit.table


def upgraded(monkeypatch, holder, unit: DataUnit, table: FrameTable, digests: bytes) -> None:
    """Build the unit's table again with a decoder that gives `table` and `digests`."""
    assert rebuild_tables(sandbox().libraries()) == 1
    run(claim(holder, ["read"]))
    with monkeypatch.context() as patch:
        patch.setattr(verify, "sandbox", lambda: Decoder(table, digests, 0))
        work(holder)
    unit.refresh_from_db()


OLDER = {"libraries": {"libavcodec": "1.0.0"}}


@pytest.fixture
def verified(films, holder) -> tuple[DataUnit, FrameTable, bytes]:
    """A data unit, its frames and their digests."""
    unit = make_data_unit(make_dataset(), (films / "short.mp4").read_bytes())
    work(holder)
    unit.refresh_from_db()
    row = unit.table
    return unit, FrameTable.from_bytes(row.frames_path.read_bytes()), row.digests_path.read_bytes()


def test_where_the_decoder_disagrees_a_new_table_takes_over_and_labels_before_that_go_with_it(
    films, holder, monkeypatch
):
    unit = make_data_unit(make_dataset(), (films / "short.mp4").read_bytes())
    run(claim(holder, ["read"]))
    unit.refresh_from_db()
    old = unit.table
    whole = FrameTable.from_bytes(old.frames_path.read_bytes())
    digests = bytes(range(16)) * 49
    for frame in (3, 19):
        label(unit, "keyframe", frame, whole, at(digests, frame))
    shorter = without(whole, 49)
    for frame in (30, 31):
        shorter.frame_flags[frame] |= UNCLEAN
    monkeypatch.setattr(verify, "sandbox", lambda: Decoder(shorter, digests, 20))
    work(holder)
    unit.refresh_from_db()
    new = unit.table
    assert new.pk != old.pk
    assert (new.supersedes_id, new.same_until, new.frame_count, new.state) == (old.pk, 20, 49, "verified")
    assert unit.state == DataUnit.READY
    assert (unit.facts["frame_count"], unit.facts["unclean_frames"]) == (49, 2)
    assert set(LabelRecord.objects.values_list("table_id", flat=True)) == {new.pk}
    told = Event.objects.get(type="table.replaced")
    assert (told.topic, told.data["old"], told.data["table"]["id"]) == (f"data_unit:{unit.pk}", old.pk, new.pk)
    assert old.frames_path.exists()


@pytest.mark.parametrize("by", [{"algorithm": 0}, OLDER], ids=["rules", "FFmpeg"])
def test_a_table_of_before_an_upgrade_is_built_again_while_pages_keep_the_one_they_have(verified, holder, by):
    unit, table, digests = verified
    assert rebuild_tables(sandbox().libraries()) == 0
    old = aged(unit, table, digests, **by)
    DataUnit.objects.update(facts={"frame_count": 50, "unclean_frames": 0})  # fewer were told then
    record = label(unit, "keyframe", 7, table, at(digests, 7))
    assert rebuild_tables(sandbox().libraries()) == 1
    run(claim(holder, ["read"]))
    unit.refresh_from_db()
    assert (unit.state, unit.table) == (DataUnit.READY, old)
    work(holder)
    unit.refresh_from_db()
    record.refresh_from_db()
    assert unit.table != old
    assert (unit.table.supersedes, unit.table.same_until) == (old, 50)
    assert rebuild_tables(sandbox().libraries()) == 0
    assert (unit.facts["unclean_frames"], unit.facts["codec"]) == (0, "h264")
    assert record.table == unit.table
    assert json.loads(record.value)["receipt"]["table"] == unit.table.pk
    assert describe_data_unit(unit)["to_review"] == 0


def test_an_upgrade_amid_verification_verifies_the_new_table_and_takes_the_labels_along(films, holder):
    unit = make_data_unit(make_dataset(), (films / "short.mp4").read_bytes())
    run(claim(holder, ["read"]))
    unit.refresh_from_db()
    read = read_video(unit.file.path)
    old = aged(unit, read.table, read.digests[: 16 * 20], **OLDER)
    FrameTableRow.objects.filter(pk=old.pk).update(proved=20)
    record = label(unit, "keyframe", 7, read.table, at(read.digests, 7))
    assert rebuild_tables(sandbox().libraries()) == 1  # the verification of the old table is queued still
    work(holder)
    unit.refresh_from_db()
    record.refresh_from_db()
    assert (unit.state, unit.table.state, unit.table.libraries) == ("ready", "verified", sandbox().libraries())
    assert record.table == unit.table != old
    assert describe_data_unit(unit)["to_review"] == 0


def test_what_an_older_ffmpeg_has_published_is_not_gone_on_with(films, holder):
    unit = make_data_unit(make_dataset(), (films / "short.mp4").read_bytes())
    run(claim(holder, ["read"]))
    unit.refresh_from_db()
    table = FrameTable.from_bytes(unit.table.frames_path.read_bytes())
    old = aged(unit, table, b"x" * 16 * 20, **OLDER)  # it decoded to other pictures
    FrameTableRow.objects.filter(pk=old.pk).update(proved=20)
    work(holder)  # the verification that was under way when the server was stopped
    unit.refresh_from_db()
    assert (unit.state, unit.error, unit.table == old) == ("ready", "", False)


def test_going_back_to_the_ffmpeg_of_before_takes_its_table_again(verified, holder):
    unit, table, digests = verified
    newer = aged(unit, table, digests, **OLDER)
    assert rebuild_tables(sandbox().libraries()) == 1
    work(holder)
    unit.refresh_from_db()
    older = unit.table
    assert older != newer
    DataUnit.objects.update(table=newer)
    unit.refresh_from_db()
    record = label(unit, "keyframe", 7, table, at(digests, 7))
    assert rebuild_tables(sandbox().libraries()) == 1
    work(holder)
    unit.refresh_from_db()
    assert unit.table == older
    record.refresh_from_db()
    assert record.table == older
    assert rebuild_tables(sandbox().libraries()) == 0


def test_the_worker_asks_which_ffmpeg_there_is_and_has_tables_of_another_built_again(verified):
    FrameTableRow.objects.update(**OLDER)
    worker = Worker()
    worker.start()
    try:
        until(lambda: Job.objects.filter(kind="read", priority=-10).exists())
    finally:
        worker.stop()


@pytest.mark.parametrize("reencode", [False, True])
def test_what_was_verified_stays_when_building_its_table_again_fails(verified, holder, monkeypatch, reencode):
    unit, table, digests = verified
    old = aged(unit, table, digests, algorithm=0)
    scan = sandbox().scan

    class Stricter:
        def scan(self, *arguments):
            if reencode:
                return dataclasses.replace(scan(*arguments), needs_reencode="It cannot be labelled as it is.")
            raise MediaError("no_video", "The file has no video that can be shown.")

    with monkeypatch.context() as patch:
        patch.setattr(read, "sandbox", Stricter)
        rebuild_tables(sandbox().libraries())
        work(holder)
    unit.refresh_from_db()
    assert (unit.state, unit.table, unit.error_code) == (DataUnit.READY, old, "")
    assert unit.facts["rebuild_error"]["code"] == ("needs_reencode" if reencode else "no_video")
    rebuild_tables(sandbox().libraries())  # at the next start
    work(holder)
    unit.refresh_from_db()
    assert unit.table != old
    assert "rebuild_error" not in unit.facts


@pytest.mark.parametrize("kind", ["keyframe", "range"])
def test_labels_go_over_to_a_new_table_with_their_receipts_in_its_terms(verified, holder, monkeypatch, kind):
    unit, table, digests = verified
    old = aged(unit, table, digests, **OLDER)
    ends = {} if kind == "keyframe" else {"first": 2, "last": 3}
    record = label(unit, kind, 3, table, at(digests, 3), **ends)
    # Another splitting of the same bytes into packets: the numbers are others, the places are not.
    size = table.packet_size[0]
    renumbered = copied(
        table,
        packet_pos=[0, *table.packet_pos],
        packet_size=[size + 1, *table.packet_size],
        packet_flags=[8, *table.packet_flags],
        frame_packet=[packet + 1 for packet in table.frame_packet],
    )
    upgraded(monkeypatch, holder, unit, renumbered, digests)
    before, record = record, LabelRecord.objects.get()
    assert (record.table_id, record.revision, unit.table == old) == (unit.table_id, 1, False)
    was, now = json.loads(before.value), json.loads(record.value)
    assert now["receipt"] == was["receipt"] | {"table": unit.table_id, "packet": table.frame_packet[3] + 1}
    assert now | {"receipt": None} == was | {"receipt": None}


def test_labels_on_frames_that_are_not_the_same_stay_and_are_counted(verified, holder, monkeypatch):
    unit, table, digests = verified
    old = aged(unit, table, digests, **OLDER)
    other = bytes(16)
    changed = digests[: 16 * 10] + other + digests[16 * 11 :]
    stay = [
        label(unit, "keyframe", 10, table, at(digests, 10)),  # another picture
        label(unit, "keyframe", 30, table, at(digests, 30)),  # no frame any more
        label(unit, "keyframe", 40, table, at(digests, 40)),  # has another number
        label(unit, "range", 5, table, at(digests, 5), first=5, last=45),  # ends on another number
    ]
    go = [
        label(unit, "keyframe", 9, table, at(digests, 9)),
        label(unit, "keyframe", 11, table, at(digests, 11)),
        label(unit, "range", 5, table, at(digests, 5), first=5, last=None),
    ]
    upgraded(monkeypatch, holder, unit, without(table, 30), digests_without(changed, 30))
    assert unit.table.same_until == 10
    assert set(LabelRecord.objects.filter(table=old)) == set(stay)
    assert set(LabelRecord.objects.filter(table=unit.table)) == set(go)
    assert describe_data_unit(unit)["to_review"] == 4


def test_decoding_that_gives_other_pictures_the_second_time_is_reported_not_published(films, holder):
    unit = make_data_unit(make_dataset(), (films / "short.mp4").read_bytes())
    run(claim(holder, ["read"]))
    unit.refresh_from_db()
    row = unit.table
    row.digests_path.write_bytes(b"\1" * 16 * 10)
    row.proved = 10
    row.save()
    work(holder)
    unit.refresh_from_db()
    assert (unit.state, unit.error_code) == (DataUnit.FAILED, "not_repeatable")


# -- leases -------------------------------------------------------------------------------------------------------


def test_of_many_who_want_a_job_one_gets_it(holder):
    enqueue("read", "x")
    got = []

    def take() -> None:
        try:
            got.append(claim(holder, ["read"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([lease for lease in got if lease]) == 1


def test_a_job_is_queued_once_a_key_and_again_after_it_is_done(holder):
    first = enqueue("read", "x")
    assert enqueue("read", "x") == first
    lease = claim(holder, ["read"])
    assert enqueue("read", "x") == first
    lease.done()
    assert enqueue("read", "x") != first


def test_who_lost_the_lease_can_no_longer_write(holder):
    enqueue("read", "x")
    slow = claim(holder, ["read"])
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    quick = claim(holder, ["read"])
    assert quick is not None
    with pytest.raises(LeaseLost), slow.fence():
        Job.objects.update(error="never to be seen")
    slow.done()
    slow.renew()
    assert slow.lost
    job = Job.objects.get()
    assert (job.state, job.error, job.attempt) == (Job.RUNNING, "", 2)
    quick.done()
    assert Job.objects.get().state == Job.DONE


def test_a_cancelled_job_stops_at_its_next_write(holder):
    enqueue("read", "x")
    lease = claim(holder, ["read"])
    cancel(("read",), "x")
    with pytest.raises(LeaseLost):
        lease.tell_progress(0.5)
    assert Job.objects.get().state == Job.CANCELLED


def test_an_unforeseen_error_is_tried_three_times_ever_later_and_then_reported(holder, monkeypatch):
    failed = []

    def explode(lease):
        raise RuntimeError("unforeseen")

    monkeypatch.setitem(KINDS, "read", Kind(explode, lambda lease, code, sentence: failed.append((code, sentence))))
    enqueue("read", "x")
    waits = []
    for _ in range(2):
        run(claim(holder, ["read"]))
        job = Job.objects.get()
        assert job.state == Job.QUEUED
        waits.append(job.not_before - timezone.now())
        assert claim(holder, ["read"]) is None
        Job.objects.update(not_before=timezone.now())
    assert waits[1] > waits[0] > timedelta(0)
    assert not failed
    run(claim(holder, ["read"]))
    assert Job.objects.get().state == Job.FAILED
    assert failed[0][0] == "read_failed"


def test_a_job_that_ends_its_process_every_time_is_given_up(holder):
    unit = make_data_unit(make_dataset(), b"whatever")
    Job.objects.update(attempt=leases.MAX_ATTEMPTS)
    run(claim(holder, ["read"]))
    unit.refresh_from_db()
    assert (unit.state, unit.error_code) == (DataUnit.FAILED, "read_failed")


def test_a_job_that_gets_further_each_time_is_not_given_up(holder):
    enqueue("verify", "x")
    for fraction in (0.2, 0.4, 0.6, 0.8):
        lease = claim(holder, ["verify"])
        lease.tell_progress(fraction)
        Job.objects.update(state=Job.QUEUED, token="")
    assert not claim(holder, ["verify"]).exhausted


def test_progress_is_written_at_most_once_a_second(holder, django_assert_num_queries):
    enqueue("verify", "x")
    lease = claim(holder, ["verify"])
    with django_assert_num_queries(1):
        for step in range(100):
            lease.tell_progress(step / 100)


def test_a_stopped_worker_gives_its_job_back_at_once(films):
    unit = make_data_unit(make_dataset(), (films / "long.mp4").read_bytes())
    worker = Worker()
    worker.start()
    until(lambda: Job.objects.filter(kind="verify", state=Job.RUNNING).exists())
    worker.stop()
    job = Job.objects.get(kind="verify")
    assert (job.state, job.attempt, job.token) == (Job.QUEUED, 0, "")
    again = Worker()
    again.start()
    try:
        until(lambda: DataUnit.objects.get(pk=unit.pk).state == DataUnit.READY)
    finally:
        again.stop()


# -- kill -9 ------------------------------------------------------------------------------------------------------


def start_worker() -> subprocess.Popen:
    """`manage.py worker` on the test's own database and folder."""
    code = (
        "import os, django; from django.conf import settings; import viewer.settings as s;"
        f"s.DATABASES['default']['NAME'] = {str(connection.settings_dict['NAME'])!r};"
        "from pathlib import Path;"
        f"s.DATA_DIR = Path({str(django_settings.DATA_DIR)!r});"
        "django.setup(); from django.core.management import call_command; call_command('worker')"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "viewer.settings"},
        stdout=subprocess.DEVNULL,
    )


def test_a_worker_killed_in_the_middle_is_replaced_at_once_and_ends_with_the_same_digests(films, holder):
    content = (films / "long.mp4").read_bytes()
    unit = make_data_unit(make_dataset(), content)
    work(holder)
    unit.refresh_from_db()
    expected = unit.table.digests_path.read_bytes()
    expected_frames = unit.table.frames_path.read_bytes()
    remove_data_unit(unit)

    unit = make_data_unit(make_dataset("Again"), content)
    proved = []
    for kill in range(3):
        worker = start_worker()
        try:
            enough = [1, *proved][-1]

            def far_enough(enough: int = enough) -> bool:
                row = FrameTableRow.objects.first()
                return row is not None and row.proved >= enough

            until(far_enough if kill else lambda: Job.objects.filter(state=Job.RUNNING).exists())
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        proved.append(FrameTableRow.objects.first().proved if FrameTableRow.objects.exists() else 0)
    assert proved == sorted(proved)
    unfinished = Job.objects.exclude(state__in=(Job.DONE,))
    assert unfinished.filter(state=Job.RUNNING, lease_until__gt=timezone.now()).exists(), "killed too late to tell"

    def replaced() -> bool:
        release_orphans(holder)  # as the keeper does every few seconds, without waiting for the lease to run out
        work(holder)
        unit.refresh_from_db()
        return unit.state == DataUnit.READY

    until(replaced, seconds=40)  # the lease is longer
    assert unit.table.digests_path.read_bytes() == expected
    assert unit.table.frames_path.read_bytes() == expected_frames


def test_whole_files_are_there_or_not(tmp_path, monkeypatch):
    path = tmp_path / "table" / "frames"
    publish.write_whole(path, b"old")

    def fail(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        publish.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_the_sandbox_is_started_again_after_it_died(films, holder):
    unit = make_data_unit(make_dataset(), (films / "short.mp4").read_bytes())
    parent = sandbox()._parent
    parent.kill()
    parent.wait()
    run(claim(holder, ["read"]))
    Job.objects.update(not_before=None)
    work(holder)
    unit.refresh_from_db()
    assert unit.state == DataUnit.READY
