"""Who may open a page. Every page is decorated with one of these; tests/test_access.py finds one that is not.

`member` looks up what the URL names and hands it to the page in place of its id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from viewer.models import Dataset, DataUnit, LabelRow, User

Page = Callable[..., HttpResponse]


class SignedInRequest(HttpRequest):
    """What every page but a `public` one is given; a name for the type checker alone."""

    user: User


def public(page: Page) -> Page:
    """Anyone, signed in or not."""
    return _declared(page, "public")


def signed_in(page: Page) -> Page:
    return _guarded(page, "signed_in", lambda user, names: ())


def admin(page: Page) -> Page:
    """Others are told that there is nothing here."""
    return _guarded(page, "admin", _only_admins)


def member(page: Page) -> Page:
    """Whoever may see what the URL names by `dataset_id`, `data_unit_id` or `label_row_id`; others get 404."""
    return _guarded(page, "member", _named)


def _guarded(page: Page, access: str, find: Callable[[User, dict[str, Any]], Sequence[object]]) -> Page:
    """`page` for who is signed in, given what `find` takes out of the names in the URL. `find` raises Http404."""

    @wraps(page)
    def guarded(request: HttpRequest, **names: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_signin(request)
        found = find(request.user, names)
        return page(request, *found, **names)

    return _declared(guarded, access)


def _declared(page: Page, access: str) -> Page:
    page.access = access  # type: ignore[attr-defined]
    return page


def _only_admins(user: User, names: dict[str, Any]) -> Sequence[object]:
    if not user.is_admin:
        raise Http404
    return ()


def _named(user: User, names: dict[str, Any]) -> Sequence[object]:
    found: Dataset | DataUnit | LabelRow | None = None
    if "dataset_id" in names:
        found = Dataset.objects.visible_to(user).filter(pk=names.pop("dataset_id")).first()
    elif "data_unit_id" in names:
        units = DataUnit.objects.visible_to(user).select_related("dataset", "file", "table__file")
        found = units.filter(pk=names.pop("data_unit_id")).first()
    elif "label_row_id" in names:
        rows = LabelRow.objects.visible_to(user).select_related(
            "data_unit__dataset", "data_unit__file", "data_unit__table__file", "ontology"
        )
        found = rows.filter(pk=names.pop("label_row_id")).first()
    if found is None:
        raise Http404
    return (found,)


def to_signin(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and back here afterwards."""
    query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
    return HttpResponseRedirect(settings.LOGIN_URL + (f"?{query}" if query and request.path != "/" else ""))
