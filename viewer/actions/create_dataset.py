"""Make a dataset that can be labelled at once: it has classes."""

from __future__ import annotations

from django.db import transaction

from viewer.errors import NotAllowed, ViewerError
from viewer.labels.ontology import PALETTE
from viewer.models import Dataset, DatasetMember, Ontology, User

MAX_TITLE = 200  # characters

# Something to begin with; a manager changes them on the dataset's page.
DEFAULT_CLASSES = [
    {"id": number, "name": name, "color": color, "shape": "box"}
    for number, (name, color) in enumerate(zip(("Person", "Vehicle", "Object"), PALETTE, strict=False), 1)
]


def create_dataset(title: str, *, by: User | None) -> Dataset:
    """`by` is None on the command line. Raises `invalid_title`, `title_taken`; NotAllowed for non-admins."""
    if by is not None and not by.is_admin:
        raise NotAllowed("Only admins make datasets. Ask one to make it and to add you as its manager.")
    title = clean_dataset_title(title)
    with transaction.atomic():
        _refuse_taken(title)
        dataset = Dataset.objects.create(title=title, created_by=by)
        Ontology.objects.create(dataset=dataset, classes=DEFAULT_CLASSES, next_id=len(DEFAULT_CLASSES) + 1)
        if by is not None:
            DatasetMember.objects.create(dataset=dataset, user=by, role=DatasetMember.MANAGER)
    return dataset


def rename_dataset(dataset: Dataset, title: str) -> None:
    title = clean_dataset_title(title)
    with transaction.atomic():
        _refuse_taken(title, but=dataset)
        dataset.title = title
        dataset.save(update_fields=["title"])


def clean_dataset_title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise ViewerError("A dataset needs a title.", code="invalid_title")
    if len(title) > MAX_TITLE:
        raise ViewerError(f"A title has at most {MAX_TITLE} characters; this has {len(title)}.", code="invalid_title")
    if not title.isprintable():
        raise ViewerError("The title holds characters that cannot be seen.", code="invalid_title")
    return title


def _refuse_taken(title: str, but: Dataset | None = None) -> None:
    others = Dataset.objects.exclude(pk=but.pk) if but else Dataset.objects.all()
    if others.filter(title=title).exists():
        raise ViewerError(f"There is a dataset “{title}” already.", code="title_taken", status=409)
