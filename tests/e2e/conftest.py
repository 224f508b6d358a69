"""A real server on a free port with a data folder of its own, and Chromium on its pages."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

TOP = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60  # on a busy machine; a start takes about two


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    arguments += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    return {**browser_type_launch_args, **({"executable_path": found} if found else {}), "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 720}}


@dataclass
class Server:
    """A server of this project. `command` runs another of its commands on the same data."""

    data: Path
    port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=TOP, env=self.environment, input=stdin, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, source: str) -> str:
        """Run Python with the models at hand, as on the server."""
        return self.command("shell", "--no-imports", "-c", source)

    def start(self) -> None:
        log = (self.data.parent / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--no-demo", "--port", str(self.port)],
            cwd=TOP, env=self.environment, stdout=log, stderr=log,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the server ended:\n{self.log()}"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log()}")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def log(self) -> str:
        return (self.data.parent / "server.log").read_text()

    def signin_link(self, username: str, *, admin: bool = False) -> str:
        out = self.command("signin", username, *(["--admin"] if admin else []))
        path = re.search(r"/signin/\S+", out)
        assert path, out
        return self.url + path.group()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server a test module."""
    data = tmp_path_factory.mktemp("server") / "data"
    port = free_port()
    environment = {**os.environ, "DATA_DIR": str(data), "PORT": str(port), "HOST": "127.0.0.1", "DEBUG": "0"}
    running = Server(data, port, environment)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def sign_in(server: Server, page: Page) -> Callable[..., Page]:
    """`sign_in("ann")` or `sign_in("ann", admin=True)`: the page, signed in by a one-time link."""

    def enter(username: str = "admin", *, admin: bool = True) -> Page:
        page.goto(server.signin_link(username, admin=admin))
        return page

    return enter


@pytest.fixture(autouse=True)
def quiet_page(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing may throw on a page, and nothing may run into the content security policy, in any test."""
    if "page" not in request.fixturenames:
        yield
        return
    page: Page = request.getfixturevalue("page")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"{error}"))
    page.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield
    assert not problems, problems
