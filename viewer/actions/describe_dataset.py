"""Datasets as pages and scripts see them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from viewer.models import Dataset, DatasetMember, DataUnit, User
from viewer.models.datasets import DatasetQuerySet


def describe_dataset(dataset: Dataset, user: User) -> dict[str, Any]:
    return describe_datasets(Dataset.objects.filter(pk=dataset.pk), user)[0]


def describe_datasets(datasets: DatasetQuerySet, user: User) -> list[dict[str, Any]]:
    """`role` is that of `user`; admins manage all."""
    units = DataUnit.objects.filter(dataset__in=datasets.order_by().values("pk")).order_by()
    counts = dict(units.values_list("dataset_id").annotate(Count("pk")))
    roles = dict(DatasetMember.objects.filter(user=user).values_list("dataset_id", "role"))
    return [
        {
            "id": dataset.pk,
            "title": dataset.title,
            "role": DatasetMember.MANAGER if user.is_admin else roles.get(dataset.pk),
            "data_units": counts.get(dataset.pk, 0),
            "created_at": dataset.created_at.isoformat(),
        }
        for dataset in datasets
    ]
