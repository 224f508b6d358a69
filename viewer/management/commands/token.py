"""`manage.py token USER`: print a new API key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from viewer.actions.api_key import make_api_key
from viewer.models import User


class Command(BaseCommand):
    help = (
        "Print a new API key for `Authorization: Token KEY`. The user's old key stops working. It is not shown again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("user", help="username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user “{options['user']}”. `manage.py signin` makes one.")
        self.stdout.write(make_api_key(user))
