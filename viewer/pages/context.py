"""What every page is given: the release that names its static files, and the import map."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import mark_safe

# Third-party packages only. Our own modules import each other by relative paths, and the release in STATIC_URL keeps
# them together.
IMPORT_MAP = json.dumps(
    {
        "imports": {
            "lit-html": f"{settings.STATIC_URL}vendor/lit-html/lit-html.js",
            "lit-html/": f"{settings.STATIC_URL}vendor/lit-html/",
            "tus-js-client": f"{settings.STATIC_URL}vendor/tus.js",
        }
    },
    separators=(",", ":"),
)
IMPORT_MAP_SHA256 = base64.b64encode(hashlib.sha256(IMPORT_MAP.encode()).digest()).decode()


def page(request: HttpRequest) -> dict[str, Any]:
    return {
        "static": settings.STATIC_URL,
        "release": settings.RELEASE,
        # Not escaped: its SHA-256 stands in the content security policy, and all of it is ours.
        "import_map": mark_safe(IMPORT_MAP),  # noqa: S308
    }
