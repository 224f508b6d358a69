"""Remove a dataset with everything in it."""

from __future__ import annotations

from django.db import transaction

from viewer.actions.remove_data_unit import release_file
from viewer.actions.tell import tell
from viewer.errors import ViewerError
from viewer.models import Dataset, DataUnit, LabelRecord


def count_dataset_labels(dataset: Dataset) -> int:
    """Tracks that would go with it."""
    return LabelRecord.objects.filter(label_row__data_unit__dataset=dataset, kind="track", value__isnull=False).count()


def remove_dataset(dataset: Dataset, *, labels: int | None) -> None:
    """Raises ViewerError `labels_differ` unless `labels` is the number of labels that would be lost."""
    with transaction.atomic():
        found = count_dataset_labels(dataset)
        if labels != found:
            raise ViewerError(
                f"“{dataset.title}” holds {found} label{'' if found == 1 else 's'}. "
                f"To remove it, say so with ?labels={found}.",
                code="labels_differ",
                status=409,
                labels=found,
            )
        removed = dataset.pk
        files = set(DataUnit.objects.filter(dataset=dataset).values_list("file_id", flat=True))
        # First, since they protect the frame tables that they stand on.
        LabelRecord.objects.filter(label_row__data_unit__dataset=dataset).delete()
        dataset.delete()
        for sha256 in files:
            release_file(sha256)
        tell(f"dataset:{removed}", "dataset.removed", {"id": removed})
