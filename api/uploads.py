"""Resumable uploads by tus 1.0: begun, asked about and cancelled here.

The bytes themselves (PATCH) go to `viewer.live.upload_bytes`, which writes them to the disk as they come.
Django takes a
request in whole before a view sees it: a connection that breaks after 900 MB of 1 GB would leave nothing to resume.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.auth import View, require, visible_dataset
from viewer.actions.uploads import begin_upload, cancel_upload, find_upload, finish_upload, offset_of
from viewer.errors import ViewerError

TUS = "1.0.0"
EXTENSIONS = "creation,termination,checksum"
CHECKSUMS = "sha256,sha1,md5"


class TusView(View):
    """Adds the protocol's version to every answer, and refuses clients of another."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in ("POST", "HEAD", "DELETE") and request.headers.get("Tus-Resumable") != TUS:
            raise ViewerError(
                f"Uploads speak tus {TUS}: send the header Tus-Resumable: {TUS}.",
                code="tus_version",
                status=412,
            )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Tus-Resumable"] = answer["Tus-Version"] = TUS
        answer["Cache-Control"] = "no-store"
        return answer


class Uploads(TusView):
    access = {"POST": "signed_in", "OPTIONS": "signed_in"}  # the dataset stands in the metadata

    @extend_schema(
        summary="Begin a resumable upload (tus 1.0 creation)",
        request=None,
        parameters=[
            OpenApiParameter("Tus-Resumable", str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("Upload-Length", int, OpenApiParameter.HEADER, required=True, description="bytes"),
            OpenApiParameter(
                "Upload-Metadata",
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="tus metadata: `dataset` (id), `filename`, and, if known, `sha256` (64 hexadecimal digits)",
            ),
        ],
        responses={201: OpenApiResponse(description="`Location` is where the bytes go by PATCH")},
    )
    def post(self, request: Request) -> Response:
        metadata = read_metadata(request.headers.get("Upload-Metadata", ""))
        length = request.headers.get("Upload-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < 19):
            raise ViewerError("Upload-Length must be the file's size in bytes.", code="bad_length")
        dataset_id = metadata.get("dataset", "")
        if not (dataset_id.isascii() and dataset_id.isdecimal() and len(dataset_id) < 19):
            raise ViewerError("Upload-Metadata must name the dataset by its id.", code="bad_metadata")
        dataset = visible_dataset(self.user, int(dataset_id))
        require(dataset, self.user, "manager")
        upload = begin_upload(
            dataset=dataset,
            user=self.user,
            filename=metadata.get("filename") or metadata.get("name") or "",
            size=int(length),
            sha256=metadata.get("sha256", "").lower(),
        )
        location = f"/api/uploads/{upload.pk}/"
        return Response({"id": str(upload.pk), "url": location}, status=201, headers={"Location": location})

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # as DRF's
        return Response(
            status=204,
            headers={
                "Tus-Extension": EXTENSIONS,
                "Tus-Max-Size": str(settings.MAX_VIDEO_BYTES),
                "Tus-Checksum-Algorithm": CHECKSUMS,
            },
        )


class UploadDetail(TusView):
    access = {"HEAD": "signed_in", "PATCH": "signed_in", "DELETE": "signed_in"}  # only whoever began it

    @extend_schema(
        summary="How many bytes have arrived (tus 1.0)",
        responses={200: OpenApiResponse(description="`Upload-Offset`; `Onframe-Data-Unit` once it is complete")},
    )
    def head(self, request: Request, upload_id: UUID) -> Response:
        upload = find_upload(upload_id, self.user)
        offset = offset_of(upload)
        if offset == upload.size:
            finish_upload(upload)  # the server was stopped between the last byte and this
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.size)}
        if upload.data_unit_id is not None:
            headers["Onframe-Data-Unit"] = str(upload.data_unit_id)
        return Response(headers=headers)

    @extend_schema(
        summary="Send bytes (tus 1.0), from the offset that the server has",
        parameters=[
            OpenApiParameter("Tus-Resumable", str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("Upload-Checksum", str, OpenApiParameter.HEADER, description="`sha256 <base64>`"),
        ],
        request={"application/offset+octet-stream": OpenApiTypes.BINARY},
        responses={204: OpenApiResponse(description="`Upload-Offset`; `Onframe-Data-Unit` once it is complete")},
    )
    def patch(self, request: Request, upload_id: UUID) -> Response:
        # Reached only where this view is run without viewer.asgi in front of it.
        raise ViewerError("This server was started without the part that takes uploads.", code="no_uploads", status=501)

    @extend_schema(summary="Cancel an upload and remove its bytes (tus 1.0 termination)", responses={204: None})
    def delete(self, request: Request, upload_id: UUID) -> Response:
        cancel_upload(find_upload(upload_id, self.user))
        return Response(status=204)


def read_metadata(header: str) -> dict[str, str]:
    """`filename ZmlsbQ==,dataset NQ==` → {"filename": "film", "dataset": "5"}."""
    metadata = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            metadata[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ViewerError("Upload-Metadata must hold base64 of UTF-8 texts.", code="bad_metadata") from error
    return metadata
