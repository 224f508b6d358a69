from pathlib import Path

import pytest
from django.db import connection

from viewer.jobs.worker import checkpoint
from viewer.models import Dataset

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has such a log")
def test_a_checkpoint_brings_what_was_committed_from_the_log_into_the_database():
    database = Path(connection.settings_dict["NAME"])
    Dataset.objects.create(title="A title that stands nowhere else")
    assert b"stands nowhere else" not in database.read_bytes()
    checkpoint()
    assert b"stands nowhere else" in database.read_bytes()
