"""Changes of labels: what they look like, and when one conflicts with what is stored (docs/labels.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from viewer.labels.errors import LabelError
from viewer.labels.interpolation import INTERPOLATIONS
from viewer.labels.ontology import COLOR
from viewer.labels.shapes import check_shape

MAX_CHANGES = 1_000  # in one request
MAX_RECORDS = 50_000  # in one request
MAX_FRAME = 2**31 - 1

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_DIGEST = re.compile(r"[0-9a-f]{32}").fullmatch
_CLASS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}").fullmatch

PROOFS = ("browser_digest", "server")


class RecordWrite(NamedTuple):
    """One record as it shall be. `base` is the revision that the author saw, or the id of the author's own
    earlier change that wrote it; `value` None deletes."""

    kind: str
    id: str
    base: int | str
    value: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Change:
    id: str
    records: tuple[RecordWrite, ...]
    body: dict[str, Any]  # as it came


@dataclass(frozen=True, slots=True)
class ConflictingWrite:
    """`theirs` is what is stored, at `revision`; the author's change was made from `base`."""

    write: RecordWrite
    revision: int
    theirs: Any


def parse_change(body: Any) -> Change:
    """A change from JSON. Raises LabelError for anything that docs/labels.md does not describe."""
    _exactly("change", body, _CHANGE_FIELDS)
    _uuid("The id of a change", body["id"])
    records = body["records"]
    if not isinstance(records, list) or not records:
        raise LabelError("The records of a change are a list of at least one.")
    writes = tuple(map(_parse_record, records))
    if len({write.id for write in writes}) < len(writes):
        raise LabelError("A change names the same record twice.")
    return Change(body["id"], writes, body)


def parse_request(body: Any) -> tuple[int | None, Sequence[Any]]:
    """The user in whose name the changes were made, if the request says so, and the changes, not parsed yet."""
    if isinstance(body, dict) and "user" in body:
        _whole("The user of a request", body["user"], 1, 2**53 - 1)
        user, body = body["user"], {name: field for name, field in body.items() if name != "user"}
    else:
        user = None
    _exactly("request", body, _REQUEST_FIELDS)
    changes = body["changes"]
    if not isinstance(changes, list) or not 0 < len(changes) <= MAX_CHANGES:
        raise LabelError(f"The changes of a request are a list of 1 to {MAX_CHANGES}.")
    lists = (change.get("records") for change in changes if isinstance(change, dict))
    count = sum(len(records) for records in lists if isinstance(records, list))
    if count > MAX_RECORDS:
        raise LabelError(f"{count} records are too many for one request: {MAX_RECORDS} is the most.")
    return user, changes


def find_conflicts(
    change: Change, revisions: Mapping[str, tuple[int, Any]], made: Callable[[str], int | None]
) -> list[ConflictingWrite]:
    """What of `change` was written by someone else since its author saw it.

    `revisions` gives (revision, value) by record for those that are stored; `made` the revision that an
    earlier change of this label row got, by its id.
    """
    conflicts = []
    for write in change.records:
        revision, theirs = revisions.get(write.id, (0, None))
        base = write.base if isinstance(write.base, int) else made(write.base)
        if base != revision:
            conflicts.append(ConflictingWrite(write, revision, theirs))
    return conflicts


# -- what each kind of record must look like ----------------------------------------------------------------

_REQUEST_FIELDS = frozenset(("changes",))
_CHANGE_FIELDS = frozenset(("id", "records"))
_RECORD_FIELDS = frozenset(("kind", "id", "base", "value"))
_TRACK_FIELDS = frozenset(("class", "number"))
_KEYFRAME_FIELDS = frozenset(("track", "frame", "shape", "interpolation", "occluded", "receipt"))
_RANGE_FIELDS = frozenset(("track", "type", "first", "last", "receipt"))
_RECEIPT_FIELDS = frozenset(("table", "frame", "pts", "packet", "proof", "digest"))


