"""Who may open a page. Every page is decorated with one of these; tests/test_access.py finds one that is not.

`member` looks up what the URL names and hands it to the page in place of its id.
"""

from __future__ import annotations

from collections.abc import Callable
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
    page.access = "public"  # type: ignore[attr-defined]
    return page


def signed_in(page: Page) -> Page:
    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_signin(request)
        return page(request, *args, **kwargs)

    guarded.access = "signed_in"  # type: ignore[attr-defined]
    return guarded


def admin(page: Page) -> Page:
    """Others are told that there is nothing here."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_signin(request)
        if not request.user.is_admin:
            raise Http404
        return page(request, *args, **kwargs)

    guarded.access = "admin"  # type: ignore[attr-defined]
    return guarded


def member(page: Page) -> Page:
    """Whoever may see what the URL names by `dataset_id`, `data_unit_id` or `label_row_id`; others get 404."""

    @wraps(page)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_signin(request)
        found: Dataset | DataUnit | LabelRow | None = None
        if "dataset_id" in kwargs:
            found = Dataset.objects.visible_to(request.user).filter(pk=kwargs.pop("dataset_id")).first()
        elif "data_unit_id" in kwargs:
            units = DataUnit.objects.visible_to(request.user).select_related("dataset", "file", "table__file")
            found = units.filter(pk=kwargs.pop("data_unit_id")).first()
        elif "label_row_id" in kwargs:
            rows = LabelRow.objects.filter(data_unit__in=DataUnit.objects.visible_to(request.user))
            found = (
                rows.select_related("data_unit__dataset", "data_unit__file", "data_unit__table__file", "ontology")
                .filter(pk=kwargs.pop("label_row_id"))
                .first()
            )
        if found is None:
            raise Http404
        return page(request, found, **kwargs)

    guarded.access = "member"  # type: ignore[attr-defined]
    return guarded


def to_signin(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and back here afterwards."""
    query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
    return HttpResponseRedirect(settings.LOGIN_URL + (f"?{query}" if query and request.path != "/" else ""))
