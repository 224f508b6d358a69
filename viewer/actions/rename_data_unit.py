"""Give a data unit another title. Its file keeps its name, which is its SHA-256."""

from __future__ import annotations

from django.db import transaction

from viewer.actions.describe_data_unit import describe_data_unit
from viewer.actions.store_file import MAX_TITLE, visible_text
from viewer.actions.tell import tell
from viewer.errors import ViewerError
from viewer.models import DataUnit


def rename_data_unit(data_unit: DataUnit, title: str) -> None:
    title = " ".join(visible_text(title).split())
    if not title:
        raise ViewerError("A video needs a title.", code="invalid_title")
    if len(title) > MAX_TITLE:
        raise ViewerError(f"A title has at most {MAX_TITLE} characters; this has {len(title)}.", code="invalid_title")
    with transaction.atomic():
        data_unit.title = title
        data_unit.save(update_fields=["title"])
        tell(f"dataset:{data_unit.dataset_id}", "data_unit.changed", describe_data_unit(data_unit))
