"""Change the classes of a dataset without orphaning a label."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
from django.db import transaction

from viewer.actions.tell import tell
from viewer.errors import ViewerError
from viewer.labels.errors import LabelError
from viewer.labels.ontology import LabelClass, parse_classes
from viewer.models import Dataset, LabelRecord, Ontology


def describe_ontology(ontology: Ontology) -> dict[str, Any]:
    return {"classes": ontology.classes, "revision": ontology.revision}


def set_ontology(dataset: Dataset, classes: Any, *, revision: Any) -> Ontology:
    """Replace the classes; one with `"id": null` is new and is given an id.

    `revision` is that of the classes that the author saw. Raises ViewerError `invalid_ontology`, `conflict` (412, with
    the classes as they are now), or `class_in_use` (409) for one that labels name and that would go or change shape.
    """
    with transaction.atomic():
        ontology = Ontology.objects.select_for_update().get(dataset=dataset)
        if revision != ontology.revision:
            raise ViewerError(
                "Somebody else has changed the classes meanwhile. Look at theirs, then change them again.",
                code="conflict",
                status=412,
                **describe_ontology(ontology),
            )
        before = {item["id"]: item for item in ontology.classes}
        next_id = max([ontology.next_id, *(id + 1 for id in before if isinstance(id, int))])
        parsed, next_id = _parse(classes, before, next_id)
        _refuse_used(dataset, before, {item.id: item for item in parsed})
        ontology.classes = [item.to_json() for item in parsed]
        ontology.next_id = next_id
        ontology.revision += 1
        ontology.save(update_fields=["classes", "next_id", "revision"])
        tell(f"dataset:{dataset.pk}", "ontology.changed", describe_ontology(ontology))
    return ontology


def _parse(classes: Any, before: dict[str | int, Any], next_id: int) -> tuple[list[LabelClass], int]:
    """The classes with ids for the new ones, and the id for the next. An id of a class that was removed is not taken
    again: an undo, or the log, may still name it."""
    if isinstance(classes, list):
        numbered = []
        for item in classes:
            if isinstance(item, dict):
                id = item.get("id")
                if id is None:
                    item, next_id = {**item, "id": next_id}, next_id + 1
                elif type(id) is int and id not in before:
                    if id < next_id:
                        raise ViewerError(
                            f"The id {id} was that of another class. Leave ids of new classes null.",
                            code="invalid_ontology",
                        )
                    next_id = id + 1
            numbered.append(item)
        classes = numbered
    try:
        return parse_classes(classes), next_id
    except LabelError as error:
        raise ViewerError(error.sentence, code=error.code) from error


def _refuse_used(dataset: Dataset, before: dict[str | int, Any], after: dict[str | int, LabelClass]) -> None:
    touched = {id for id, item in before.items() if id not in after or after[id].shape != item["shape"]}
    if not touched:
        return
    used = Counter(count_classes(dataset))
    for id in touched:
        if used[id]:
            count = f"{used[id]} label{'' if used[id] == 1 else 's'}"
            what = "cannot be removed" if id not in after else "cannot change its shape"
            raise ViewerError(
                f"“{before[id]['name']}” {what}: {count} in this dataset {'is' if used[id] == 1 else 'are'} "
                "of this class. Give them another class first.",
                code="class_in_use",
                status=409,
                **{"class": id, "labels": used[id]},
            )


def count_classes(dataset: Dataset) -> list[str | int]:
    """The class of every track in the dataset."""
    tracks = LabelRecord.objects.filter(label_row__data_unit__dataset=dataset, kind="track", value__isnull=False)
    return [orjson.loads(value).get("class") for value in tracks.values_list("value", flat=True).iterator() if value]
