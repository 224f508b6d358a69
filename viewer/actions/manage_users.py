"""What admins do with people: make them, let them in, make them admins, shut them out."""

from __future__ import annotations

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction

from viewer.actions.tell import tell
from viewer.errors import ViewerError
from viewer.models import SigninToken, User


def create_user(username: str, *, is_admin: bool = False) -> User:
    """Make a person without a password; a sign-in link lets them in (`make_signin_link`)."""
    username = username.strip()
    if not username:
        raise ViewerError("A user needs a name.", code="invalid_username")
    if len(username) > 150:
        raise ViewerError(f"A username has at most 150 characters; this has {len(username)}.", code="invalid_username")
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        raise ViewerError(
            "A username is made of letters, digits and @ . + - _ only.", code="invalid_username"
        ) from error
    with transaction.atomic():
        if User.objects.filter(username__iexact=username).exists():
            raise ViewerError(f"There is a user “{username}” already.", code="username_taken", status=409)
        user = User(username=username, is_staff=is_admin)
        user.set_unusable_password()
        user.save()
    return user


def set_admin(user: User, is_admin: bool) -> None:
    with transaction.atomic():
        if not is_admin:
            _keep_one_admin(user)
        user.is_staff = is_admin
        user.save(update_fields=["is_staff"])


def set_active(user: User, is_active: bool) -> None:
    """A deactivated person is signed out at once, everywhere; their labels stay, under their name."""
    with transaction.atomic():
        if not is_active:
            _keep_one_admin(user)
            SigninToken.objects.filter(user=user).delete()
            user.token_sha256 = ""
        user.is_active = is_active
        user.save(update_fields=["is_active", "token_sha256"])
        tell(f"user:{user.pk}", "access.changed", {})  # open pages fall silent at once


def _keep_one_admin(user: User) -> None:
    if user.is_admin and not User.objects.filter(is_staff=True, is_active=True).exclude(pk=user.pk).exists():
        raise ViewerError(
            f"“{user.username}” is the only admin. Make somebody else an admin first.", code="last_admin", status=409
        )
