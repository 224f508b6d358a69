"""`manage.py serve` and its sisters as processes, over real connections."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from websockets.sync.client import connect

from tests.work import free_port, until

ROOT = Path(__file__).resolve().parents[2]
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


class Installation:
    """A data folder, and what is run on it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {"DATA_DIR": str(folder / "data"), "PORT": str(self.port)}
        self.server: subprocess.Popen[str] | None = None
        self.log = folder / "log"

    def start(self, *arguments: str) -> float:
        """Start the server; return the seconds until it answers."""
        began = time.monotonic()
        with self.log.open("w") as log:
            self.server = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *arguments],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, text=True,
            )  # fmt: skip
        until(lambda: "Sign in: " in self.log.read_text() or self.server.poll() is not None, 30)
        assert self.server.poll() is None, self.log.read_text()
        return time.monotonic() - began

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.server is not None:
            self.server.send_signal(number)
            self.server.wait(20)
            self.server = None

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    @property
    def link(self) -> str:
        return re.findall(r"Sign in: (\S+)", self.log.read_text())[-1]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("installation"))
    installation.start()
    yield installation
    installation.stop()


@pytest.fixture(scope="module")
def script(running: Installation) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Token {running.manage('token', 'admin').stdout.strip()}"
    return session


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=640x480:r=25:d=4,noise=alls=40:allf=t"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    subprocess.run(["ffmpeg", "-v", "error", *source, *encode, str(path)], check=True)
    assert path.stat().st_size > 4 << 20
    return path


def test_the_printed_link_is_the_last_line_and_signs_in_once(running):
    assert running.log.read_text().splitlines()[-1] == f"Sign in: {running.link}"
    assert running.link.startswith(running.base + "/signin/")
    browser = requests.Session()
    assert browser.get(running.link).status_code == 200
    assert browser.get(f"{running.base}/api/datasets/").status_code == 200
    assert requests.get(f"{running.base}/api/datasets/").status_code == 401
    other = requests.Session()
    other.get(running.link)
    assert other.get(f"{running.base}/api/datasets/").status_code == 401


def test_whoever_signs_in_first_finds_the_demo_though_its_videos_are_still_being_made(tmp_path):
    installation = Installation(tmp_path)
    installation.start("--no-worker")
    try:
        browser = requests.Session()
        browser.get(installation.link)
        (dataset,) = browser.get(f"{installation.base}/api/datasets/").json()
        assert (dataset["title"], dataset["data_units"]) == ("Demo", 0)
    finally:
        installation.stop()


def test_an_empty_database_gets_a_demo_that_can_be_labelled(running, script):
    def ready() -> bool:
        datasets = script.get(f"{running.base}/api/datasets/").json()
        if not datasets:
            return False
        units = script.get(f"{running.base}/api/datasets/{datasets[0]['id']}/data-units/").json()["results"]
        return len(units) == 3 and all(unit["state"] == "ready" for unit in units)

    until(ready)


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as listening:
        listening.bind(("::1", 0))
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("given", [{"HOST": "::1"}, {}], ids=["in the environment", "on the command line"])
def test_a_server_on_an_ipv6_address_prints_a_link_that_signs_in(tmp_path, given):
    installation = Installation(tmp_path)
    installation.environment |= given
    installation.start("--no-worker", "--no-demo", *([] if given else ["--host", "::1"]))
    try:
        assert installation.link.startswith(f"http://[::1]:{installation.port}/signin/")
        browser = requests.Session()
        assert browser.get(installation.link).status_code == 200
        assert browser.get(f"http://[::1]:{installation.port}/api/datasets/").status_code == 200
    finally:
        installation.stop()


