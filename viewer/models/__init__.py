"""What is stored. One module a theme; import the models from here."""

from viewer.models.accounts import SigninAttempt, SigninToken, User
from viewer.models.datasets import Dataset, DatasetMember, DataUnit, FrameTableRow, StoredFile, Upload
from viewer.models.events import Event
from viewer.models.jobs import Job
from viewer.models.labels import LabelChange, LabelRecord, LabelRow, Ontology

__all__ = [
    "DataUnit",
    "Dataset",
    "DatasetMember",
    "Event",
    "FrameTableRow",
    "Job",
    "LabelChange",
    "LabelRecord",
    "LabelRow",
    "Ontology",
    "SigninAttempt",
    "SigninToken",
    "StoredFile",
    "Upload",
    "User",
]
