"""What tests are about: people, datasets, data units with bytes behind them."""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from viewer.actions.store_file import store_file
from viewer.models import Dataset, DatasetMember, DataUnit, FrameTableRow, Ontology, User


def make_user(username: str = "ada", **fields: object) -> User:
    user = User(username=username, **fields)
    user.set_unusable_password()
    user.save()
    return user


def make_dataset(title: str = "Street", **roles: User) -> Dataset:
    """`make_dataset(manager=ada, reader=bob)`."""
    dataset = Dataset.objects.create(title=title)
    Ontology.objects.create(dataset=dataset)
    for role, user in roles.items():
        DatasetMember.objects.create(dataset=dataset, user=user, role=role)
    return dataset


def make_data_unit(dataset: Dataset, content: bytes, title: str = "film.mp4") -> DataUnit:
    path: Path = settings.DATA_DIR / "uploads" / "built"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    try:
        return store_file(path, sha256=digest, size=len(content), dataset=dataset, title=title, by=None)
    finally:
        path.unlink()


def make_table(data_unit: DataUnit, frame_count: int = 10, proved: int = 0, **fields: object) -> FrameTableRow:
    """A row with bytes that are no table: for who only moves them."""
    row = FrameTableRow(
        file=data_unit.file,
        stream_index=0,
        algorithm=1,
        content_sha256=hashlib.sha256(f"{frame_count}{fields}".encode()).hexdigest(),
        frame_count=frame_count,
        proved=proved,
        **fields,
    )
    row.frames_path.parent.mkdir(parents=True, exist_ok=True)
    row.frames_path.write_bytes(b"frames of the table")
    row.digests_path.write_bytes(bytes(range(16)) * frame_count)
    row.save()
    data_unit.table = row
    data_unit.save(update_fields=["table"])
    return row


def session_of(user: User) -> str:
    """The key of a session in which `user` is signed in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def cookie(user: User, **more: str) -> tuple[bytes, bytes]:
    """The Cookie header of a browser in which `user` is signed in."""
    cookies = {settings.SESSION_COOKIE_NAME: session_of(user)} | more
    return b"cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()
