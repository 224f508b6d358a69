"""Changes of labels: what they look like, and when one conflicts with what is stored (docs/labels.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
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
    id, records = _CHANGE.values(body)
    _uuid("The id of a change", id)
    if not isinstance(records, list) or not records:
        raise LabelError("The records of a change are a list of at least one.")
    writes = tuple(map(_parse_record, records))
    if len({write.id for write in writes}) < len(writes):
        raise LabelError("A change names the same record twice.")
    return Change(id, writes, body)


def parse_request(body: Any) -> tuple[int | None, Sequence[Any]]:
    """The user in whose name the changes were made, if the request says so, and the changes, not parsed yet."""
    if isinstance(body, dict) and "user" in body:
        _whole("The user of a request", body["user"], 1, 2**53 - 1)
        user, body = body["user"], {name: field for name, field in body.items() if name != "user"}
    else:
        user = None
    (changes,) = _REQUEST.values(body)
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

# A request may bring thousands of records, so what is right is seen in few steps. What is not is then looked at once
# more, field by field, for the words.


class _Fields:
    """The fields that an object has, all of them and no others."""

    def __init__(self, what: str, first: str, *others: str):
        self._what = what
        self._names = (first, *others)
        self._count = len(self._names)
        self._get = itemgetter(*self._names) if others else lambda value: (value[first],)

    def values(self, value: Any) -> tuple[Any, ...]:
        """Return them in order. Raises LabelError for anything but such an object."""
        if type(value) is dict and len(value) == self._count:
            try:
                return self._get(value)
            except KeyError:
                pass
        raise LabelError(
            f"A {self._what} must be an object with exactly these fields: {', '.join(sorted(self._names))}."
        )


_REQUEST = _Fields("request", "changes")
_CHANGE = _Fields("change", "id", "records")
_RECORD = _Fields("record", "kind", "id", "base", "value")
_TRACK = _Fields("track", "class", "number")
_KEYFRAME = _Fields("keyframe", "track", "frame", "shape", "interpolation", "occluded", "receipt")
_RANGE = _Fields("range", "track", "type", "first", "last", "receipt")
_RECEIPT = _Fields("receipt", "table", "frame", "pts", "packet", "proof", "digest")


def _check_track(value: Any) -> None:
    if isinstance(value, dict) and "color" in value:
        if not isinstance(value["color"], str) or not COLOR.fullmatch(value["color"]):
            raise LabelError("The color of a track must look like #e69f00.")
        value = {name: field for name, field in value.items() if name != "color"}
    of, number = _TRACK.values(value)
    _whole("The number of a track", number, 1, 10**9)
    if not (type(of) is int and 0 <= of < 2**31) and not (isinstance(of, str) and _CLASS(of)):
        raise LabelError("The class of a track must be the id of a class.")


def _check_keyframe(value: Any) -> None:
    track, frame, shape, interpolation, occluded, receipt = _KEYFRAME.values(value)
    _uuid("The track of a keyframe", track)
    if type(frame) is not int or not 0 <= frame <= MAX_FRAME:
        _whole("The frame of a keyframe", frame, 0, MAX_FRAME)
    check_shape(shape)
    if interpolation not in INTERPOLATIONS:
        raise LabelError(f"The interpolation of a keyframe must be one of: {', '.join(INTERPOLATIONS)}.")
    if type(occluded) is not bool:
        raise LabelError("Occluded must be true or false.")
    if _check_receipt(receipt) != frame:
        raise LabelError("The receipt of a keyframe must be of the keyframe's own frame.")


def _check_range(value: Any) -> None:
    track, type, first, last, receipt = _RANGE.values(value)
    _uuid("The track of a range", track)
    if type != "outside":
        raise LabelError("The type of a range must be “outside”.")
    _whole("The first frame of a range", first, 0, MAX_FRAME)
    if last is not None:
        _whole("The last frame of a range", last, first, MAX_FRAME)
    _check_receipt(receipt)


def _check_receipt(value: Any) -> int:
    """Returns its frame."""
    table, frame, pts, packet, proof, digest = _RECEIPT.values(value)
    if not (
        type(table) is type(frame) is type(pts) is type(packet) is int
        and 1 <= table < 2**53
        and 0 <= frame <= MAX_FRAME
        and -(2**53) < pts < 2**53
        and 0 <= packet <= MAX_FRAME
    ):
        _whole("The table of a receipt", table, 1, 2**53 - 1)
        _whole("The frame of a receipt", frame, 0, MAX_FRAME)
        _whole("The PTS of a receipt", pts, 1 - 2**53, 2**53 - 1)
        _whole("The packet of a receipt", packet, 0, MAX_FRAME)
    if proof not in PROOFS:
        raise LabelError(f"The proof of a receipt must be one of: {', '.join(PROOFS)}.")
    if type(digest) is not str or not _DIGEST(digest):
        raise LabelError("The digest of a receipt must be 32 hexadecimal digits in lower case.")
    return int(frame)


KINDS: dict[str, Callable[[Any], None]] = {
    "track": _check_track,
    "keyframe": _check_keyframe,
    "range": _check_range,
}


def _parse_record(record: Any) -> RecordWrite:
    kind, id, base, value = fields = _RECORD.values(record)
    check = KINDS.get(kind) if type(kind) is str else None
    if check is None:
        raise LabelError(f"The kind of a record must be one of: {', '.join(KINDS)}.")
    _uuid("The id of a record", id)
    if type(base) is str:
        _uuid("The base of a record, where it is a text,", base)
    elif type(base) is not int or not 0 <= base <= MAX_FRAME:
        _whole("The base of a record", base, 0, MAX_FRAME)
    if value is not None:
        check(value)
    return RecordWrite._make(fields)


def _whole(what: str, value: Any, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise LabelError(f"{what} must be a whole number from {least} to {most}.")


def _uuid(what: str, value: Any) -> None:
    if type(value) is not str or not _UUID(value):
        raise LabelError(f"{what} must be a UUID in lower case.")
