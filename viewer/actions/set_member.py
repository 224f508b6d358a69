"""Let people into a dataset, change their role, take them out."""

from __future__ import annotations

from django.db import transaction

from viewer.actions.tell import tell
from viewer.errors import NotFound, ViewerError
from viewer.models import Dataset, DatasetMember, User


def set_member(dataset: Dataset, username: str, role: str) -> DatasetMember:
    """Raises ViewerError `no_such_user` or `invalid_role`."""
    if role not in dict(DatasetMember.ROLES):
        raise ViewerError(f"A role is one of: {', '.join(dict(DatasetMember.ROLES))}.", code="invalid_role")
    user = User.objects.filter(username__iexact=username.strip(), is_active=True).first()
    if user is None:
        raise ViewerError(
            f"There is no active user “{username.strip()}”. An admin makes users.", code="no_such_user", status=422
        )
    member, _ = DatasetMember.objects.update_or_create(dataset=dataset, user=user, defaults={"role": role})
    return member


def remove_member(dataset: Dataset, user_id: int) -> None:
    """Their labels stay, under their name."""
    with transaction.atomic():
        if not DatasetMember.objects.filter(dataset=dataset, user=user_id).delete()[0]:
            raise NotFound("They are not a member of this dataset.")
        tell(f"user:{user_id}", "access.changed", {})  # open pages fall silent at once
