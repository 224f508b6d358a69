import json

import pytest
from django.test import Client

from tests.labelled import body, change, labelled, new_id
from viewer.models import Dataset, DatasetMember, LabelRecord, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def on():
    return labelled()


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def client(on):
    return signed_in(on.user)


def url(on, rest=""):
    return f"/api/label-rows/{on.row.pk}/{rest}"


def save(client, on, content):
    text = content if isinstance(content, (str, bytes)) else json.dumps(content)
    return client.post(url(on, "changes/"), text, content_type="application/json")


def test_a_label_row_comes_with_everything_that_an_editor_needs(client, on):
    track = on.track(new_id())
    keyframe = on.keyframe(track["id"], 3)
    assert save(client, on, body(change(track, keyframe))).json()["revision"] == 1

    row = client.get(url(on)).json()

    assert (row["id"], row["revision"], row["may_label"]) == (on.row.pk, 1, True)
    assert row["user"] == {"id": on.user.pk, "username": on.user.username}
    assert row["data_unit"]["table"]["proved"] == 50
    assert [item["name"] for item in row["ontology"]["classes"]] == ["car", "person"]
    assert row["records"] == [
        {"kind": "track", "id": track["id"], "revision": 1, "value": track["value"]},
        {"kind": "keyframe", "id": keyframe["id"], "revision": 1, "value": keyframe["value"]},
    ]


def test_deleted_records_are_left_out_of_the_row_and_told_as_news(client, on):
    track = on.track(new_id())
    save(client, on, body(change(track)))
    save(client, on, body(change(track | {"base": 1, "value": None})))
    assert client.get(url(on)).json()["records"] == []
    news = client.get(url(on, "changes/?after=1")).json()
    assert news["records"] == [{"kind": "track", "id": track["id"], "revision": 2, "value": None}]
    assert news["changes"][0]["user"]["username"] == on.user.username


@pytest.mark.parametrize("after", ["", "-1", "x", "1e3", "9" * 30, "١"])
def test_news_are_since_a_revision(client, on, after):
    assert client.get(url(on, f"changes/?after={after}")).status_code == (200 if after == "١" else 400)


def test_a_conflict_is_answered_with_both_versions(client, on):
    track = on.track(new_id())
    save(client, on, body(change(track)))
    save(client, on, body(change(on.track(track["id"], base=1, number=2))))
    mine = change(on.track(track["id"], base=1, number=3))
    answer = save(client, on, body(mine))
    assert answer.status_code == 412
    told = answer.json()
    assert (told["code"], told["change"], told["applied"]) == ("conflict", mine["id"], [])
    assert told["conflicts"][0]["theirs"]["number"] == 2
    assert told["conflicts"][0]["yours"]["number"] == 3
    assert told["detail"]


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [({"pts": 7}, 409, "receipt_mismatch"), ({"frame": 50}, 422, "frame_not_labelable")],
)
def test_refusals_say_which_change_and_why(client, on, wrong, status, code):
    track = on.track(new_id())
    receipt = on.receipt(3) | wrong
    sent = change(track, on.keyframe(track["id"], receipt["frame"], receipt=receipt))
    answer = save(client, on, body(sent))
    assert (answer.status_code, answer.json()["code"], answer.json()["change"]) == (status, code, sent["id"])
    assert not LabelRecord.objects.exists()


def test_the_same_change_id_with_other_content_is_refused(client, on):
    sent = change(on.track(new_id()))
    assert save(client, on, body(sent)).status_code == 200
    assert save(client, on, body(sent)).json() == {"revision": 1, "applied": [{"id": sent["id"], "revision": 1}]}
    answer = save(client, on, body(change(on.track(new_id()), id=sent["id"])))
    assert (answer.status_code, answer.json()["code"]) == (409, "change_id_reused")


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", "nonsense", '{"changes": NaN}', '{"changes": [' + "[" * 100_000, '{"changes": 1e400}',
     b"\xff\xfe"],
    ids=lambda text: str(text)[:20],
)  # fmt: skip
def test_nonsense_is_refused_in_words(client, on, text):
    answer = save(client, on, text)
    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("x", ["NaN", "Infinity", "1e400", "-1e999", "1e300", '"\\u0000"', "9007199254740993"])
def test_numbers_that_are_none_never_reach_the_database(client, on, x):
    track = on.track(new_id())
    text = json.dumps(body(change(track, on.keyframe(track["id"], 3, x=1234.5)))).replace("1234.5", x)
    assert save(client, on, text).status_code == 400
    assert not LabelRecord.objects.exists()


def test_readers_look_and_do_not_label(on):
    reader = User.objects.create_user("reader")
    DatasetMember.objects.create(dataset=Dataset.objects.get(), user=reader, role=DatasetMember.READER)
    client = signed_in(reader)
    assert client.get(url(on)).json()["may_label"] is False
    assert client.get(url(on, "changes/?after=0")).status_code == 200
    assert save(client, on, body(change(on.track(new_id())))).status_code == 403


def test_strangers_do_not_learn_that_the_row_exists(on):
    client = signed_in(User.objects.create_user("stranger"))
    assert [client.get(url(on)).status_code, save(client, on, {}).status_code] == [404, 404]


def test_without_signing_in_nothing_is_told_or_saved(on):
    assert [Client().get(url(on)).status_code, save(Client(), on, {}).status_code] == [401, 401]


def test_saving_from_a_browser_needs_the_csrf_header(on):
    client = Client(enforce_csrf_checks=True)
    client.force_login(on.user, backend="django.contrib.auth.backends.ModelBackend")
    assert save(client, on, body(change(on.track(new_id())))).status_code == 403
