"""Signing in, by password or by a link that works once, and signing out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from viewer.actions.check_password import check_password
from viewer.actions.signin_link import SpentLink, use_signin_link
from viewer.errors import ViewerError
from viewer.pages.access import public

BACKEND = "django.contrib.auth.backends.ModelBackend"


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def signin(request: HttpRequest) -> HttpResponse:
    target = _target(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(target)
        return render(request, "signin.html", {"next": target})
    username = request.POST.get("username", "").strip()
    try:
        user = check_password(username, request.POST.get("password", ""), str(request.META.get("REMOTE_ADDR", "")))
    except ViewerError as error:
        context = {"next": target, "username": username, "error": error.detail}
        response = render(request, "signin.html", context, status=error.status)
        if wait := error.extra.get("wait_seconds"):
            response["Retry-After"] = str(wait)
        return response
    login(request, user, backend=BACKEND)  # with a new session key
    return HttpResponseRedirect(target)


@public
@never_cache
@require_safe
def signin_by_link(request: HttpRequest, token: str) -> HttpResponse:
    # HEAD is what chat programs send to look at a link; it must not use it up.
    if request.method == "HEAD":
        return HttpResponse()
    try:
        user = use_signin_link(token)
    except SpentLink as error:
        return render(request, "spent_link.html", {"sentence": error.detail}, status=error.status)
    logout(request)  # whoever was signed in here before leaves nothing behind
    login(request, user, backend=BACKEND)
    request.session["by_link"] = True  # may set a password without knowing the one that was forgotten
    return HttpResponseRedirect(settings.LOGIN_REDIRECT_URL)


@public
@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect(settings.LOGIN_URL)


def _target(request: HttpRequest) -> str:
    """Where to go afterwards: a path of ours, or the datasets."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None, require_https=request.is_secure())
    return target if ours and target.startswith("/") and not target.startswith("/sign") else settings.LOGIN_REDIRECT_URL
