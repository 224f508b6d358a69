"""Make, revoke and recognise the API key of a person. Only its hash is stored; the key is shown once."""

from __future__ import annotations

import secrets

from viewer.actions.hash_secret import hash_secret
from viewer.models import User


def make_api_key(user: User) -> str:
    """Give `user` a new key and return it. The key that they had stops working."""
    key = secrets.token_urlsafe(32)
    user.token_sha256 = hash_secret(key)
    user.save(update_fields=["token_sha256"])
    return key


def revoke_api_key(user: User) -> None:
    user.token_sha256 = ""
    user.save(update_fields=["token_sha256"])


def user_of_key(key: str) -> User | None:
    """The active person whose key this is. The lookup is by hash, so its timing says nothing about the key."""
    if not key:
        return None
    return User.objects.filter(token_sha256=hash_secret(key), is_active=True).first()
