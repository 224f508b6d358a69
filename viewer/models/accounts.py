"""Who works here, and how they get in without a default password."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. Admins (`is_staff`) see and change everything; others see the datasets they are members of."""

    token_sha256 = models.CharField(max_length=64, blank=True, default="", db_index=True)  # API key, hashed

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.is_staff


class SigninToken(models.Model):
    """A sign-in link that works once. Only its hash is stored."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()


class SigninAttempt(models.Model):
    """A wrong password, or one that is being checked. Kept for five minutes (viewer.actions.check_password)."""

    key = models.CharField(max_length=64, db_index=True)  # hash of account and address, or of one of them
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
