"""What a browser may do with our pages. Nothing comes from elsewhere, nothing inline runs but the import map."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from viewer.pages.context import IMPORT_MAP_SHA256

# `'wasm-unsafe-eval'` compiles WebAssembly and nothing else. Pictures are blobs that our own scripts made. `'self'` of
# connect-src covers sockets to the same host in today's browsers; the host is named for Safari before 15.4.
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src 'self' 'wasm-unsafe-eval' 'sha256-{IMPORT_MAP_SHA256}'",
        "worker-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'{sockets}",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
PERMISSIONS = (
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), display-capture=(), "
    "browsing-topics=()"
)


class SecurityHeaders:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        try:
            host = request.get_host()
            sockets = f" {'wss' if request.is_secure() else 'ws'}://{host}"
        except Exception:  # a host that is not ours: the answer is 400 and connects to nothing
            sockets = ""
        response.setdefault("Content-Security-Policy", POLICY.format(sockets=sockets))
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("X-Frame-Options", "DENY")
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", PERMISSIONS)
        # What a page shows is of the person who is signed in: no shared cache, and nothing to read after signing out.
        if not request.path.startswith(("/static/", "/media/")) and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response