def _check_track(value: Any) -> None:
    if isinstance(value, dict) and "color" in value:
        if not isinstance(value["color"], str) or not COLOR.fullmatch(value["color"]):
            raise LabelError("The color of a track must look like #e69f00.")
        value = {name: field for name, field in value.items() if name != "color"}
    _exactly("track", value, _TRACK_FIELDS)
    _whole("The number of a track", value["number"], 1, 10**9)
    of = value["class"]
    if not (type(of) is int and 0 <= of < 2**31) and not (isinstance(of, str) and _CLASS(of)):
        raise LabelError("The class of a track must be the id of a class.")


def _check_keyframe(value: Any) -> None:
    _exactly("keyframe", value, _KEYFRAME_FIELDS)
    _uuid("The track of a keyframe", value["track"])
    _whole("The frame of a keyframe", value["frame"], 0, MAX_FRAME)
    check_shape(value["shape"])
    if value["interpolation"] not in INTERPOLATIONS:
        raise LabelError(f"The interpolation of a keyframe must be one of: {', '.join(INTERPOLATIONS)}.")
    if type(value["occluded"]) is not bool:
        raise LabelError("Occluded must be true or false.")
    _check_receipt(value["receipt"])
    if value["receipt"]["frame"] != value["frame"]:
        raise LabelError("The receipt of a keyframe must be of the keyframe's own frame.")


def _check_range(value: Any) -> None:
    _exactly("range", value, _RANGE_FIELDS)
    _uuid("The track of a range", value["track"])
    if value["type"] != "outside":
        raise LabelError("The type of a range must be “outside”.")
    _whole("The first frame of a range", value["first"], 0, MAX_FRAME)
    if value["last"] is not None:
        _whole("The last frame of a range", value["last"], value["first"], MAX_FRAME)
    _check_receipt(value["receipt"])


def _check_receipt(value: Any) -> None:
    _exactly("receipt", value, _RECEIPT_FIELDS)
    _whole("The table of a receipt", value["table"], 1, 2**53 - 1)
    _whole("The frame of a receipt", value["frame"], 0, MAX_FRAME)
    _whole("The PTS of a receipt", value["pts"], 1 - 2**53, 2**53 - 1)
    _whole("The packet of a receipt", value["packet"], 0, MAX_FRAME)
    if value["proof"] not in PROOFS:
        raise LabelError(f"The proof of a receipt must be one of: {', '.join(PROOFS)}.")
    if not isinstance(value["digest"], str) or not _DIGEST(value["digest"]):
        raise LabelError("The digest of a receipt must be 32 hexadecimal digits in lower case.")


KINDS: dict[str, Callable[[Any], None]] = {
    "track": _check_track,
    "keyframe": _check_keyframe,
    "range": _check_range,
}


def _parse_record(record: Any) -> RecordWrite:
    _exactly("record", record, _RECORD_FIELDS)
    kind, id, base, value = record["kind"], record["id"], record["base"], record["value"]
    check = KINDS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise LabelError(f"The kind of a record must be one of: {', '.join(KINDS)}.")
    _uuid("The id of a record", id)
    if isinstance(base, str):
        _uuid("The base of a record, where it is a text,", base)
    else:
        _whole("The base of a record", base, 0, MAX_FRAME)
    if value is not None:
        check(value)
    return RecordWrite(kind, id, base, value)


def _exactly(what: str, value: Any, fields: frozenset[str]) -> None:
    if type(value) is not dict or value.keys() != fields:
        raise LabelError(f"A {what} must be an object with exactly these fields: {', '.join(sorted(fields))}.")


def _whole(what: str, value: Any, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise LabelError(f"{what} must be a whole number from {least} to {most}.")


def _uuid(what: str, value: Any) -> None:
    if type(value) is not str or not _UUID(value):
        raise LabelError(f"{what} must be a UUID in lower case.")
