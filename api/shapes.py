"""What answers look like, for the OpenAPI description. The values are made by `viewer.actions.describe_*`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers as s

from viewer.models import DatasetMember, DataUnit


def many(shape: s.Serializer[Any]) -> s.ListSerializer[Any]:
    return s.ListSerializer(child=shape)


ROLE = [role for role, _ in DatasetMember.ROLES]
STATE = [DataUnit.WAITING, DataUnit.VERIFYING, DataUnit.READY, DataUnit.NEEDS_REENCODE, DataUnit.FAILED]

DATASET = inline_serializer(
    "Dataset",
    {
        "id": s.IntegerField(),
        "title": s.CharField(),
        "role": s.ChoiceField(ROLE),
        "data_units": s.IntegerField(help_text="how many"),
        "created_at": s.DateTimeField(),
    },
)
MEMBER = inline_serializer("Member", {"user": s.IntegerField(), "username": s.CharField(), "role": s.ChoiceField(ROLE)})
ONTOLOGY = inline_serializer(
    "Ontology",
    {
        "classes": s.ListField(
            child=inline_serializer(
                "LabelClass",
                {
                    "id": s.IntegerField(allow_null=True, help_text="null for a new class"),
                    "name": s.CharField(),
                    "color": s.CharField(help_text="#rrggbb"),
                    "shape": s.ChoiceField(["box"]),
                },
            )
        ),
        "revision": s.IntegerField(help_text="of the classes that the author saw"),
    },
)
DATA_UNIT = inline_serializer(
    "DataUnit",
    {
        "id": s.IntegerField(),
        "dataset": s.IntegerField(),
        "kind": s.CharField(),
        "title": s.CharField(),
        "state": s.ChoiceField(STATE),
        "error": s.DictField(allow_null=True, help_text="code, detail"),
        "size": s.IntegerField(help_text="bytes"),
        "sha256": s.CharField(),
        "facts": s.DictField(help_text="container, codec, width, height, duration_seconds, frame_count, …"),
        "label_row": s.IntegerField(allow_null=True),
        "labels": s.IntegerField(help_text="tracks"),
        "to_review": s.IntegerField(help_text="keyframes and ranges on frames of an older table that are not the same"),
        "labelled_by": s.ListField(child=s.CharField()),
        "table": s.DictField(allow_null=True, help_text="id, state, frame_count, proved, frames_url, digests_url"),
        "media_url": s.CharField(),
        "side_url": s.CharField(allow_null=True),
        "picture_url": s.CharField(allow_null=True, help_text="with {frame} for the frame"),
        "thumbnail_url": s.CharField(allow_null=True),
        "progress": s.DictField(allow_null=True, help_text="fraction (0 to 1), seconds_left or null"),
        "created_at": s.DateTimeField(),
    },
)
DATA_UNITS = inline_serializer("DataUnits", {"count": s.IntegerField(), "results": s.ListField(child=DATA_UNIT)})
NEIGHBOURS = inline_serializer(
    "Neighbours",
    {
        "position": s.IntegerField(help_text="from 1"),
        "count": s.IntegerField(),
        "previous": s.DictField(allow_null=True, help_text="a data unit"),
        "next": s.DictField(allow_null=True, help_text="a data unit"),
    },
)
REVIEW = inline_serializer(
    "Review",
    {
        "table": s.IntegerField(allow_null=True),
        "counts": s.DictField(child=s.IntegerField(), help_text="by verdict"),
        "records": s.ListField(
            child=inline_serializer(
                "RecordToReview",
                {
                    "kind": s.ChoiceField(["keyframe", "range"]),
                    "id": s.CharField(),
                    "track": s.CharField(),
                    "frame": s.IntegerField(help_text="that its author saw, by the older table"),
                    "frame_now": s.IntegerField(allow_null=True),
                    "verdict": s.ChoiceField(["moved", "taken", "changed", "gone"]),
                },
            )
        ),
    },
)
USER = inline_serializer(
    "User",
    {
        "id": s.IntegerField(),
        "username": s.CharField(),
        "is_admin": s.BooleanField(),
        "is_active": s.BooleanField(),
        "last_login": s.DateTimeField(allow_null=True),
    },
)
ERROR = inline_serializer("Error", {"code": s.CharField(), "detail": s.CharField()})
