"""The pages of the editor: with labels, and for looking only. Everything else they fetch from the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from viewer.models import DatasetMember, DataUnit, LabelRow
from viewer.pages.access import member


@member
@require_safe
def label(request: HttpRequest, label_row: LabelRow) -> HttpResponse:
    data_unit = label_row.data_unit
    may_label = data_unit.dataset.role_of(request.user) in (DatasetMember.MANAGER, DatasetMember.ANNOTATOR)
    return _editor(request, data_unit, label_row=label_row, may_label=may_label)


@member
@require_safe
def view(request: HttpRequest, data_unit: DataUnit) -> HttpResponse:
    return _editor(request, data_unit, label_row=None, may_label=False)


def _editor(request: HttpRequest, data_unit: DataUnit, *, label_row: LabelRow | None, may_label: bool) -> HttpResponse:
    """`label_row` is None on the page for looking only."""
    context = {
        "dataset": data_unit.dataset,
        "data_unit": data_unit,
        "label_row": label_row,
        "may_label": may_label,
    }
    return render(request, "editor.html", context)
