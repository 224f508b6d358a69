"""The list of datasets, and the page of one."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from viewer.actions.create_dataset import create_dataset
from viewer.actions.describe_dataset import describe_datasets
from viewer.actions.store_file import in_words
from viewer.errors import ViewerError
from viewer.models import Dataset, DatasetMember
from viewer.pages.access import SignedInRequest, member, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def datasets(request: SignedInRequest) -> HttpResponse:
    context, status = {}, 200
    if request.method == "POST":
        try:
            made = create_dataset(request.POST.get("title", ""), by=request.user)
            return HttpResponseRedirect(f"/datasets/{made.pk}/")
        except ViewerError as error:
            context, status = {"error": error.detail, "new_title": request.POST.get("title", "")}, error.status
    found = describe_datasets(Dataset.objects.visible_to(request.user).order_by("title"), request.user)
    for dataset in found:
        dataset["data_units_in_words"] = f"{dataset['data_units']:,}".replace(",", "\u202f")
    return render(request, "datasets.html", {**context, "datasets": found}, status=status)


@member
@require_safe
def dataset(request: SignedInRequest, dataset: Dataset) -> HttpResponse:
    context = {
        "dataset": dataset,
        "role": dataset.role_of(request.user),
        "may_manage": dataset.role_of(request.user) == DatasetMember.MANAGER,
        "most_bytes": in_words(settings.MAX_VIDEO_BYTES),
    }
    return render(request, "dataset.html", context)
