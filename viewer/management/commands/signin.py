"""`manage.py signin USER`: print a link that signs somebody in, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from viewer.actions.manage_users import create_user, set_active, set_admin
from viewer.actions.signin_link import make_signin_link, origin
from viewer.errors import ViewerError
from viewer.models import User


class Command(BaseCommand):
    help = "Print a one-time sign-in link (valid 24 hours). Makes the user if there is none of this name."
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("user", help="username")
        parser.add_argument("--admin", action="store_true", help="make them an admin")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        try:
            if user is None:
                user = create_user(options["user"], is_admin=options["admin"])
                self.stderr.write(f"Made the user “{user.username}”.")
            if not user.is_active:
                set_active(user, True)
                self.stderr.write(f"“{user.username}” was inactive and is active again.")
            if options["admin"] and not user.is_admin:
                set_admin(user, True)
        except ViewerError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(origin() + make_signin_link(user))
