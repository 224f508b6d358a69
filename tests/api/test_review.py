"""Labels on frames that a newer frame table has elsewhere are listed, and move along with their pictures."""

import dataclasses
import json

import pytest
from django.test import Client

from tests.labelled import Labelled, body, change, digest, frame_table, labelled, new_id, store_table
from viewer.actions.relink_labels import find_relinking, relink_labels
from viewer.actions.save_changes import save_changes
from viewer.models import DatasetMember, Event, LabelChange, LabelRecord, User

pytestmark = pytest.mark.django_db

GONE, CHANGED = 20, 10


@pytest.fixture
def on() -> Labelled:
    """A video of 50 frames; `upgrade` gives it the table of a decoder that has no frame 20 and another picture on 10."""
    return labelled()


def upgrade(on: Labelled) -> None:
    table = frame_table()
    columns = ("frame_pts", "frame_packet", "frame_second_packet", "frame_flags")
    kept = {name: [*(getattr(table, name)[n] for n in range(50) if n != GONE)] for name in columns}
    newer = dataclasses.replace(table, **kept)
    frames = [digest(n) if n != CHANGED else bytes(16) for n in range(50) if n != GONE]
    row = store_table(on.unit.file, newer, digests=b"".join(frames), supersedes=on.unit.table, same_until=CHANGED)
    on.unit.table = row
    on.unit.save()
    relink_labels(row, find_relinking(row))


def draw(on: Labelled, *frames: int) -> str:
    track = on.track(new_id())
    save_changes(on.row, on.user, body(change(track, *(on.keyframe(track["id"], frame, x=frame) for frame in frames))))
    return track["id"]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def ask(on: Labelled, method: str = "get", user: User | None = None):
    return getattr(client_of(user or on.user), method)(f"/api/label-rows/{on.row.pk}/review/")


def keyframes():
    return LabelRecord.objects.filter(kind="keyframe")


def places(answer) -> list[tuple[int, int | None, str]]:
    return [(record["frame"], record["frame_now"], record["verdict"]) for record in answer["records"]]


def test_with_one_table_there_is_nothing_to_review(on):
    draw(on, 3, 30)
    assert ask(on).json() == {"table": on.unit.table_id, "counts": {}, "records": []}


def test_labels_are_listed_with_what_has_become_of_their_frames(on):
    draw(on, 3, CHANGED, GONE, 30)
    upgrade(on)
    answer = ask(on).json()
    assert places(answer) == [(CHANGED, CHANGED, "changed"), (GONE, None, "gone"), (30, 29, "moved")]
    assert answer["counts"] == {"changed": 1, "gone": 1, "moved": 1}
    assert answer["table"] == on.unit.table_id
    unit = client_of(on.user).get(f"/api/data-units/{on.unit.pk}/").json()
    assert unit["to_review"] == 3


def test_moving_puts_each_label_on_its_picture_as_a_change_of_whoever_asked(on):
    track = draw(on, 3, CHANGED, 30, 31)
    upgrade(on)
    answer = ask(on, "post").json()
    assert answer["moved"] == 2
    assert places(answer) == [(CHANGED, CHANGED, "changed")]
    moved = LabelRecord.objects.filter(track=track, kind="keyframe", table=on.unit.table).order_by("frame")
    assert list(moved.values_list("frame", "revision")) == [(3, 1), (29, 2), (30, 2)]
    assert '"x":30' in moved[1].value
    assert f'"digest":"{digest(30).hex()}"' in moved[1].value
    assert LabelChange.objects.get(revision=2).user == on.user
    assert Event.objects.filter(topic=f"label_row:{on.row.pk}", type="labels.changed").last().data["revision"] == 2
    assert ask(on, "post").json()["moved"] == 0


def test_a_track_with_a_keyframe_on_every_frame_moves_whatever_stands_in_the_way(on):
    draw(on, *range(15, 40))
    other = draw(on, 30)
    upgrade(on)
    answer = ask(on, "post").json()
    assert answer["moved"] == 20
    assert places(answer) == [(GONE, None, "gone")]
    assert LabelRecord.objects.get(track=other, kind="keyframe").frame == 29


def test_what_was_not_sent_before_an_upgrade_is_saved_and_reviewed_where_the_frame_is_not_the_same(on):
    old = on.unit.table_id
    track = draw(on, 3)
    later = {frame: on.keyframe(track, frame) for frame in (CHANGED, CHANGED + 2)}
    upgrade(on)
    save_changes(on.row, on.user, body(change(later[CHANGED + 2])))
    stored = LabelRecord.objects.get(record=later[CHANGED + 2]["id"])
    assert (stored.frame, stored.table_id) == (CHANGED + 2, on.unit.table_id)
    assert old != on.unit.table_id
    save_changes(on.row, on.user, body(change(later[CHANGED])))
    assert places(ask(on).json()) == [(CHANGED, CHANGED, "changed")]


def test_many_labels_are_taken_back_with_few_looks_into_the_log(on, django_assert_max_num_queries):
    draw(on, *range(21, 50))
    before = {record.record: (record.revision, json.loads(record.value)) for record in keyframes()}
    upgrade(on)
    assert ask(on, "post").json()["moved"] == 29
    back = [
        {"kind": "keyframe", "id": id, "base": LabelRecord.objects.get(record=id).revision, "value": value}
        for id, (_, value) in before.items()
    ]
    with django_assert_max_num_queries(20):
        save_changes(on.row, on.user, body(change(*back)))
    assert {record.table_id for record in keyframes()} != {on.unit.table_id}
    assert len(places(ask(on).json())) == 29


