"""The OpenAPI description of everything under /api/."""

from __future__ import annotations

from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView

from api.auth import Declared
from api.identity import SessionAuthentication, TokenAuthentication


class Schema(SpectacularAPIView):
    access = "signed_in"
    authentication_classes = [SessionAuthentication, TokenAuthentication]
    permission_classes = [Declared]
    renderer_classes = [OpenApiJsonRenderer]
