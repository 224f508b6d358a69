from __future__ import annotations

import pytest

from tests.builders import make_user
from viewer.models import User


@pytest.fixture
def ada() -> User:
    return make_user("ada")
