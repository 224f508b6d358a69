"""Pages for what went wrong: what happened, what is safe, what to do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

SENTENCES = {
    400: ("The request could not be understood", "Nothing was changed. Go back and try again."),
    403: ("You may not do this", "Ask an admin, or a manager of the dataset, for the role that it needs."),
    404: (
        "There is nothing here, or you may not see it",
        "The address may be mistyped, the video may have been removed, or you are not a member of its dataset.",
    ),
}


def error(request: HttpRequest, status: int) -> HttpResponse:
    title, sentence = SENTENCES[status]
    return render(request, "error.html", {"status": status, "title": title, "sentence": sentence}, status=status)


def stale_form(request: HttpRequest) -> HttpResponse:
    context = {
        "status": 403,
        "title": "This form is out of date",
        "sentence": "You have signed in or out since it was opened, or cookies are blocked. Nothing was changed. "
        "Go back, reload the page and try again.",
    }
    return render(request, "error.html", context, status=403)


def unexpected(request: HttpRequest, reference: str) -> HttpResponse:
    context = {
        "status": 500,
        "title": "Something went wrong on the server",
        "sentence": "Labels that were saved are safe. Try again; if it comes back, quote the code below to whoever "
        "runs the server.",
        "reference": reference,
    }
    try:
        return render(request, "error.html", context, status=500)
    except Exception:  # the database, say, which the header of the page needs
        text = f"{context['title']}. {context['sentence']} {reference}"
        return HttpResponse(text, status=500, content_type="text/plain; charset=utf-8")
