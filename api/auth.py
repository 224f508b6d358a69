"""Who is asking, and whether they may. Every view declares it; a view that does not is closed to everyone.

A view declares one word for all its methods, or one for each:

    class LabelRowDetail(View):
        access = "member"

    class DataUnitDetail(View):
        access = {"GET": "member", "PATCH": "manager", "DELETE": "manager"}

`public`, `signed_in` and `admin` are about the person. `member` (whoever may look), `annotator` and `manager` are about
the dataset that the URL names: a keyword `dataset_id`, `data_unit_id` or `label_row_id` of the route. Before the method
runs the view has found it as `self.dataset`, and `self.data_unit` or `self.label_row`. What a person may not see
answers 404, what they may see but not do 403.
"""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from viewer.errors import NotAllowed, NotFound
from viewer.models import Dataset, DatasetMember, DataUnit, LabelRow, User
from viewer.models.labels import LabelRowQuerySet

PERSONAL = ("public", "signed_in", "admin")
ROLES = {
    "member": (DatasetMember.READER, DatasetMember.ANNOTATOR, DatasetMember.MANAGER),
    "annotator": (DatasetMember.ANNOTATOR, DatasetMember.MANAGER),
    "manager": (DatasetMember.MANAGER,),
}


class Declared(permissions.BasePermission):
    """What the view's `access` says of the person; the dataset is looked up after it (`View.initial`)."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed = access_of(view, str(request.method))
        if needed == "public":
            return True
        if not (request.user and request.user.is_authenticated):
            return False
        if needed is None:
            # A method that the view does not have is refused as such.
            return not hasattr(view, str(request.method).lower())
        return needed != "admin" or request.user.is_admin


def access_of(view: APIView | type[APIView], method: str) -> str | None:
    """The word that `view` declares for `method`, or None. HEAD is as GET; OPTIONS needs to be signed in."""
    declared: str | dict[str, str] | None = getattr(view, "access", None)
    if isinstance(declared, str):
        return declared
    if not declared:
        return None
    if method == "OPTIONS":
        return declared.get("OPTIONS", "signed_in")
    return declared.get(method) or (declared.get("GET") if method == "HEAD" else None)


# The base of every view under /api/. A comment, since views without a docstring would show this one as theirs.
class View(APIView):
    access: ClassVar[str | dict[str, str]]
    permission_classes = [Declared]

    dataset: Dataset
    data_unit: DataUnit
    label_row: LabelRow

    @property
    def user(self) -> User:
        """Who is asking, in a view that is not `public`."""
        user = self.request.user
        assert isinstance(user, User)  # `Declared` has let nobody else in
        return user

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if str(request.method).lower() in self.http_method_names and hasattr(self, str(request.method).lower()):
            needed = access_of(self, str(request.method))
            if needed in ROLES or {"dataset_id", "data_unit_id", "label_row_id"} & kwargs.keys():
                self.find(self.user, kwargs)
            if needed in ROLES:
                require(self.dataset, self.user, str(needed))

    def find(self, user: User, kwargs: dict[str, Any]) -> None:
        """Set what the URL names, if `user` may see it."""
        if "label_row_id" in kwargs:
            self.label_row = visible_label_row(user, kwargs["label_row_id"])
            self.data_unit = self.label_row.data_unit
            self.dataset = self.data_unit.dataset
        elif "data_unit_id" in kwargs:
            self.data_unit = visible_data_unit(user, kwargs["data_unit_id"])
            self.dataset = self.data_unit.dataset
        elif "dataset_id" in kwargs:
            self.dataset = visible_dataset(user, kwargs["dataset_id"])


def visible_dataset(user: User, dataset_id: int) -> Dataset:
    dataset = Dataset.objects.visible_to(user).filter(pk=dataset_id).first()
    if dataset is None:
        raise NotFound("There is no such dataset, or you are not a member of it.")
    return dataset


def visible_data_unit(user: User, data_unit_id: int) -> DataUnit:
    units = DataUnit.objects.visible_to(user).select_related("dataset", "file", "table__file")
    data_unit = units.filter(pk=data_unit_id).first()
    if data_unit is None:
        raise NotFound("There is no such video, or you are not a member of its dataset.")
    return data_unit


def visible_label_row(user: User, label_row_id: int, rows: LabelRowQuerySet | None = None) -> LabelRow:
    """`rows` may read less than what nearly all views need."""
    if rows is None:
        rows = LabelRow.objects.select_related(
            "data_unit__dataset", "data_unit__file", "data_unit__table__file", "ontology"
        )
    label_row = rows.visible_to(user).filter(pk=label_row_id).first()
    if label_row is None:
        raise NotFound("There are no such labels, or you are not a member of their dataset.")
    return label_row


def require(dataset: Dataset, user: User, needed: str) -> None:
    """Raise `NotAllowed` unless the role of `user` in `dataset` is one of those that `needed` names (`ROLES`)."""
    role = dataset.role_of(user)
    if role in ROLES[needed]:
        return
    if role is None:
        raise NotFound("There is no such dataset, or you are not a member of it.")
    raise NotAllowed(f"This needs the role of {a(needed)} in the dataset “{dataset.title}”; yours is {role}.")


def a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
