import copy
import uuid

import pytest

from viewer.labels.changes import MAX_CHANGES, ConflictingWrite, find_conflicts, parse_change, parse_request
from viewer.labels.errors import LabelError
from viewer.labels.ontology import free_color, parse_classes

ID, TRACK, OTHER = (str(uuid.UUID(int=n, version=4)) for n in (1, 2, 3))
RECEIPT = {"table": 1, "frame": 3, "pts": -5, "packet": 4, "proof": "server", "digest": "0f" * 16}
SHAPE = {"type": "box", "x": 1.5, "y": -2, "width": 3, "height": 4}
VALUES = {
    "track": {"class": 1, "number": 3},
    "keyframe": {
        "track": TRACK,
        "frame": 3,
        "shape": SHAPE,
        "interpolation": "hold",
        "occluded": False,
        "receipt": RECEIPT,
    },
    "range": {"track": TRACK, "type": "outside", "first": 3, "last": None, "receipt": RECEIPT},
}


def a_change(of, value, **fields):
    record = {"kind": of, "id": OTHER, "base": 0, "value": value} | fields
    return {"id": ID, "records": [record]}


def refused(body):
    with pytest.raises(LabelError) as error:
        parse_change(body)
    assert error.value.sentence.endswith(".")
    return error.value.code


@pytest.mark.parametrize("kind", VALUES)
def test_what_the_description_describes_is_taken(kind):
    change = parse_change(a_change(kind, VALUES[kind]))
    assert (change.id, change.records[0].value) == (ID, VALUES[kind])
    assert parse_change(a_change(kind, None, base=ID)).records[0].value is None


HUGE = 10**400
WRONG = {
    "track": [("class", None), ("class", True), ("class", "a b"), ("class", -1), ("class", ["1"]), ("number", 0),
              ("number", 1.0), ("number", "1"), ("color", "red"), ("color", "#E69F00"), ("extra", 1)],
    "keyframe": [("track", "x"), ("track", TRACK.upper().replace("0", "A")), ("frame", -1), ("frame", 1.5),
                 ("frame", True),
                 ("frame", 2**31), ("frame", 4), ("shape", None), ("shape", []), ("shape", SHAPE | {"type": "blob"}),
                 ("shape", SHAPE | {"type": ["box"]}), ("shape", SHAPE | {"x": float("nan")}),
                 ("shape", SHAPE | {"x": float("inf")}), ("shape", SHAPE | {"x": 1e300}),
                 ("shape", SHAPE | {"x": HUGE}),
                 ("shape", SHAPE | {"x": "1"}), ("shape", SHAPE | {"x": True}), ("shape", SHAPE | {"x": None}),
                 ("shape", SHAPE | {"width": 0}), ("shape", SHAPE | {"height": -1}), ("shape", SHAPE | {"z": 1}),
                 ("interpolation", "cubic"), ("interpolation", ["hold"]), ("interpolation", None), ("occluded", 0),
                 ("receipt", None), ("receipt", RECEIPT | {"digest": "0F" * 16}), ("receipt", RECEIPT | {"digest": ""}),
                 ("receipt", RECEIPT | {"proof": "table"}), ("receipt", RECEIPT | {"pts": 1.5}),
                 ("receipt", RECEIPT | {"packet": -1}), ("receipt", RECEIPT | {"table": "1"}), ("__proto__", {})],
    "range": [("type", "inside"), ("first", -1), ("first", None), ("last", 2), ("last", 1.5), ("receipt", {}),
              ("more", 1)],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "field", "value"), [(k, f, v) for k, wrong in WRONG.items() for f, v in wrong])
def test_everything_else_is_refused(kind, field, value):
    assert refused(a_change(kind, copy.deepcopy(VALUES[kind]) | {field: value})) == "invalid_label"


@pytest.mark.parametrize("kind", VALUES)
def test_no_field_may_be_missing(kind):
    for field in VALUES[kind]:
        refused(a_change(kind, {name: value for name, value in VALUES[kind].items() if name != field}))
    for odd in ([], "", 1, True, [VALUES[kind]]):
        refused(a_change(kind, odd))


@pytest.mark.parametrize(
    "fields",
    [{"kind": "mask"}, {"kind": None}, {"kind": []}, {"id": "1"}, {"id": 7}, {"id": OTHER + "0"}, {"base": -1},
     {"base": 1.0}, {"base": "x"}, {"base": None}, {"base": True}, {"more": 1}],
    ids=str,
)  # fmt: skip
def test_a_record_says_its_kind_its_id_and_its_base(fields):
    refused(a_change("track", VALUES["track"], **fields))


@pytest.mark.parametrize("body", [None, [], {}, {"id": ID}, {"id": ID, "records": []}, {"id": 1, "records": [{}]}])
def test_a_change_has_an_id_and_records(body):
    refused(body)


def test_a_change_names_a_record_once():
    body = a_change("track", VALUES["track"])
    body["records"] *= 2
    refused(body)


@pytest.mark.parametrize("body", [None, [], {}, {"changes": []}, {"changes": {}}, {"changes": [{}], "x": 1},
                                  {"changes": [{}], "user": "1"}, {"changes": [{}] * (MAX_CHANGES + 1)},
                                  {"changes": [{"records": [0] * 50_001}]}],
                         ids=lambda body: str(body)[:40])  # fmt: skip
def test_a_request_is_a_list_of_changes_of_a_size(body):
    with pytest.raises(LabelError):
        parse_request(body)


@pytest.mark.parametrize(
    ("base", "stored", "conflicts"),
    [(0, None, False), (0, 3, True), (3, 3, False), (2, 3, True), (4, 3, True), (3, None, True), (ID, 7, False),
     (ID, 8, True), (TRACK, 7, True)],
)  # fmt: skip
def test_a_record_conflicts_unless_its_author_saw_the_revision_that_is_stored(base, stored, conflicts):
    change = parse_change(a_change("track", None, base=base))
    revisions = {} if stored is None else {OTHER: (stored, "theirs")}
    found = find_conflicts(change, revisions, {ID: 7}.get)
    expected = ConflictingWrite(change.records[0], stored or 0, "theirs" if stored else None)
    assert found == ([expected] if conflicts else [])


CLASS = {"id": 1, "name": "car", "color": "#e69f00", "shape": "box"}


def test_classes_are_read_with_tidy_names_and_colours():
    (only,) = parse_classes([CLASS | {"name": "  car ", "color": "#E69F00", "id": "car-1"}])
    assert only.to_json() == CLASS | {"id": "car-1"}
    assert free_color([only]) == "#56b4e9"


@pytest.mark.parametrize(
    "classes",
    [None, {}, [None], [{}], [CLASS | {"more": 1}], [CLASS | {"id": None}], [CLASS | {"id": True}],
     [CLASS | {"id": ""}],
     [CLASS | {"name": " "}], [CLASS | {"name": "x" * 101}], [CLASS | {"name": "a\u202eb"}], [CLASS | {"color": "red"}],
     [CLASS | {"color": None}], [CLASS | {"shape": "mask"}], [CLASS | {"shape": []}],
     [CLASS, CLASS | {"id": "1", "name": "b"}],
     [CLASS, CLASS | {"id": 2, "name": "CAR"}], [CLASS] * 1001],
    ids=lambda classes: str(classes)[:60],
)  # fmt: skip
def test_classes_that_make_no_sense_are_refused(classes):
    with pytest.raises(LabelError) as error:
        parse_classes(classes)
    assert error.value.code == "invalid_ontology"
