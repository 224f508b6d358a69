"""What browsers may keep of bytes that only members see, and whether they have them already."""

from __future__ import annotations

from django.utils.http import parse_etags

IMMUTABLE = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"


def has_already(if_none_match: str | None, etag: str) -> bool:
    """Whether a client that sent this `If-None-Match` has what `etag` names (RFC 9110, 13.1.2: compared weakly)."""
    tags = parse_etags(if_none_match or "")
    return "*" in tags or etag in [tag.removeprefix("W/") for tag in tags]
