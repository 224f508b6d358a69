"""Save changes of labels: whole or not at all, once, and never over what someone else wrote meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import transaction

from viewer.actions.check_receipts import Receipts
from viewer.actions.tell import tell
from viewer.errors import ViewerError
from viewer.labels.changes import Change, RecordWrite, find_conflicts, parse_change, parse_request
from viewer.labels.errors import LabelError
from viewer.models import LabelChange, LabelRecord, LabelRow, User
from viewer.models.labels import Row

TOLD_RECORDS = 100  # a larger change tells only its revision; pages then ask for what is new
_AT_ONCE = 500  # values in one query


class Conflict(ViewerError):
    code = "conflict"
    status = 412


class InvalidLabel(ViewerError):
    code = "invalid_label"


class ChangeIdReused(ViewerError):
    code = "change_id_reused"
    status = 409


class AnotherUser(ViewerError):
    """A page was left open, someone else signed in, and it still has changes of the first to save."""

    code = "another_user"
    status = 409


@dataclass(slots=True)
class Stored:
    """A record as it is in the database. `text` is its JSON, None if it is deleted."""

    kind: str
    revision: int
    text: str | None
    track: str

    @property
    def value(self) -> Any:
        return None if self.text is None else orjson.loads(self.text)


def save_changes(label_row: LabelRow, user: User, body: Any) -> dict[str, Any]:
    """Apply the changes in `body` in order, until the first that is refused (docs/labels.md).

    Returns `{"revision", "applied"}`. The errors that it raises carry `applied` and `change` too: what came
    before the refused change is saved, the refused one has left no trace.
    """
    try:
        author, bodies = parse_request(body)
    except LabelError as error:
        raise InvalidLabel(error.sentence, code=error.code, applied=[], change=None) from error
    if author is not None and author != user.pk:
        raise AnotherUser(f"These changes are not yours: you are signed in as {user.username} now.")
    changes, refusal = _parsed(bodies)  # before anybody has to wait for the transaction
    applied: list[dict[str, Any]] = []
    with transaction.atomic():
        # Read again: from here to the commit nobody else can move the row, or its table, on.
        rows = LabelRow.objects.select_for_update(of=("self",)).select_related("ontology", "data_unit__table__file")
        row = rows.get(pk=label_row.pk)
        saving = _Saving(row, user, changes)
        for change in changes:
            try:
                applied.append({"id": change.id, "revision": saving.apply(change)})
            except LabelError as error:
                refusal = _refusal(error, change.id)
                break
            except ViewerError as error:
                refusal = error
                refusal.extra["change"] = change.id
                break
        saving.finish()
    if refusal is not None:
        refusal.extra["applied"] = applied
        raise refusal
    return {"revision": row.revision, "applied": applied}


def _parsed(bodies: Sequence[Any]) -> tuple[list[Change], ViewerError | None]:
    """The changes up to the first that cannot be one, and the refusal of that one."""
    changes: list[Change] = []
    for each in bodies:
        try:
            changes.append(parse_change(each))
        except LabelError as error:
            id = each.get("id") if isinstance(each, dict) else None
            return changes, _refusal(error, id if isinstance(id, str) and len(id) <= 40 else None)
    return changes, None


def _refusal(error: LabelError, change: str | None) -> InvalidLabel:
    return InvalidLabel(error.sentence, code=error.code, change=change)


class _Saving:
    """One transaction on one label row. A change is checked whole before anything of it is written."""

    def __init__(self, row: LabelRow, user: User, changes: Sequence[Change]):
        self._row = row
        self._user = user
        self._receipts = Receipts(row.data_unit)
        self._shapes = {item["id"]: item["shape"] for item in row.ontology.classes}
        self._revision = row.revision
        self._applied = self._applied_before(changes)  # (revision, digest) by id

    def apply(self, change: Change) -> int:
        """Write `change` and return its revision; that of the first time, if it has been applied before."""
        digest = hashlib.sha256(orjson.dumps(change.body, option=orjson.OPT_SORT_KEYS)).hexdigest()
        if change.id in self._applied:
            revision, same = self._applied[change.id]
            if same != digest:
                raise ChangeIdReused("Another change was saved under this id before. Give this one an id of its own.")
            return revision
        ids = {write.id for write in change.records} | set(_tracks_of(change))
        stored = {
            id: Stored(kind, revision, text, track)
            for id, kind, revision, text, track in LabelRecord.objects.stored(self._row, ids)
        }
        self._check_conflicts(change, stored)
        values = [self._check(write, stored.get(write.id)) for write in change.records]
        self._check_whole(change, values, stored)
        return self._write(change, values, stored, digest)

    def finish(self) -> None:
        if self._revision != self._row.revision:
            self._row.revision = self._revision
            self._row.save(update_fields=["revision"])

    # -- checks ----------------------------------------------------------------------------------------------

    def _check_conflicts(self, change: Change, stored: dict[str, Stored]) -> None:
        revisions = {id: (record.revision, record.text) for id, record in stored.items()}
        conflicts = find_conflicts(change, revisions, self._revision_of)
        if conflicts:
            raise Conflict(
                "Someone else has changed this meanwhile. Nothing was overwritten: choose which version stays.",
                conflicts=[
                    {
                        "kind": conflict.write.kind,
                        "id": conflict.write.id,
                        "base": conflict.write.base,
                        "revision": conflict.revision,
                        "yours": conflict.write.value,
                        "theirs": None if conflict.theirs is None else orjson.loads(conflict.theirs),
                    }
                    for conflict in conflicts
                ],
            )

    def _check(self, write: RecordWrite, before: Stored | None) -> dict[str, Any] | None:
        """Return the value to store: its receipt may have been put in terms of the current table."""
        if before is not None and before.kind != write.kind:
            raise LabelError(f"The record {write.id} is a {before.kind}, not a {write.kind}.")
        value = write.value
        if value is None:
            return None
        old = before.value if before is not None else None
        if write.kind == "track":
            if value["class"] not in self._shapes and (old is None or old["class"] != value["class"]):
                raise LabelError("The class of this track is not one of the classes of the dataset (any more).")
            return value
        fields = ("receipt", "frame", "shape") if write.kind == "keyframe" else ("receipt", "first", "last")
        if old is None or any(old[field] != value[field] for field in fields):
            return self._receipts.check(value)
        return value

    def _check_whole(self, change: Change, values: Sequence[dict[str, Any] | None], stored: dict[str, Stored]) -> None:
        """The labels make sense after the change: every track is there, and no frame has two of its keyframes."""
        tracks: dict[str, dict[str, Any] | None] = {
            id: record.value for id, record in stored.items() if record.kind == "track"
        }
        tracks |= {write.id: write.value for write in change.records if write.kind == "track"}
        # A label on an older table, which is to be reviewed, takes no frame of the current one.
        places: dict[tuple[str, int, int], str] = {}
        for write, value in zip(change.records, values, strict=True):
            if value is None or write.kind == "track":
                continue
            track = tracks.get(value["track"])
            if track is None:
                raise LabelError(f"The track of the {write.kind} {write.id} does not exist (any more).")
            if write.kind == "keyframe":
                shape = value["shape"]["type"]
                if self._shapes.get(track["class"], shape) != shape:
                    raise LabelError(f"The class of this track is labelled with another shape than a {shape}.")
                place = (value["track"], value["receipt"]["table"], value["frame"])
                if places.setdefault(place, write.id) != write.id:
                    raise LabelError(f"A track cannot have two keyframes on frame {place[2]}.")
        touched = {write.id for write in change.records}
        # A track that is new with this change has no others.
        others = LabelRecord.objects.keyframes_at(self._row, [place for place in places if place[0] in stored])
        for record, frame in others:
            if record not in touched:
                raise LabelError(f"The track has another keyframe on frame {frame} already.")
        deleted = [write.id for write in change.records if write.kind == "track" and write.value is None]
        for record in self._records_of(deleted):
            if record not in touched:
                raise LabelError("A track can be deleted only together with its keyframes and ranges.")

    # -- the database ----------------------------------------------------------------------------------------

    def _applied_before(self, changes: Sequence[Change]) -> dict[str, tuple[int, str]]:
        """Those of `changes` that were applied by an earlier request."""
        found: dict[str, tuple[int, str]] = {}
        for some in _parts([change.id for change in changes]):
            known = LabelChange.objects.filter(label_row=self._row, change__in=some)
            found |= {
                id: (revision, same) for id, revision, same in known.values_list("change", "revision", "body_sha256")
            }
        return found

    def _revision_of(self, change_id: str) -> int | None:
        if change_id in self._applied:
            return self._applied[change_id][0]
        changes = LabelChange.objects.filter(label_row=self._row, change=change_id)
        return changes.values_list("revision", flat=True).first()

    def _records_of(self, tracks: Sequence[str]) -> Iterator[str]:
        """The live keyframes and ranges of these tracks."""
        for some in _parts(tracks):
            records = LabelRecord.objects.filter(label_row=self._row, track__in=some, value__isnull=False)
            yield from records.exclude(kind="track").values_list("record", flat=True)

    def _write(
        self, change: Change, values: list[dict[str, Any] | None], stored: dict[str, Stored], digest: str
    ) -> int:
        self._revision += 1
        row_id, revision = self._row.pk, self._revision
        rows: list[Row] = []
        log = []
        for (kind, id, _, _), value in zip(change.records, values, strict=True):
            before = stored.get(id)
            text = None if value is None else orjson.dumps(value).decode()
            if value is None:
                track, frame, table = before.track if before else id, None, None
            elif kind == "track":
                track, frame, table = id, None, None
            else:
                receipt = value["receipt"]
                track, frame, table = value["track"], receipt["frame"], receipt["table"]
            rows.append((row_id, id, kind, revision, text, track, frame, table))
            base, was = (before.revision, before.text or "null") if before else (0, "null")
            # JSON by hand: ids and kinds were checked letter by letter, and the values are JSON already.
            log.append(f'{{"kind":"{kind}","id":"{id}","base":{base},"before":{was},"value":{text or "null"}}}')
        LabelRecord.objects.put(rows)
        LabelChange.objects.create(
            label_row=self._row,
            change=change.id,
            revision=self._revision,
            user=self._user,
            records=f"[{','.join(log)}]",
            body_sha256=digest,
        )
        self._applied[change.id] = (self._revision, digest)
        self._tell(change, values)
        return self._revision

    def _tell(self, change: Change, values: list[dict[str, Any] | None]) -> None:
        records = None
        if len(values) <= TOLD_RECORDS:
            records = [
                {"kind": write.kind, "id": write.id, "revision": self._revision, "value": value}
                for write, value in zip(change.records, values, strict=True)
            ]
        tell(
            f"label_row:{self._row.pk}",
            "labels.changed",
            {
                "revision": self._revision,
                "change": change.id,
                "user": {"id": self._user.pk, "username": self._user.username},
                "records": records,
            },
        )


def _tracks_of(change: Change) -> Iterator[str]:
    for write in change.records:
        if write.value is not None and write.kind != "track":
            yield write.value["track"]


def _parts(values: Sequence[Any], size: int = _AT_ONCE) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
