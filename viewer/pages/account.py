"""One's own account: password and API key."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from viewer.actions.api_key import make_api_key, revoke_api_key
from viewer.actions.check_password import check_password
from viewer.errors import ViewerError
from viewer.pages.access import SignedInRequest, signed_in


@signed_in
@sensitive_post_parameters("password", "current")
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    context: dict[str, object] = {"needs_current": _needs_current(request)}
    status = 200
    if request.method == "POST":
        match request.POST.get("action"):
            case "password":
                try:
                    _set_password(request)
                    return HttpResponseRedirect("/account/?saved=password")
                except ViewerError as error:
                    context["error"], status = error.detail, error.status
            case "make_key":
                context["api_key"] = make_api_key(request.user)
            case "revoke_key":
                revoke_api_key(request.user)
    context["saved"] = request.GET.get("saved") == "password"
    return render(request, "account.html", context, status=status)


def _needs_current(request: SignedInRequest) -> bool:
    """Someone at an unlocked screen may not take the account; someone who came by a link may have forgotten."""
    return request.user.has_usable_password() and not request.session.get("by_link")


def _set_password(request: SignedInRequest) -> None:
    user = request.user
    password = request.POST.get("password", "")
    if _needs_current(request):
        address = str(request.META.get("REMOTE_ADDR", ""))
        try:
            check_password(user.get_username(), request.POST.get("current", ""), address)
        except ViewerError as error:
            if error.status == 429:
                raise
            raise ViewerError(
                "The current password is not right. Nothing was changed.", code="wrong_password"
            ) from error
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ViewerError(" ".join(error.messages), code="weak_password") from error
    user.set_password(password)
    user.save(update_fields=["password"])
    update_session_auth_hash(request, user)  # other browsers of this person are signed out
    request.session.pop("by_link", None)
