"""A data folder and a database of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Playwright's event loop stays in the thread once it has begun; Django refuses its database there.
    items.sort(key=lambda item: "e2e" in item.path.parts)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    # A file, as in production: threads of an in-memory database share one cache and lock each other out at once.
    path = tmp_path_factory.mktemp("database") / "test.sqlite3"
    connections["default"].settings_dict["TEST"]["NAME"] = str(path)


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    return settings.DATA_DIR


@pytest.fixture(scope="module", autouse=True)
def _end_sandbox() -> Iterator[None]:
    yield
    from viewer.actions.sandboxed import close_sandbox

    close_sandbox()


@pytest.fixture(autouse=True)
def _nothing_kept_between_tests() -> Iterator[None]:
    yield
    from viewer.live.media_bytes import forget_decisions
    from viewer.live.threads import close_database_threads

    forget_decisions()
    close_database_threads()