def test_what_may_be_otherwise_by_a_label_to_review_is_not_exported(on):
    track = on.track(new_id())
    outside = on.range(track["id"], 25, 40)
    save_changes(on.row, on.user, body(change(track, on.keyframe(track["id"], 3), outside)))
    upgrade(on)
    answer = client_of(on.user).get(f"/api/data-units/{on.unit.pk}/export?frames=all")
    (exported,) = json.loads(answer.getvalue())["data_units"][0]["tracks"]
    assert ([each["frame"] for each in exported["frames"]], exported["to_review"]) == ([3], 1)


def test_a_label_does_not_go_over_onto_a_keyframe_that_stands_there(on):
    old, track = on.unit.table, draw(on, 3)
    upgrade(on)
    LabelRecord.objects.filter(track=track, kind="keyframe").update(table=old)
    there = on.keyframe(track, 3)
    there["value"]["receipt"]["table"] = on.unit.table_id
    save_changes(on.row, on.user, body(change(there)))
    relink_labels(on.unit.table, find_relinking(on.unit.table))
    assert keyframes().filter(table=on.unit.table).count() == 1


def test_what_is_to_be_reviewed_is_left_out_of_exports_and_counted(on):
    draw(on, 3, 30)
    upgrade(on)
    for format, labels in (
        ("json", lambda e: e["data_units"][0]["tracks"][0]["frames"]),
        ("coco", lambda e: e["annotations"]),
    ):
        answer = client_of(on.user).get(f"/api/data-units/{on.unit.pk}/export?format={format}")
        export = json.loads(answer.getvalue())
        assert len(labels(export)) == 1
        assert (export["data_units"][0] if format == "json" else export)["to_review"] == 1


def test_a_range_moves_with_the_frames_that_it_ends_on(on):
    track = on.track(new_id())
    gap = on.range(track["id"], 25, 40)
    save_changes(on.row, on.user, body(change(track, on.keyframe(track["id"], 3), gap)))
    upgrade(on)
    assert ask(on, "post").json()["moved"] == 1
    value = LabelRecord.objects.get(record=gap["id"]).value
    assert '"first":24,"last":39' in value


def test_a_label_does_not_move_onto_another_keyframe_of_its_track(on):
    track = draw(on, 30)
    upgrade(on)
    newer = on.keyframe(track, 29)
    newer["value"]["receipt"] |= {
        "table": on.unit.table_id,
        "pts": on.table.frame_pts[30],
        "packet": on.table.frame_packet[30],
        "digest": digest(30).hex(),
    }
    save_changes(on.row, on.user, body(change(newer)))
    answer = ask(on, "post").json()
    assert answer["moved"] == 0
    assert places(answer) == [(30, 29, "taken")]


def test_many_tracks_move_in_several_transactions(on, monkeypatch):
    monkeypatch.setattr("viewer.actions.review_labels.RECORDS_AT_ONCE", 3)
    for _ in range(5):
        draw(on, 30, 31)
    upgrade(on)
    assert ask(on, "post").json()["moved"] == 10
    assert set(LabelRecord.objects.filter(kind="keyframe").values_list("frame", flat=True)) == {29, 30}


def test_undoing_a_confirmation_brings_back_what_is_to_be_reviewed(on):
    draw(on, CHANGED)
    upgrade(on)
    record = LabelRecord.objects.get(kind="keyframe")
    old = json.loads(record.value)
    confirmed = {**old, "shape": {**old["shape"], "x": 99.0}}
    confirmed["receipt"] = {
        "table": on.unit.table_id, "frame": 11, "pts": on.table.frame_pts[11], "packet": on.table.frame_packet[11],
        "proof": "server", "digest": digest(11).hex(),
    }  # fmt: skip
    confirmed["frame"] = 11
    write = {"kind": "keyframe", "id": record.record}
    save_changes(on.row, on.user, body(change({**write, "base": 1, "value": confirmed})))
    assert places(ask(on).json()) == []
    save_changes(on.row, on.user, body(change({**write, "base": 2, "value": old})))
    assert places(ask(on).json()) == [(CHANGED, CHANGED, "changed")]


def test_a_deleted_label_on_an_older_table_comes_back_to_be_reviewed(on):
    draw(on, 3, CHANGED)
    upgrade(on)
    record = LabelRecord.objects.get(kind="keyframe", frame=CHANGED)
    old = json.loads(record.value)
    write = {"kind": "keyframe", "id": record.record}
    save_changes(on.row, on.user, body(change({**write, "base": 1, "value": None})))
    save_changes(on.row, on.user, body(change({**write, "base": 2, "value": old})))
    assert places(ask(on).json()) == [(CHANGED, CHANGED, "changed")]


def test_a_filter_finds_the_videos_with_labels_to_review(on):
    def found(query: str) -> list[int]:
        answer = client_of(on.user).get(f"/api/datasets/{on.unit.dataset_id}/data-units/", {"q": query})
        return [unit["id"] for unit in answer.json()["results"]]

    draw(on, CHANGED)
    assert (found("review:some"), found("review:none")) == ([], [on.unit.pk])
    upgrade(on)
    assert (found("review:some"), found("review:none")) == ([on.unit.pk], [])


def test_readers_look_and_do_not_move(on):
    draw(on, 30)
    upgrade(on)
    reader = User.objects.create_user("reader")
    DatasetMember.objects.create(dataset=on.unit.dataset, user=reader, role=DatasetMember.READER)
    assert places(ask(on, user=reader).json()) == [(30, 29, "moved")]
    assert ask(on, "post", user=reader).status_code == 403