def test_a_second_server_is_refused_with_one_sentence(running, tmp_path):
    same_port = running.manage("serve")
    assert (same_port.returncode, len(same_port.stderr.strip().splitlines())) == (1, 1)
    assert f"Port {running.port} is in use" in same_port.stderr
    same_folder = running.manage("serve", "--port", str(free_port()))
    assert (same_folder.returncode, len(same_folder.stderr.strip().splitlines())) == (1, 1)
    assert "Another server uses" in same_folder.stderr
    nowhere = running.manage("serve", "--host", "203.0.113.7", "--port", str(free_port()))
    assert "no address of this machine" in nowhere.stderr


def begin(running: Installation, script: requests.Session, film: Path, dataset: int, **metadata: str) -> str:
    texts = {"dataset": str(dataset), "filename": film.name} | metadata
    answer = script.post(
        f"{running.base}/api/uploads/",
        headers=TUS | {
            "Upload-Length": str(film.stat().st_size),
            "Upload-Metadata": ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in texts.items()),
        },
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    return running.base + answer.headers["Location"]


def test_an_upload_broken_by_a_killed_server_goes_on_is_read_and_told_to_the_page(tmp_path, film):
    installation = Installation(tmp_path)
    installation.start("--no-demo")
    try:
        script = requests.Session()
        script.headers["Authorization"] = f"Token {installation.manage('token', 'admin').stdout.strip()}"
        dataset = script.post(f"{installation.base}/api/datasets/", json={"title": "Films"}).json()["id"]
        content = film.read_bytes()
        url = begin(installation, script, film, dataset, sha256=hashlib.sha256(content).hexdigest())
        # Half of it, on a connection that stays open until the server is killed.
        half = len(content) // 2
        with socket.create_connection(("127.0.0.1", installation.port)) as connection:
            headers = TUS | {
                "Host": f"127.0.0.1:{installation.port}",
                "Authorization": script.headers["Authorization"],
                "Upload-Offset": "0",
                "Content-Length": str(len(content)),
            }
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            path = url.removeprefix(installation.base)
            connection.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode() + content[:half])
            until(lambda: max(p.stat().st_size for p in (tmp_path / "data" / "uploads").iterdir()) > 1 << 20)
            installation.stop(signal.SIGKILL)
        installation.start("--no-demo")
        offset = int(script.head(url, headers=TUS).headers["Upload-Offset"])
        assert 1 << 20 < offset <= half
        browser = requests.Session()
        browser.get(installation.link)
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
        with connect(
            f"ws://127.0.0.1:{installation.port}/ws/", origin=installation.base, additional_headers={"Cookie": cookies}
        ) as page:
            page.send(json.dumps({"subscribe": [f"dataset:{dataset}"], "after": None}))
            assert json.loads(page.recv(10))["subscribed"] == [f"dataset:{dataset}"]
            answer = script.patch(url, headers=TUS | {"Upload-Offset": str(offset)}, data=content[offset:])
            assert answer.status_code == 204
            states = []
            while "ready" not in states:
                states.append(json.loads(page.recv(30))["data"]["state"])
            assert states[0] == "waiting"
            assert "verifying" in states
        unit = script.get(f"{installation.base}/api/data-units/{answer.headers['Onframe-Data-Unit']}/").json()
        assert unit["table"]["frame_count"] == 100
        media = script.get(installation.base + unit["media_url"], headers={"Range": "bytes=100-199"})
        assert (media.status_code, media.content) == (206, content[100:200])
        digests = script.get(installation.base + unit["table"]["digests_url"])
        picture = script.get(installation.base + unit["picture_url"].replace("{frame}", "42"))
        assert picture.content[:8] == b"\x89PNG\r\n\x1a\n"
        assert picture.headers["X-Frame-Digest"] == digests.content[42 * 16 : 43 * 16].hex()
        assert (picture.headers["X-Frame"], picture.headers["X-Frame-Proved"]) == ("42", "1")
        assert "immutable" in picture.headers["Cache-Control"]
        again = script.get(picture.url, headers={"If-None-Match": picture.headers["ETag"]})
        assert again.status_code == 304
        assert script.get(picture.url.replace("/42/", "/100/")).json()["code"] == "no_such_frame"
        thumbnail = script.get(installation.base + unit["thumbnail_url"])
        assert (thumbnail.headers["Content-Type"], thumbnail.content[:2]) == ("image/jpeg", b"\xff\xd8")
    finally:
        installation.stop()


