"""Help, and the page of the API."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from viewer.pages.access import public, signed_in

TOPICS = {"exact-frames": "help/exact_frames.html", "keys": "help/keys.html", "browsers": "help/browsers.html"}


@public
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "help/index.html")


@public
@require_safe
def topic(request: HttpRequest, topic: str) -> HttpResponse:
    if topic not in TOPICS:
        raise Http404
    return render(request, TOPICS[topic])


@signed_in
@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api_docs.html")
