"""Static files by WhiteNoise, read whole: they are small, and Django would warn of a file that is sent in blocks."""

import gzip
from functools import lru_cache
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

_TEXT = ("text/", "image/svg+xml", "application/json")


class StaticFiles(WhiteNoiseMiddleware):
    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file:
                content = found.file.read()
        response = HttpResponse(content, status=HTTPStatus(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        if response.get("Content-Type", "").startswith(_TEXT):
            patch_vary_headers(response, ["Accept-Encoding"])
            if content and response.status_code == HTTPStatus.OK and _takes_gzip(request):
                response.content = _compressed(content)
                response["Content-Encoding"] = "gzip"
                response["Content-Length"] = str(len(response.content))
                del response["ETag"]  # it names other bytes; the date is enough
        return response


def _takes_gzip(request: HttpRequest) -> bool:
    """Whether the client says so, and does not refuse it by `q=0` (RFC 9110, 12.4.2)."""
    for offer in request.headers.get("Accept-Encoding", "").split(","):
        name, _, quality = offer.replace(" ", "").partition(";q=")
        if name == "gzip":
            return quality.strip("0.") != "" or quality == ""
    return False


@lru_cache(maxsize=512)
def _compressed(content: bytes) -> bytes:
    """Once a file: there are few, and they do not change while the server runs."""
    return gzip.compress(content, mtime=0)
