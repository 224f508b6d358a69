"""Find and order the data units of a dataset as people ask for them: `state:ready codec:hevc by:ann street`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from django.db.models import Count, Exists, F, FloatField, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, NullIf

from viewer.errors import ViewerError
from viewer.models import Dataset, DataUnit, FrameTableRow, LabelChange, LabelRecord
from viewer.models.datasets import DataUnitQuerySet

MAX_QUERY = 500  # characters

STATES = {
    "waiting": DataUnit.WAITING,
    "reading": DataUnit.VERIFYING,
    "verifying": DataUnit.VERIFYING,
    "ready": DataUnit.READY,
    "failed": DataUnit.FAILED,
    "needs_reencode": DataUnit.NEEDS_REENCODE,
    "needs-re-encoding": DataUnit.NEEDS_REENCODE,
}


# What words with a colon ask for, and with which values.
FIELDS = {
    "state": ", ".join(STATES),
    "codec": "as in the column",
    "by": "a username",
    "labels": "none, some",
    "review": "none, some",
}

DEAD_ENDS = (DataUnit.FAILED, DataUnit.NEEDS_REENCODE)


def _fact(name: str) -> NullIf:
    """A fact to sort by. SQLite gives JSON's null as a text, which would come before or after all numbers."""
    return NullIf(KT(f"facts__{name}"), Value("null"))


# What may be sorted by, and nothing else: a name from outside never becomes a column.
SORTS: dict[str, F | Func] = {
    "title": F("title"),
    "created_at": F("created_at"),
    "state": F("state"),
    "size": F("file__size"),
    "duration": Cast(_fact("duration_seconds"), FloatField()),
    "frames": F("table__frame_count"),
    "codec": _fact("codec"),
    "width": Cast(_fact("width"), FloatField()),
    "labels": F("found_labels"),
}


def find_data_units(
    dataset: Dataset, *, query: str = "", state: str = "", sort: str = "", besides: int | None = None
) -> DataUnitQuerySet:
    """`besides` is the id of one that is there in any case. Raises ViewerError `invalid_query` or `invalid_sort`."""
    if len(query) > MAX_QUERY:
        raise ViewerError(f"A filter has at most {MAX_QUERY} characters.", code="invalid_query")
    if "\0" in query:
        raise ViewerError("A filter holds no NUL characters.", code="invalid_query")
    wanted = Q(state=_state(state)) if state else Q()
    for word in _words(query):
        wanted &= _meaning(word)
    if besides is not None and wanted:
        wanted |= Q(pk=besides)
    return _order(DataUnit.objects.filter(wanted, dataset=dataset), sort or "title")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The data units before and after one in a list, of those whose frames can be looked at. `position` and `count`
    are of the list as the page of the dataset shows it, with those that are passed over."""

    position: int  # from 1
    count: int
    previous: int | None
    next: int | None


def find_neighbours(data_unit: DataUnit, *, query: str = "", sort: str = "") -> Neighbours:
    """In the list of the dataset that `query` and `sort` ask for. What does not match `query` (any more: found as
    unlabelled, and labelled since) is where it would be. Raises as `find_data_units`."""
    found = find_data_units(data_unit.dataset, query=query, sort=sort, besides=data_unit.pk)
    rows = list(found.values_list("pk", "table", "state"))
    at = next(number for number, (pk, *_) in enumerate(rows) if pk == data_unit.pk)
    # What needs re-encoding has a table, and a page that only says so: nothing to look at, and no way on from there.
    opened = [(n, pk) for n, (pk, table, state) in enumerate(rows) if table is not None and state not in DEAD_ENDS]
    return Neighbours(
        position=at + 1,
        count=len(rows),
        previous=next((pk for number, pk in reversed(opened) if number < at), None),
        next=next((pk for number, pk in opened if number > at), None),
    )


def _words(query: str) -> list[str]:
    """Words by spaces; quotation marks keep words together. A lone quotation mark is a character like others."""
    lexer = shlex.shlex(query, posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.quotes, lexer.escape = True, "", '"', ""
    try:
        return list(lexer)
    except ValueError:
        return query.split()


def _meaning(word: str) -> Q:
    """What a word asks for. One with a colon whose beginning is no field is text, as titles have colons too."""
    field, _, value = word.partition(":")
    field = field.lower()
    if value and field[:1] in ("-", "!") and field[1:] in FIELDS:
        raise ViewerError(f"A filter says what is wanted, not what is unwanted: {_understood()}.", code="invalid_query")
    match field if value else "":
        case "state":
            return Q(state=_state(value))
        case "codec":
            return Q(facts__codec__iexact=value)
        case "by":
            changes = LabelChange.objects.filter(label_row__data_unit=OuterRef("pk"), user__username__iexact=value)
            return Q(Exists(changes))
        case "labels":
            return Q(Exists(_tracks())) if _some(field, value) else ~Q(Exists(_tracks()))
        case "review":
            return Q(Exists(_tables_to_review())) if _some(field, value) else ~Q(Exists(_tables_to_review()))
    return Q(title__icontains=word)


def _some(field: str, value: str) -> bool:
    if value.lower() not in ("none", "some"):
        raise ViewerError(f"There is no “{field}:{value}”, only {field}:none and {field}:some.", code="invalid_query")
    return value.lower() == "some"


def _understood() -> str:
    return "; ".join(f"{field}: {values}" for field, values in FIELDS.items())


def _state(name: str) -> str:
    if name.lower() not in STATES:
        raise ViewerError(f"There is no state “{name}”. States are {', '.join(STATES)}.", code="invalid_query")
    return STATES[name.lower()]


def _tracks() -> QuerySet[LabelRecord]:
    return LabelRecord.objects.filter(label_row__data_unit=OuterRef("pk"), kind="track", value__isnull=False)


def _tables_to_review() -> QuerySet[FrameTableRow]:
    """The older tables of a file that labels of the data unit still stand on. As a rule a file has one table: that
    is looked at first, and records only where there are others."""
    labels = LabelRecord.objects.filter(
        table=OuterRef("pk"), label_row__data_unit=OuterRef(OuterRef("pk")), value__isnull=False
    )
    current = OuterRef("table")
    return FrameTableRow.objects.filter(Exists(labels), file=OuterRef("file")).exclude(pk=current)


def _order(units: DataUnitQuerySet, sort: str) -> DataUnitQuerySet:
    """By the names in `sort`, downwards where one begins with `-`; what has no value comes last both ways."""
    order = []
    for name in sort.split(",")[:4]:
        plain = name.removeprefix("-")
        if plain not in SORTS:
            raise ViewerError(f"There is no sorting by “{plain}”, only by {', '.join(SORTS)}.", code="invalid_sort")
        if plain == "labels":
            count = _tracks().order_by().values("label_row__data_unit").annotate(n=Count("pk")).values("n")
            units = units.annotate(found_labels=Coalesce(Subquery(count, output_field=IntegerField()), 0))
        column = SORTS[plain]
        # `nulls_last` would keep SQLite from walking the index; these are never null.
        nulls = None if plain in ("title", "created_at", "state", "labels") else True
        order.append(column.desc(nulls_last=nulls) if name.startswith("-") else column.asc(nulls_last=nulls))
    # The same direction as the first, so that an index can be walked from either end.
    return units.order_by(*order, "-pk" if sort.startswith("-") else "pk")
