import json

import pytest

from tests.labelled import body, change, deleted, digest, frame_table, labelled, new_id, store_table
from viewer.actions.check_receipts import FrameNotLabelable, ReceiptMismatch
from viewer.actions.open_label_row import changes_after
from viewer.actions.save_changes import AnotherUser, ChangeIdReused, Conflict, InvalidLabel, save_changes
from viewer.media.frame_table import UNCLEAN
from viewer.models import Event, LabelChange, LabelRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def on():
    return labelled()


def save(on, *changes):
    return save_changes(on.row, on.user, body(*changes))


def state(on):
    """What is stored, by record: (revision, value)."""
    records = LabelRecord.objects.filter(label_row=on.row)
    return {r.record: (r.revision, None if r.value is None else json.loads(r.value)) for r in records}


def drawn(on, frame=3, **fields):
    """A track with one keyframe, saved. Returns their records."""
    track = on.track(new_id())
    keyframe = on.keyframe(track["id"], frame, **fields)
    save(on, change(track, keyframe))
    return track, keyframe


def test_a_change_is_stored_logged_and_told_together(on):
    track = on.track(new_id())
    keyframe = on.keyframe(track["id"], 3)
    sent = change(track, keyframe)

    answer = save(on, sent)

    assert answer == {"revision": 1, "applied": [{"id": sent["id"], "revision": 1}]}
    assert state(on) == {track["id"]: (1, track["value"]), keyframe["id"]: (1, keyframe["value"])}
    on.row.refresh_from_db()
    assert on.row.revision == 1
    logged = LabelChange.objects.get()
    assert (logged.change, logged.revision, logged.user) == (sent["id"], 1, on.user)
    assert [(r["id"], r["before"], r["value"]) for r in json.loads(logged.records)] == [
        (track["id"], None, track["value"]),
        (keyframe["id"], None, keyframe["value"]),
    ]
    event = Event.objects.get(topic=f"label_row:{on.row.pk}")
    assert (event.type, event.data["revision"], event.data["change"]) == ("labels.changed", 1, sent["id"])
    assert event.data["user"] == {"id": on.user.pk, "username": on.user.username}
    assert [r["value"] for r in event.data["records"]] == [track["value"], keyframe["value"]]


def test_the_log_keeps_what_a_change_replaced(on):
    track, keyframe = drawn(on)
    save(on, change(on.keyframe(track["id"], 3, id=keyframe["id"], base=1, x=99)))
    last = json.loads(LabelChange.objects.get(revision=2).records)
    assert [(r["base"], r["before"]["shape"]["x"], r["value"]["shape"]["x"]) for r in last] == [(1, 1, 99)]


def test_a_retry_has_one_effect_and_the_same_answer(on):
    sent = change(on.track(new_id()))
    first = save(on, sent)
    save(on, change(on.track(new_id(), number=2)))
    again = save(on, sent)
    assert again["applied"] == first["applied"]
    assert LabelChange.objects.count() == 2


def test_a_change_that_comes_twice_in_one_request_has_one_effect(on):
    sent = change(on.track(new_id()))
    applied = {"id": sent["id"], "revision": 1}
    assert save(on, sent, sent) == {"revision": 1, "applied": [applied, applied]}
    with pytest.raises(ChangeIdReused):
        save(on, other := change(on.track(new_id())), change(on.track(new_id()), id=other["id"]))
    assert LabelChange.objects.count() == 2


def test_another_change_under_the_same_id_is_refused(on):
    sent = change(on.track(new_id()))
    save(on, sent)
    with pytest.raises(ChangeIdReused) as refused:
        save(on, change(on.track(new_id()), id=sent["id"]))
    assert refused.value.status == 409
    assert len(state(on)) == 1


