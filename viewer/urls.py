"""Every address of the product."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

import api.errors
from api import data_units as units
from api import datasets, exports, frames, label_rows, members, ontologies, review, schema, uploads, users
from viewer.pages import account, editor, help, signin
from viewer.pages import datasets as dataset_pages
from viewer.pages import errors as error_pages
from viewer.pages import users as user_pages

api_urls = [
    path("datasets/", datasets.DatasetList.as_view()),
    path("datasets/<int:dataset_id>/", datasets.DatasetDetail.as_view()),
    path("datasets/<int:dataset_id>/members/", members.MemberList.as_view()),
    path("datasets/<int:dataset_id>/members/<int:user_id>/", members.MemberDetail.as_view()),
    path("datasets/<int:dataset_id>/ontology/", ontologies.OntologyDetail.as_view()),
    path("datasets/<int:dataset_id>/data-units/", units.DataUnitList.as_view()),
    path("datasets/<int:dataset_id>/export", exports.DatasetExport.as_view()),
    path("data-units/<int:data_unit_id>/", units.DataUnitDetail.as_view()),
    path("data-units/<int:data_unit_id>/neighbours/", units.DataUnitNeighbours.as_view()),
    path("data-units/<int:data_unit_id>/frames/<int:frame>/picture", frames.FramePicture.as_view()),
    path("data-units/<int:data_unit_id>/thumbnail", frames.Thumbnail.as_view()),
    path("data-units/<int:data_unit_id>/export", exports.DataUnitExport.as_view()),
    path("uploads/", uploads.Uploads.as_view()),
    path("uploads/<uuid:upload_id>/", uploads.UploadDetail.as_view()),
    path("label-rows/<int:label_row_id>/", label_rows.LabelRowDetail.as_view()),
    path("label-rows/<int:label_row_id>/changes/", label_rows.LabelRowChanges.as_view()),
    path("label-rows/<int:label_row_id>/review/", review.LabelRowReview.as_view()),
    path("users/", users.UserList.as_view()),
    path("users/<int:user_id>/", users.UserDetail.as_view()),
    path("users/<int:user_id>/signin-link/", users.UserSigninLink.as_view()),
    path("schema/", schema.Schema.as_view()),
]

urlpatterns = [
    path("api/", include(api_urls)),
    path("api/docs/", help.api_docs),
    path("", dataset_pages.datasets),
    path("datasets/<int:dataset_id>/", dataset_pages.dataset),
    path("label/<int:label_row_id>/", editor.label),
    path("view/<int:data_unit_id>/", editor.view),
    path("signin/", signin.signin),
    path("signin/<str:token>/", signin.signin_by_link),
    path("signout/", signin.signout),
    path("account/", account.account),
    path("users/", user_pages.users),
    path("help/", help.index),
    path("help/<slug:topic>/", help.topic),
]


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404)


def handler500(request: HttpRequest) -> HttpResponse:
    if _is_api(request):
        return api.errors.answer(request, 500)
    return error_pages.unexpected(request, api.errors.unexpected(request, None)["reference"])


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`CSRF_FAILURE_VIEW`: a form that was open while its session ended."""
    return api.errors.answer(request, 403) if _is_api(request) else error_pages.stale_form(request)


def _error(request: HttpRequest, status: int) -> HttpResponse:
    return api.errors.answer(request, status) if _is_api(request) else error_pages.error(request, status)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