def test_who_guesses_cannot_name_another_address_as_theirs(running):
    browser = requests.Session()
    browser.get(f"{running.base}/signin/")
    form = {"username": "ghost", "password": "guess", "csrfmiddlewaretoken": browser.cookies["onframe_csrf"]}
    statuses = [
        browser.post(f"{running.base}/signin/", data=form, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(6)
    ]
    assert statuses == [400] * 5 + [429]


def test_a_body_without_end_is_cut_off_and_leaves_nothing_on_the_disk(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
        connection.sendall(
            f"POST /signin/ HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nTransfer-Encoding: chunked\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode()
        )
        sent = 0
        try:
            while sent < 100 << 20:
                connection.sendall(b"100000\r\n" + b"a" * (1 << 20) + b"\r\n")
                sent += 1 << 20
        except OSError:
            pass  # the server has closed it
        assert sent < 50 << 20
    assert requests.get(f"{running.base}/signin/", timeout=10).status_code == 200


def test_a_later_start_is_quick_and_makes_another_link(tmp_path):
    installation = Installation(tmp_path)
    try:
        installation.start("--no-demo")
        first = installation.link
        installation.stop()
        assert "Traceback" not in installation.log.read_text()
        assert installation.start("--no-demo") < 5  # 0.6 s on an idle machine
        assert installation.link != first
    finally:
        installation.stop()


def test_ingest_takes_files_in_and_names_those_that_it_refuses(tmp_path, film):
    installation = Installation(tmp_path)
    installation.start("--no-demo")
    installation.stop()
    bad, empty = tmp_path / "text.mp4", tmp_path / "empty.mp4"
    bad.write_text("no video")
    empty.touch()
    done = installation.manage("ingest", "Films", str(film), str(bad), str(empty), str(tmp_path / "none"), "--json")
    assert done.returncode == 2
    (taken,) = json.loads(done.stdout)
    assert (taken["state"], taken["frame_count"], taken["title"]) == ("ready", 100, "film.mp4")
    refused = done.stderr.strip().splitlines()
    assert [line.split(":")[0].rsplit("/", 1)[1] for line in refused] == ["text.mp4", "empty.mp4", "none"]
    files = {path.name for path in (tmp_path / "data" / "files").iterdir()}
    assert files == {hashlib.sha256(film.read_bytes()).hexdigest()}
    assert not list((tmp_path / "data" / "uploads").iterdir())
    assert film.stat().st_nlink == 1
    again = installation.manage("ingest", "Films", str(film))
    assert again.returncode == 0
    assert again.stdout.split("\t")[1:3] == ["ready", "100 frames"]


def test_ingest_leaves_the_reading_to_a_running_server_or_does_it_itself(running, script, film):
    done = running.manage("ingest", "Ingested", str(film), "--json")
    assert done.returncode == 0, done.stderr
    (taken,) = json.loads(done.stdout)
    assert taken["state"] == "ready"
    unit = script.get(f"{running.base}/api/data-units/{taken['id']}/").json()
    assert unit["table"]["proved"] == 100


def test_signin_makes_people_and_token_does_not(running):
    made = running.manage("signin", "grace")
    assert requests.Session().get(made.stdout.strip()).status_code == 200
    refused = running.manage("token", "nobody")
    assert (refused.returncode, refused.stdout) == (1, "")


def test_a_broken_certificate_is_one_sentence(tmp_path):
    (tmp_path / "cert").write_text("no certificate")
    installation = Installation(tmp_path)
    installation.environment |= {"TLS_CERT": str(tmp_path / "cert"), "TLS_KEY": str(tmp_path / "missing")}
    done = installation.manage("serve", "--no-demo")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("CommandError: TLS_CERT and TLS_KEY")
    assert "Traceback" not in done.stderr
