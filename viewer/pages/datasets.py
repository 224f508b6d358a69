"""The list of datasets, and the page of one."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from viewer.actions.create_dataset import create_dataset
from viewer.actions.describe_dataset import describe_datasets
from viewer.actions.tell import newest_event
from viewer.errors import ViewerError
from viewer.models import Dataset, DatasetMember
from viewer.pages.access import member, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def datasets(request: HttpRequest) -> HttpResponse:
    context, status = {}, 200
    if request.method == "POST":
        try:
            made = create_dataset(request.POST.get("title", ""), by=request.user)
            return HttpResponseRedirect(f"/datasets/{made.pk}/")
        except ViewerError as error:
            context, status = {"error": error.detail, "new_title": request.POST.get("title", "")}, error.status
    found = Dataset.objects.visible_to(request.user).order_by("title")
    return render(request, "datasets.html", {**context, "datasets": describe_datasets(found, request.user)}, status=status)


@member
@require_safe
def dataset(request: HttpRequest, dataset: Dataset) -> HttpResponse:
    context = {
        "dataset": dataset,
        "role": dataset.role_of(request.user),
        "may_manage": dataset.role_of(request.user) == DatasetMember.MANAGER,
        "max_video_bytes": settings.MAX_VIDEO_BYTES,
        "after": newest_event(),  # events later than this page are told by the socket
    }
    return render(request, "dataset.html", context)