def test_a_stale_base_is_refused_with_both_versions_and_changes_nothing(on):
    track, keyframe = drawn(on)
    theirs = on.keyframe(track["id"], 3, id=keyframe["id"], base=1, x=50)
    save(on, change(theirs))
    mine = on.keyframe(track["id"], 3, id=keyframe["id"], base=1, x=70)
    other = on.track(new_id(), number=2)
    stale = change(other, mine)
    before = state(on)

    with pytest.raises(Conflict) as refused:
        save(on, stale)

    assert state(on) == before
    assert (refused.value.status, refused.value.extra["change"], refused.value.extra["applied"]) == (
        412,
        stale["id"],
        [],
    )
    assert refused.value.extra["conflicts"] == [
        {
            "kind": "keyframe",
            "id": keyframe["id"],
            "base": 1,
            "revision": 2,
            "yours": mine["value"],
            "theirs": theirs["value"],
        }
    ]


def test_records_that_others_did_not_touch_do_not_conflict(on):
    track, _ = drawn(on, 3)
    save(on, change(on.keyframe(track["id"], 5)))
    save(on, change(on.keyframe(track["id"], 7)))
    assert [r.frame for r in LabelRecord.objects.filter(kind="keyframe").order_by("frame")] == [3, 5, 7]


def test_what_someone_else_deleted_conflicts(on):
    track, keyframe = drawn(on)
    other = on.keyframe(track["id"], 9)
    save(on, change(other))
    save(on, change(deleted(keyframe, 1)))
    with pytest.raises(Conflict) as refused:
        save(on, change(on.keyframe(track["id"], 3, id=keyframe["id"], base=1)))
    assert refused.value.extra["conflicts"][0]["theirs"] is None
    save(on, change(on.keyframe(track["id"], 3, id=keyframe["id"], base=3)))  # made again, knowing of the deletion
    assert state(on)[keyframe["id"]][0] == 4


def test_a_base_may_be_the_authors_own_earlier_change(on):
    track = on.track(new_id())
    first = change(track, on.keyframe(track["id"], 3))
    keyframe_id = first["records"][1]["id"]
    second = change(on.keyframe(track["id"], 3, id=keyframe_id, base=first["id"], x=8))
    third = change(on.keyframe(track["id"], 3, id=keyframe_id, base=second["id"], x=9))
    assert [a["revision"] for a in save(on, first, second)["applied"]] == [1, 2]
    assert save(on, third)["revision"] == 3
    with pytest.raises(Conflict):  # the first is not the last that wrote it
        save(on, change(on.keyframe(track["id"], 3, id=keyframe_id, base=first["id"], x=10)))
    with pytest.raises(Conflict):  # a change that was never applied
        save(on, change(on.keyframe(track["id"], 3, id=keyframe_id, base=new_id(), x=10)))


def test_changes_before_a_refused_one_are_saved_and_those_after_it_are_not(on):
    good, bad, late = (
        change(on.track(new_id())),
        change(on.keyframe(new_id(), 3)),
        change(on.track(new_id(), number=2)),
    )
    with pytest.raises(InvalidLabel) as refused:
        save(on, good, bad, late)
    assert [a["id"] for a in refused.value.extra["applied"]] == [good["id"]]
    assert refused.value.extra["change"] == bad["id"]
    assert [c.change for c in LabelChange.objects.all()] == [good["id"]]
    on.row.refresh_from_db()
    assert on.row.revision == 1


