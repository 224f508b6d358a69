"""Reads single values of a request, each refused with its own sentence."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from viewer.errors import ViewerError


def whole(request: Request, name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number of the query string."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and least <= int(text) <= most):
        raise ViewerError(f"?{name}= must be a whole number from {least} to {most}.", code="invalid_query")
    return int(text)


def labels_to_lose(request: Request) -> int | None:
    """`?labels=N`: how many labels the person was told would go."""
    return whole(request, "labels", 0) if "labels" in request.query_params else None


def body(request: Request, *names: str) -> dict[str, Any]:
    """The JSON object that was sent, which may hold these names and no others."""
    data = request.data
    if not isinstance(data, dict):
        raise ViewerError("The body must be a JSON object.", code="invalid")
    if unknown := sorted(set(data) - set(names)):
        raise ViewerError(
            f"Unknown: {', '.join(unknown)}. The body may hold {', '.join(names)}.",
            code="unknown_field",
            fields=unknown,
        )
    return data


def text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise ViewerError(f"“{name}” must be a text.", code="invalid")
    return value


def flag(data: dict[str, Any], name: str) -> bool:
    value = data.get(name)
    if not isinstance(value, bool):
        raise ViewerError(f"“{name}” must be true or false.", code="invalid")
    return value
