"""The pages of the editor: with labels, and for looking only. Everything else they fetch from the API."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from viewer.actions.describe_data_unit import describe_table
from viewer.actions.labels_to_review import count_to_review
from viewer.models import DatasetMember, DataUnit, LabelRow
from viewer.pages.access import SignedInRequest, member


@member
@require_safe
def label(request: SignedInRequest, label_row: LabelRow) -> HttpResponse:
    data_unit = label_row.data_unit
    may_label = data_unit.dataset.role_of(request.user) in (DatasetMember.MANAGER, DatasetMember.ANNOTATOR)
    return _editor(request, data_unit, label_row=label_row, may_label=may_label)


@member
@require_safe
def view(request: SignedInRequest, data_unit: DataUnit) -> HttpResponse:
    return _editor(request, data_unit, label_row=None, may_label=False)


def _editor(
    request: SignedInRequest, data_unit: DataUnit, *, label_row: LabelRow | None, may_label: bool
) -> HttpResponse:
    """`label_row` is None on the page for looking only."""
    context = {
        "dataset": data_unit.dataset,
        "data_unit": data_unit,
        "label_row": label_row,
        "may_label": may_label,
        "to_review": label_row is not None and count_to_review([data_unit]).get(data_unit.pk, 0) > 0,
        "modules": editor_modules(),
        "answers": _answers(data_unit, label_row),
    }
    return render(request, "editor.html", context)


@cache
def editor_modules() -> tuple[str, ...]:
    """The addresses of the modules that the editor consists of. They import each other several levels deep: named in
    the page they come all at once, not level by level."""
    top = settings.BASE_DIR / "static"
    return tuple(
        settings.STATIC_URL + path.relative_to(top).as_posix()
        for part in ("shared", "editor")
        for path in sorted((top / part).rglob("*.js"))
    )


def _answers(data_unit: DataUnit, label_row: LabelRow | None) -> list[str]:
    """What the editor's scripts ask for first, so that the browser asks before they run."""
    answers = [f"/api/label-rows/{label_row.pk}/"] if label_row else []
    if data_unit.table is not None:
        answers.append(describe_table(data_unit, data_unit.table)["frames_url"])
    return answers