@pytest.mark.parametrize(
    "wrong",
    [{"pts": 1}, {"packet": 0}, {"digest": digest(4).hex()}, {"table": 99999}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_receipt_of_another_picture_is_refused(on, wrong):
    track = on.track(new_id())
    with pytest.raises(ReceiptMismatch) as refused:
        save(on, change(track, on.keyframe(track["id"], 3, receipt=on.receipt(3, **wrong))))
    assert (refused.value.status, state(on)) == (409, {})


def test_the_range_of_an_object_is_proved_too(on):
    track, _ = drawn(on)
    away = on.range(track["id"], 9, None)
    save(on, change(away))
    away["value"]["receipt"]["pts"] += 1
    with pytest.raises(ReceiptMismatch):
        save(on, change(away | {"base": 2}))


def test_frames_that_are_not_proved_yet_cannot_be_labelled():
    on = labelled(proved=10)
    drawn(on, 9)
    with pytest.raises(FrameNotLabelable) as refused:
        drawn(on, 10)
    assert (refused.value.status, refused.value.extra["proved"]) == (422, 10)


def test_frames_with_a_negative_pts_or_without_a_clean_picture_cannot_be_labelled():
    on = labelled(frame_table(first_pts=-1024, flags={7: UNCLEAN}))
    drawn(on, 2)
    for frame in (0, 1, 7):
        with pytest.raises(FrameNotLabelable):
            drawn(on, frame)


def test_a_frame_whose_picture_has_no_digest_cannot_be_labelled(on):
    path = on.unit.table.digests_path
    path.write_bytes(bytes(16) + path.read_bytes()[16:])
    with pytest.raises(FrameNotLabelable):
        drawn(on, 0, receipt=on.receipt(0, digest="0" * 32))


def test_a_frame_past_the_last_cannot_be_labelled(on):
    track = on.track(new_id())
    receipt = on.receipt(3) | {"frame": 50}
    with pytest.raises(FrameNotLabelable):
        save(on, change(track, on.keyframe(track["id"], 50, receipt=receipt)))


def test_a_receipt_of_a_superseded_table_counts_where_the_frame_is_the_same(on):
    old = on.unit.table
    pictures = [digest(n) if n != 20 else digest(99) for n in range(60)]
    newer = store_table(on.unit.file, frame_table(60), supersedes=old, same_until=20, digests=b"".join(pictures))
    on.unit.table = newer
    on.unit.save()
    old_receipt = on.receipt(3, table=old.pk)
    track, keyframe = drawn(on, 3, receipt=old_receipt)
    assert state(on)[keyframe["id"]][1]["receipt"]["table"] == newer.pk
    assert LabelRecord.objects.get(record=keyframe["id"]).table_id == newer.pk
    # Where it is not, what its author saw is kept as it came, to be reviewed.
    other = on.keyframe(track["id"], 20, receipt=on.receipt(20, table=old.pk))
    save(on, change(other))
    assert LabelRecord.objects.get(record=other["id"]).table_id == old.pk
    with pytest.raises(ReceiptMismatch):
        wrong = on.receipt(21, table=old.pk, digest=digest(22).hex())
        save(on, change(on.keyframe(track["id"], 21, receipt=wrong)))


def test_a_range_is_stored_with_the_frame_of_its_receipt_where_a_keyframe_may_be_too(on):
    track, _ = drawn(on, 3)
    out = on.range(track["id"], 5, 9)
    save(on, change(out))
    assert LabelRecord.objects.get(record=out["id"]).frame == 5
    save(on, change(on.keyframe(track["id"], 5)))


def test_a_keyframe_that_stays_where_it_is_keeps_its_receipt(on):
    track, keyframe = drawn(on)
    on.unit.table.digests_path.write_bytes(b"\1" * 16 * 50)  # whatever the table says now
    save(on, change(keyframe | {"base": 1, "value": keyframe["value"] | {"occluded": True}}))
    with pytest.raises(ReceiptMismatch):
        save(on, change(on.keyframe(track["id"], 3, id=keyframe["id"], base=2, x=4)))


def test_videos_that_cannot_be_labelled_take_no_labels(on):
    on.unit.state = "needs_reencode"
    on.unit.save()
    with pytest.raises(FrameNotLabelable):
        drawn(on)


def test_two_keyframes_on_one_frame_are_refused(on):
    track, keyframe = drawn(on, 3)
    with pytest.raises(InvalidLabel):
        save(on, change(on.keyframe(track["id"], 3)))
    with pytest.raises(InvalidLabel):
        save(on, change(on.keyframe(track["id"], 4), on.keyframe(track["id"], 4)))
    save(on, change(deleted(keyframe, 1), on.keyframe(track["id"], 3)))  # one gives way to the other


def test_two_keyframes_may_change_places(on):
    track, first = drawn(on, 3)
    second = on.keyframe(track["id"], 4)
    save(on, change(second))
    save(
        on,
        change(
            on.keyframe(track["id"], 4, id=first["id"], base=1),
            on.keyframe(track["id"], 3, id=second["id"], base=2),
        ),
    )
    assert {id: value["frame"] for id, (_, value) in state(on).items() if "frame" in value} == {
        first["id"]: 4,
        second["id"]: 3,
    }


def test_nothing_may_belong_to_a_track_that_is_not_there(on):
    track, keyframe = drawn(on)
    with pytest.raises(InvalidLabel):
        save(on, change(on.keyframe(new_id(), 5)))
    with pytest.raises(InvalidLabel):
        save(on, change(on.range(keyframe["id"], 5, None)))  # not a track
    with pytest.raises(InvalidLabel):
        save(on, change(deleted(track, 1)))
    save(on, change(deleted(track, 1), deleted(keyframe, 1)))
    with pytest.raises(InvalidLabel):
        save(on, change(on.keyframe(track["id"], 5)))


def test_only_classes_of_the_dataset_can_be_used(on):
    with pytest.raises(InvalidLabel):
        save(on, change(on.track(new_id(), **{"class": 7})))
    track, _ = drawn(on)
    on.row.ontology.classes = on.row.ontology.classes[1:]
    on.row.ontology.save()
    save(on, change(on.track(track["id"], base=1, number=5)))  # an old label keeps the class that was taken away


def test_a_record_cannot_become_another_kind(on):
    _, keyframe = drawn(on)
    with pytest.raises(InvalidLabel):
        save(on, change(on.track(keyframe["id"], base=1)))


def test_an_id_is_of_its_label_row_alone(on):
    other = labelled(content=b"another video")
    track = on.track(new_id())
    save(on, change(track))
    save(other, change(track))
    with pytest.raises(InvalidLabel):
        save(other, change(deleted(track, 1), other.keyframe(track["id"], 3)))


def test_what_is_new_since_a_revision_is_told_with_what_was_deleted(on):
    track, keyframe = drawn(on)
    other = on.keyframe(track["id"], 9)
    save(on, change(other), change(deleted(keyframe, 1)))
    news = changes_after(on.row, 1)
    assert news["revision"] == 3
    assert [(r["id"], r["revision"], r["value"] is None) for r in news["records"]] == [
        (other["id"], 2, False),
        (keyframe["id"], 3, True),
    ]
    assert [c["revision"] for c in news["changes"]] == [2, 3]


def test_a_large_change_tells_only_that_there_is_something_new(on):
    track = on.track(new_id())
    save(on, change(track, *(on.range(track["id"], n % 50, None) for n in range(120))))
    assert Event.objects.get(topic__startswith="label_row").data["records"] is None


def test_a_thousand_records_are_written_changed_and_deleted_in_a_change_each():
    on = labelled(frame_table(1000))
    track = on.track(new_id())
    keyframes = [on.keyframe(track["id"], frame) for frame in range(1000)]
    save(on, change(track, *keyframes))
    moved = [on.keyframe(track["id"], frame, id=k["id"], base=1, x=7) for frame, k in enumerate(keyframes)]
    save(on, change(*moved))
    assert state(on) == {track["id"]: (1, track["value"])} | {k["id"]: (2, k["value"]) for k in moved}
    logged = json.loads(LabelChange.objects.get(revision=2).records)
    assert logged == [
        {"kind": "keyframe", "id": k["id"], "base": 1, "before": k["value"], "value": m["value"]}
        for k, m in zip(keyframes, moved, strict=True)
    ]
    save(on, change(deleted(track, 1), *(deleted(k, 2) for k in moved)))
    assert set(state(on).values()) == {(3, None)}


def test_changes_made_by_one_person_are_not_saved_in_the_name_of_another(on):
    request = body(change(on.track(new_id())))
    with pytest.raises(AnotherUser):
        save_changes(on.row, on.user, request | {"user": on.user.pk + 1})
    assert save_changes(on.row, on.user, request | {"user": on.user.pk})["revision"] == 1
