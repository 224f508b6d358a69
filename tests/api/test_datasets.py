"""Datasets, their members, classes and videos through the API."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import make_data_unit, make_dataset, make_table, make_user
from viewer.models import Dataset, DatasetMember, DataUnit, Event, LabelChange, LabelRecord, Ontology, StoredFile, User

pytestmark = pytest.mark.django_db

JSON = {"content_type": "application/json"}


@pytest.fixture
def manager(client) -> User:
    user = make_user("mia")
    client.force_login(user)
    return user


@pytest.fixture
def admin(client) -> User:
    user = make_user("root", is_staff=True)
    client.force_login(user)
    return user


def label(unit: DataUnit, number: int = 1, class_id: int = 1, by: User | None = None) -> None:
    """Give `unit` so many tracks."""
    row = unit.label_rows.get()
    for n in range(number):
        value = json.dumps({"class": class_id, "number": n})
        record = f"{class_id}-{n}"
        LabelRecord.objects.create(label_row=row, record=record, kind="track", revision=1, value=value)
    if by is not None:
        LabelChange.objects.create(
            label_row=row, change=f"c{by.pk}", revision=by.pk, user=by, records="[]", body_sha256=""
        )


# ---- datasets


def test_a_new_dataset_has_classes_that_can_be_used_at_once(client, admin):
    made = client.post("/api/datasets/", {"title": "  Street   cam "}, **JSON)
    assert made.status_code == 201
    assert made.json() | {"created_at": ""} == {
        "id": made.json()["id"], "title": "Street cam", "role": "manager", "data_units": 0, "created_at": "",
    }  # fmt: skip
    classes = client.get(f"/api/datasets/{made.json()['id']}/ontology/").json()["classes"]
    assert [item["id"] for item in classes] == [1, 2, 3]
    assert classes[0]["color"] == "#e69f00"


@pytest.mark.parametrize(
    ("title", "code"),
    [("", "invalid_title"), (" ", "invalid_title"), ("x" * 201, "invalid_title"), ("a\u202eb", "invalid_title")],
)
def test_a_title_that_cannot_be_is_refused(client, admin, title, code):
    response = client.post("/api/datasets/", {"title": title}, **JSON)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Dataset.objects.exists()


def test_a_title_is_there_once(client, admin):
    make_dataset("Street")
    assert client.post("/api/datasets/", {"title": "Street"}, **JSON).json()["code"] == "title_taken"
    other = make_dataset("Other")
    assert client.patch(f"/api/datasets/{other.pk}/", {"title": "Street"}, **JSON).status_code == 409
    assert client.patch(f"/api/datasets/{other.pk}/", {"title": "Other"}, **JSON).status_code == 200


def test_only_admins_make_datasets(client, manager):
    assert client.post("/api/datasets/", {"title": "Street"}, **JSON).status_code == 403
    assert client.post("/", {"title": "Street"}).status_code == 403
    assert not Dataset.objects.exists()


def test_people_see_the_datasets_that_they_are_members_of(client, manager):
    make_dataset("Mine", annotator=manager)
    make_dataset("Not mine")
    assert [(item["title"], item["role"]) for item in client.get("/api/datasets/").json()] == [("Mine", "annotator")]


def test_a_dataset_goes_only_with_the_number_of_its_labels(client, admin, data_dir):
    dataset = make_dataset()
    unit = make_data_unit(dataset, b"film")
    make_table(unit, proved=10)
    label(unit, 3)
    stored = data_dir / "files" / unit.file_id
    for wrong in ("", "?labels=2"):
        refusal = client.delete(f"/api/datasets/{dataset.pk}/{wrong}")
        assert (refusal.status_code, refusal.json()["labels"]) == (409, 3)
    assert stored.exists()
    assert client.delete(f"/api/datasets/{dataset.pk}/?labels=3").status_code == 204
    assert not Dataset.objects.exists() and not StoredFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_bytes_go_with_the_last_data_unit_that_shows_them(client, data_dir):
    client.force_login(make_user("root", is_staff=True))
    one, other = make_dataset("One"), make_dataset("Other")
    unit = make_data_unit(one, b"film")
    make_data_unit(other, b"film")
    stored = data_dir / "files" / unit.file_id
    assert client.delete(f"/api/datasets/{one.pk}/?labels=0").status_code == 204
    assert stored.exists()
    assert client.delete(f"/api/datasets/{other.pk}/?labels=0").status_code == 204
    assert not stored.exists()


# ---- members


def test_a_manager_lets_people_in_changes_their_role_and_takes_them_out(client, manager):
    dataset = make_dataset(manager=manager)
    ann = make_user("Ann")
    path = f"/api/datasets/{dataset.pk}/members/"
    added = client.post(path, {"username": "ann", "role": "reader"}, **JSON)
    assert added.json() == {"user": ann.pk, "username": "Ann", "role": "reader"}
    client.post(path, {"username": "Ann", "role": "annotator"}, **JSON)
    assert [(m["username"], m["role"]) for m in client.get(path).json()] == [("Ann", "annotator"), ("mia", "manager")]
    assert client.delete(f"{path}{ann.pk}/").status_code == 204
    assert client.delete(f"{path}{ann.pk}/").status_code == 404
    assert DatasetMember.objects.count() == 1


@pytest.mark.parametrize(
    ("username", "role", "code"),
    [("nobody", "reader", "no_such_user"), ("gone", "reader", "no_such_user"), ("mia", "owner", "invalid_role")],
)
def test_a_member_that_cannot_be_is_refused(client, manager, username, role, code):
    dataset = make_dataset(manager=manager)
    make_user("gone", is_active=False)
    response = client.post(f"/api/datasets/{dataset.pk}/members/", {"username": username, "role": role}, **JSON)
    assert response.json()["code"] == code


# ---- classes


@pytest.fixture
def ontology(manager) -> Ontology:
    dataset = make_dataset(manager=manager)
    ontology = dataset.ontology
    ontology.classes = [
        {"id": 1, "name": "car", "color": "#e69f00", "shape": "box"},
        {"id": 2, "name": "person", "color": "#56b4e9", "shape": "box"},
    ]
    ontology.next_id = 3
    ontology.save()
    return ontology


def put(client, ontology, classes, revision=1):
    body = {"classes": classes, "revision": revision}
    return client.put(f"/api/datasets/{ontology.dataset_id}/ontology/", body, **JSON)


def test_classes_keep_their_ids_and_new_ones_get_the_next(client, ontology):
    first, second = ontology.classes
    new = {"id": None, "name": "dog", "color": "#009E73", "shape": "box"}
    answer = put(client, ontology, [second, {**first, "name": "vehicle"}, new]).json()
    assert [(item["id"], item["name"]) for item in answer["classes"]] == [(2, "person"), (1, "vehicle"), (3, "dog")]
    assert answer["classes"][2]["color"] == "#009e73"
    assert answer["revision"] == 2
    event = Event.objects.get(topic=f"dataset:{ontology.dataset_id}", type="ontology.changed")
    assert event.data == answer


def test_the_id_of_a_removed_class_is_not_given_again(client, ontology):
    first, second = ontology.classes
    put(client, ontology, [first])
    again = put(client, ontology, [first, {**second, "id": None}], revision=2).json()
    assert again["classes"][1]["id"] == 3
    assert put(client, ontology, [first, second], revision=3).json()["code"] == "invalid_ontology"


def test_a_class_in_use_stays_and_the_refusal_counts_its_labels(client, ontology):
    unit = make_data_unit(ontology.dataset, b"film")
    label(unit, 4, class_id=2)
    refusal = put(client, ontology, ontology.classes[:1])
    assert refusal.status_code == 409
    assert refusal.json()["code"] == "class_in_use"
    assert (refusal.json()["class"], refusal.json()["labels"]) == (2, 4)
    assert "4 labels" in refusal.json()["detail"]
    ontology.refresh_from_db()
    assert len(ontology.classes) == 2 and ontology.revision == 1
    LabelRecord.objects.update(value=None)  # deleted tracks keep no class
    assert put(client, ontology, ontology.classes[:1]).status_code == 200


def test_of_two_who_change_the_classes_the_slower_is_shown_the_others(client, ontology):
    assert put(client, ontology, ontology.classes[:1]).status_code == 200
    late = put(client, ontology, ontology.classes)
    assert late.status_code == 412
    assert late.json()["classes"] == ontology.classes[:1] and late.json()["revision"] == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"name": ""},
        {"name": "person"},
        {"color": "red"},
        {"color": "#fff"},
        {"shape": "circle"},
        {"extra": 1},
        {"id": 2},
        {"id": -1},
        {"id": True},
        {"name": 5},
    ],
)
def test_classes_that_cannot_be_are_refused_whole(client, ontology, broken):
    response = put(client, ontology, [{**ontology.classes[0], **broken}, ontology.classes[1]])
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_ontology"
    ontology.refresh_from_db()
    assert ontology.revision == 1


# ---- data units


@pytest.fixture
def units(manager) -> list[DataUnit]:
    dataset = make_dataset(manager=manager)
    found = []
    for number, (title, codec, state) in enumerate(
        [("street 1.mp4", "hevc", "ready"), ("Street 2.mp4", "h264", "failed"), ("park: day.mp4", "hevc", "waiting")]
    ):
        unit = make_data_unit(dataset, b"x" * (number + 1), title=title)
        facts = {"codec": codec, "duration_seconds": [3.5, 1.5, None][number]}
        DataUnit.objects.filter(pk=unit.pk).update(state=state, facts=facts)
        found.append(unit)
    return found


def titles(client, units, query=""):
    answer = client.get(f"/api/datasets/{units[0].dataset_id}/data-units/?{query}")
    assert answer.status_code == 200, answer.content
    assert answer.json()["count"] == len(answer.json()["results"])
    return [unit["title"] for unit in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=street", ["Street 2.mp4", "street 1.mp4"]),
        ("q=state:ready", ["street 1.mp4"]),
        ("q=state:READY codec:HEVC street", ["street 1.mp4"]),
        ("q=codec:hevc", ["park: day.mp4", "street 1.mp4"]),
        ("q=codec:h264 state:ready", []),
        ("q=park:", ["park: day.mp4"]),
        ('q="park: day"', ["park: day.mp4"]),
        ('q="park', []),
        ("q=labels:some", ["Street 2.mp4"]),
        ("q=labels:none", ["park: day.mp4", "street 1.mp4"]),
        ("q=by:mia", ["Street 2.mp4"]),
        ("q=by:nobody", []),
        ("q=%25", []),
        ("q=_", []),
        ("q=' OR 1=1 --", []),
        ("state=failed", ["Street 2.mp4"]),
    ],
)
def test_a_filter_finds_what_it_says(client, manager, units, query, found):
    label(units[1], 2, by=manager)
    assert titles(client, units, query) == found


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("title", ["Street 2.mp4", "park: day.mp4", "street 1.mp4"]),
        ("-title", ["street 1.mp4", "park: day.mp4", "Street 2.mp4"]),
        ("size", ["street 1.mp4", "Street 2.mp4", "park: day.mp4"]),
        ("-size", ["park: day.mp4", "Street 2.mp4", "street 1.mp4"]),
        ("duration", ["Street 2.mp4", "street 1.mp4", "park: day.mp4"]),
        ("-duration", ["street 1.mp4", "Street 2.mp4", "park: day.mp4"]),
        ("-labels,title", ["Street 2.mp4", "park: day.mp4", "street 1.mp4"]),
        ("codec,-title", ["Street 2.mp4", "street 1.mp4", "park: day.mp4"]),
        ("-created_at", ["park: day.mp4", "Street 2.mp4", "street 1.mp4"]),
        ("state", ["Street 2.mp4", "street 1.mp4", "park: day.mp4"]),
    ],
)
def test_rows_come_in_the_order_that_is_asked_for(client, units, sort, found):
    label(units[1], 2)
    assert titles(client, units, f"sort={sort}") == found


@pytest.mark.parametrize(
    "query",
    [
        "sort=created_by__password",
        "sort=file__sha256",
        "sort=title__startswith",
        "sort=?",
        "sort=pk",
        "sort=--title",
        "q=state:nothing",
        "state=nothing",
        "q=labels:0",
        "q=review:many",
        "q=-codec:h264",
        "q=!labels:none",
        "limit=501",
        "limit=-1",
        "offset=x",
        "offset=99999999999999999999",
        "q=" + "x" * 501,
    ],
)
def test_what_may_not_be_asked_is_refused(client, units, query):
    response = client.get(f"/api/datasets/{units[0].dataset_id}/data-units/?{query}")
    assert response.status_code == 400
    assert response.json()["code"] in ("invalid_sort", "invalid_query")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("labels:0", "There is no “labels:0”, only labels:none and labels:some."),
        ("-codec:h264", "state: waiting, reading"),
        ("state:fai", "States are waiting, reading"),
    ],
)
def test_a_filter_word_that_is_not_understood_is_answered_with_what_is(client, units, query, said):
    answer = client.get(f"/api/datasets/{units[0].dataset_id}/data-units/", {"q": query})
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("query", ["nonsense:1", "frames:>100", "labels:", "-street"])
def test_a_word_with_a_colon_that_is_no_field_is_text(client, units, query):
    assert client.get(f"/api/datasets/{units[0].dataset_id}/data-units/", {"q": query}).json()["count"] == 0


def test_pages_of_rows_fit_together(client, units):
    path = f"/api/datasets/{units[0].dataset_id}/data-units/?sort=state&limit=1&offset="
    pages = [client.get(f"{path}{offset}").json() for offset in range(4)]
    assert [page["count"] for page in pages] == [3] * 4
    assert [unit["title"] for page in pages for unit in page["results"]] == titles(client, units, "sort=state")


def test_more_rows_take_no_more_queries(client, manager, units):
    path = f"/api/datasets/{units[0].dataset_id}/data-units/"
    make_table(units[0], proved=10)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for number in range(30):
        make_table(make_data_unit(units[0].dataset, b"%d" % number), proved=10)
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(path).json()["results"]) == 33
    assert len(many) == len(few)


def test_a_row_says_how_many_labels_there_are_and_whose(client, manager, units):
    label(units[0], 3, by=manager)
    label(units[0], 2, class_id=2, by=make_user("ann"))
    LabelRecord.objects.filter(record="2-0").update(value=None)
    unit = client.get(f"/api/data-units/{units[0].pk}/").json()
    assert unit["labels"] == 4
    assert unit["labelled_by"] == ["ann", "mia"]


def test_renaming_tells_the_pages(client, units):
    response = client.patch(f"/api/data-units/{units[0].pk}/", {"title": " A/B \u202e <img> "}, **JSON)
    assert response.json()["title"] == "A/B <img>"
    event = Event.objects.filter(type="data_unit.changed").latest("id")
    assert event.data["title"] == response.json()["title"]
    for bad in ("", "   ", "x" * 301, None, 5):
        assert client.patch(f"/api/data-units/{units[0].pk}/", {"title": bad}, **JSON).status_code == 400


def test_state_or_file_cannot_be_assigned(client, units):
    response = client.patch(f"/api/data-units/{units[1].pk}/", {"title": "x", "state": "ready"}, **JSON)
    assert response.status_code == 400
    units[1].refresh_from_db()
    assert units[1].state == "failed" and units[1].title == "Street 2.mp4"


def test_a_video_goes_only_with_the_number_of_its_labels(client, units):
    label(units[0], 2)
    path = f"/api/data-units/{units[0].pk}/"
    for wrong in ("", "?labels=1", "?labels=0"):
        refusal = client.delete(path + wrong)
        assert (refusal.status_code, refusal.json()["code"], refusal.json()["labels"]) == (409, "labels_differ", 2)
    assert client.delete(path + "?labels=x").status_code == 400
    assert client.delete(path + "?labels=2").status_code == 204
    assert not DataUnit.objects.filter(pk=units[0].pk).exists()
    assert Event.objects.filter(type="data_unit.removed", data__id=units[0].pk).exists()


# ---- users


def test_an_admin_makes_users_and_hands_them_a_link_that_works_once(client, admin):
    made = client.post("/api/users/", {"username": "ann"}, **JSON)
    assert made.status_code == 201 and made.json()["is_admin"] is False
    link = client.post(f"/api/users/{made.json()['id']}/signin-link/").json()["url"]
    client.logout()
    path = link.removeprefix("http://testserver")
    assert client.get(path)["Location"] == "/"
    assert client.get("/account/").context["user"].username == "ann"
    client.logout()
    assert client.get(path).status_code == 410


def test_the_last_admin_cannot_be_shut_out(client, admin):
    path = f"/api/users/{admin.pk}/"
    for change in ({"is_admin": False}, {"is_active": False}):
        assert client.patch(path, change, **JSON).json()["code"] == "last_admin"
    make_user("second", is_staff=True)
    assert client.patch(path, {"is_admin": False}, **JSON).status_code == 200


@pytest.mark.parametrize("username", ["", " ", "a b", "x" * 151, "ROOT", "a/b", "<b>"])
def test_a_username_that_cannot_be_is_refused(client, admin, username):
    assert client.post("/api/users/", {"username": username}, **JSON).status_code in (400, 409)
    assert User.objects.count() == 1


@pytest.mark.parametrize("change", [{"is_superuser": True}, {"password": "x"}, {"username": "x"}, {"is_admin": "yes"}])
def test_nothing_else_of_a_user_can_be_assigned(client, admin, change):
    ann = make_user("ann")
    assert client.patch(f"/api/users/{ann.pk}/", change, **JSON).status_code == 400


# ---- neighbours


def neighbours(client, unit: DataUnit, query: str = ""):
    answer = client.get(f"/api/data-units/{unit.pk}/neighbours/?{query}")
    assert answer.status_code == 200, answer.content
    return [answer.json()[field] and answer.json()[field]["title"] for field in ("previous", "next")] + [
        answer.json()["position"],
        answer.json()["count"],
    ]


@pytest.fixture
def opened(units) -> list[DataUnit]:
    for unit in units:
        DataUnit.objects.filter(pk=unit.pk).update(table=make_table(unit), state=DataUnit.READY)
    return units


def test_neighbours_stand_in_the_order_of_the_list_that_one_came_from(client, opened):
    order = titles(client, opened, "sort=-duration")
    for at, title in enumerate(order):
        unit = next(unit for unit in opened if unit.title == title)
        before, after = ([None, *order][at], [*order, None][at + 1])
        assert neighbours(client, unit, "sort=-duration") == [before, after, at + 1, 3]


def test_a_filter_narrows_the_neighbours_and_what_no_longer_matches_keeps_its_place(client, opened):
    park = opened[2]
    assert neighbours(client, park, "q=codec:hevc") == [None, "street 1.mp4", 1, 2]
    label(park)
    assert neighbours(client, park, "q=labels:none&sort=title")[2:] == [titles(client, opened).index(park.title) + 1, 3]


def test_what_cannot_be_opened_yet_is_no_neighbour(client, opened):
    order = titles(client, opened)
    by_title = {unit.title: unit for unit in opened}
    DataUnit.objects.filter(title=order[1]).update(table=None)
    assert neighbours(client, by_title[order[0]]) == [None, order[2], 1, 3]


@pytest.mark.parametrize("state", [DataUnit.NEEDS_REENCODE, DataUnit.FAILED])
def test_what_has_no_frames_to_look_at_is_passed_over_and_counted(client, opened, state):
    order = titles(client, opened)
    by_title = {unit.title: unit for unit in opened}
    DataUnit.objects.filter(title=order[1]).update(state=state)
    assert neighbours(client, by_title[order[0]]) == [None, order[2], 1, 3]
    assert neighbours(client, by_title[order[2]]) == [order[0], None, 3, 3]


def test_neighbours_in_a_list_that_cannot_be_are_refused(client, opened):
    assert client.get(f"/api/data-units/{opened[0].pk}/neighbours/?sort=password").json()["code"] == "invalid_sort"
