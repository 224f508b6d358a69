"""The people of this server, for admins."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from viewer.actions.manage_users import create_user, set_active, set_admin
from viewer.actions.signin_link import make_signin_link
from viewer.errors import ViewerError
from viewer.models import User
from viewer.pages.access import admin


@admin
@require_http_methods(["GET", "HEAD", "POST"])
def users(request: HttpRequest) -> HttpResponse:
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        try:
            linked = _carry_out(request)
            if linked is None:
                return HttpResponseRedirect("/users/")
            # Shown once, in the answer itself: a link in a redirect would stand in histories and logs.
            context = {"linked": linked, "link": request.build_absolute_uri(make_signin_link(linked))}
        except ViewerError as error:
            context, status = {"error": error.detail, "username": request.POST.get("username", "")}, error.status
    people = User.objects.annotate(datasets=Count("memberships")).order_by("-is_active", "username")
    return render(request, "users.html", {**context, "people": people}, status=status)


def _carry_out(request: HttpRequest) -> User | None:
    """Do what the form asks; return whom a sign-in link is to be made for, if one is."""
    action = request.POST.get("action", "")
    if action == "create":
        return create_user(request.POST.get("username", ""), is_admin=request.POST.get("is_admin") == "on")
    user_id = request.POST.get("user", "")
    user = User.objects.filter(pk=int(user_id)).first() if user_id.isascii() and user_id.isdecimal() else None
    if user is None:
        raise Http404
    match action:
        case "link" if user.is_active:
            return user
        case "activate" | "deactivate":
            set_active(user, action == "activate")
        case "make_admin" | "unmake_admin":
            set_admin(user, action == "make_admin")
    return None
