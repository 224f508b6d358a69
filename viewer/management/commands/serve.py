"""`manage.py serve`: one process that is all of Onframe."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import gc
import os
import socket
import ssl
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from viewer.origins import host_of, origin_at


class Command(BaseCommand):
    help = (
        "Serve Onframe: pages, media, jobs. Makes the database on the first start and prints a one-time sign-in link."
    )
    requires_system_checks = ()  # `manage.py check` has them; a start is to take a second

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default=settings.HOST, help="address to listen on (HOST)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (PORT)")
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")
        parser.add_argument("--no-worker", action="store_true", help="leave the jobs to `manage.py worker`")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        listening = _listen(host, port)
        with _only_server():
            from viewer.actions.signin_link import make_signin_link, remember_origin

            migrate()
            user = admin()
            if not options["no_demo"]:
                ask_for_demo()
            origin = settings.ALLOWED_ORIGINS[0]
            if (host, port) != (settings.HOST, settings.PORT):
                origin = origin_at(host, port, tls=bool(settings.TLS_CERT))
                settings.ALLOWED_ORIGINS.append(origin)
                settings.ALLOWED_HOSTS.append(host_of(origin))
            remember_origin(origin)
            link = origin + make_signin_link(user)
            connection.close()
            self._run(listening, link, worker=not options["no_worker"])

    def _run(self, listening: socket.socket, link: str, *, worker: bool) -> None:
        import uvicorn

        from viewer.jobs.worker import Worker

        working = Worker() if worker else None
        stdout = self.stdout

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                # What is loaded by now stays: to look through it for garbage takes 40 ms, in the middle of a request.
                # And a large save has 10,000 objects in hand, all in use: not to be looked through several times.
                gc.freeze()
                gc.set_threshold(20_000, 10, 10)
                if working is not None:
                    working.start()
                stdout.write("Ctrl+C stops the server.")
                stdout.write(f"Sign in: {link}")
                stdout.flush()

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                await super().shutdown(sockets)
                # Here, since uvicorn raises the signal that stopped it once more when it is done.
                if working is not None:
                    await asyncio.to_thread(working.stop)

        config = uvicorn.Config(
            "viewer.asgi:application",
            loop="uvloop",
            http="httptools",
            ws_max_size=64 * 1024,
            ws_ping_interval=20,
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,  # addresses hold sign-in links
            server_header=False,
            # Without a proxy in front, whoever asks could name any address as theirs.
            proxy_headers=bool(settings.PUBLIC_ORIGIN),
            timeout_keep_alive=65,
            timeout_graceful_shutdown=3,
            ssl_certfile=settings.TLS_CERT or None,
            ssl_keyfile=settings.TLS_KEY or None,
        )
        try:
            Server(config).run(sockets=[listening])
        except (ssl.SSLError, FileNotFoundError) as error:
            if not settings.TLS_CERT:
                raise
            raise CommandError(f"TLS_CERT and TLS_KEY cannot be used: {error}.") from error


def migrate() -> None:
    """Bring the database up to date; to find that it is takes a twentieth of a second."""
    from django.core.management import call_command
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def admin() -> Any:
    """Whom the printed link signs in: the first active admin, made on the first start. There is no default password."""
    from viewer.actions.manage_users import create_user
    from viewer.models import User

    return User.objects.filter(is_staff=True, is_active=True).order_by("pk").first() or create_user(
        "admin", is_admin=True
    )


def ask_for_demo() -> None:
    """On the first start alone: who removes the demo does not get it again."""
    from django.db import transaction

    from viewer.actions.create_dataset import create_dataset
    from viewer.actions.enqueue import enqueue
    from viewer.models import Dataset, Job

    if not Dataset.objects.exists() and not Job.objects.filter(kind="demo").exists():
        made = settings.DATA_DIR / "demo_made"
        if not made.exists():
            with transaction.atomic():
                # The dataset at once, for who signs in within the seconds that its videos take.
                dataset = create_dataset("Demo", by=None)
                enqueue("demo", "demo", {"dataset": dataset.pk})
            made.touch()


def _listen(host: str, port: int) -> socket.socket:
    """Take the port first: nothing is touched when it is not to be had."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except socket.gaierror as error:
        raise CommandError(f"{host} is no address of this machine. Set HOST to one, or to 127.0.0.1.") from error
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"Port {port} is in use. Stop what uses it, or choose another one: PORT={port + 1}.",
            errno.EACCES: f"Port {port} needs more rights than this account has. Choose one above 1023: PORT=8000.",
            errno.EADDRNOTAVAIL: f"{host} is no address of this machine. Set HOST to one, or to 127.0.0.1.",
        }
        raise CommandError(reasons.get(error.errno or 0, f"Cannot listen on {host}:{port}: {error}.")) from error
    listening.set_inheritable(False)
    return listening


@contextlib.contextmanager
def _only_server() -> Any:
    """Two servers on one data folder would not hear each other's events at once, and would share the limits of none."""
    descriptor = os.open(settings.DATA_DIR / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"Another server uses {settings.DATA_DIR}. Stop it, or set DATA_DIR.") from error
        yield
    finally:
        os.close(descriptor)
