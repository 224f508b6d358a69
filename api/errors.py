"""The only place that turns errors into answers: `{"code", "detail", …}`."""

from __future__ import annotations

import errno
import logging
import secrets
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from viewer.errors import ViewerError

log = logging.getLogger("onframe.errors")

# DRF's exceptions name themselves well enough but for these.
CODES = {
    "not_authenticated": "signed_out",
    "authentication_failed": "bad_api_key",
    "permission_denied": "not_allowed",
    "parse_error": "invalid_json",
    "throttled": "too_many_requests",
}


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's `EXCEPTION_HANDLER`. Nothing that a client sends is answered by a page of HTML."""
    set_rollback()
    if isinstance(error, ViewerError):
        body = {**error.extra, "code": error.code, "detail": error.detail}
        wait = error.extra.get("wait_seconds")
        return Response(body, status=error.status, headers={"Retry-After": str(wait)} if wait else None)
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing here, or you may not see it.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _of_drf(error)
    if isinstance(error, RequestDataTooBig):
        return Response(
            {"code": "too_large", "detail": "The request is larger than the server takes at once."}, status=413
        )
    if isinstance(error, SuspiciousOperation):
        return Response({"code": "bad_request", "detail": "The request could not be understood."}, status=400)
    if _disk_is_full(error):
        log.error("The disk that the database is on is full")
        return Response(
            {
                "code": "insufficient_storage",
                "detail": "The server's disk is full, so nothing was saved. What you have entered stays in this page "
                "and can be saved once there is room; tell whoever runs the server.",
            },
            status=507,
        )
    return Response(unexpected(context.get("request"), error), status=500)


def _disk_is_full(error: Exception) -> bool:
    """SQLite has no other sign of it than these words (SQLITE_FULL)."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, OperationalError) and "database or disk is full" in str(error)


def _of_drf(error: exceptions.APIException) -> Response:
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"": error.detail}
        body: dict[str, Any] = {"code": "invalid", "detail": " ".join(sentences(fields)), "fields": fields}
        return Response(body, status=400, headers=headers)
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid"
    detail = str(error.detail)
    if code == "not_authenticated":
        detail = (
            "You are not signed in, or your session has ended. Sign in again; nothing that you have entered is lost."
        )
    if code == "permission_denied" and detail.startswith("CSRF"):
        code, detail = "csrf", "The request carries no valid X-CSRFToken. Reload the page and try again."
    return Response({"code": CODES.get(code, code), "detail": detail}, status=error.status_code, headers=headers)


def sentences(fields: dict[str, Any]) -> list[str]:
    """One sentence for each field that was refused: `title: This field may not be blank.`"""
    lines = []
    for name, errors in fields.items():
        for item in errors if isinstance(errors, list) else [errors]:
            text = " ".join(sentences(item)) if isinstance(item, dict) else str(item)
            lines.append(f"{name}: {text}" if name and name != "non_field_errors" else text)
    return lines


def unexpected(request: HttpRequest | None, error: BaseException | None) -> dict[str, str]:
    """Log what nobody foresaw under a reference, and say only the reference."""
    reference = secrets.token_hex(4)
    match = getattr(request, "resolver_match", None)
    # The route, not the address: that may hold a sign-in link.
    where = f"{request.method} {match.route if match else request.path}" if request else "a request"
    log.error("Unexpected error %s at %s", reference, where, exc_info=error or True)
    return {
        "code": "unexpected",
        "detail": f"Something went wrong on the server. Nothing was changed. Quote {reference} to whoever runs it.",
        "reference": reference,
    }


def answer(request: HttpRequest, status: int) -> JsonResponse:
    """For requests under /api/ that reach no view, and for errors outside of DRF."""
    if status == 500:
        return JsonResponse(unexpected(request, None), status=500)
    sentence = {
        400: ("bad_request", "The request could not be understood."),
        403: ("not_allowed", "You may not do this."),
        404: ("not_found", "There is no such address under /api/. /api/docs/ lists all of them."),
    }[status]
    return JsonResponse({"code": sentence[0], "detail": sentence[1]}, status=status)
