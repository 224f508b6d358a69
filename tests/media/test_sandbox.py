"""What a decoder that was taken over could do: nothing."""

import ast
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e import numbered
from viewer.media import sandbox as sandbox_module
from viewer.media.errors import MediaError
from viewer.media.sandbox import Limits, Sandbox

TOP = Path(__file__).parents[2]

PROBE = """
import fcntl, json, os, resource, socket, sys, threading
sys.path.insert(0, sys.argv[1])
from viewer.media import confinement
allowed, secret, other = sys.argv[2], sys.argv[3], os.getppid()
confinement.set_limits(4 << 30, 60, 0)
confinement.confine([allowed])
def tried(what):
    try:
        what()
    except BaseException as error:
        return type(error).__name__
    return "done"
def thread():
    started = threading.Thread(target=lambda: None); started.start(); started.join()
report = {
    "read allowed": tried(lambda: open(allowed).read()),
    "read secret": tried(lambda: open(secret).read()),
    "list": tried(lambda: os.listdir("/")),
    "write allowed": tried(lambda: open(allowed, "w")),
    "create": tried(lambda: open(secret + ".new", "w")),
    "socket": tried(lambda: socket.socket()),
    "pair": tried(lambda: socket.socketpair()),
    "exec": tried(lambda: os.execv("/bin/true", ["true"])),
    "fork": tried(lambda: os.fork()),
    "kill": tried(lambda: os.kill(os.getppid(), 0)),
    "thread": tried(thread),
    "own limit": tried(lambda: resource.getrlimit(resource.RLIMIT_CPU)),
    "limit another": tried(lambda: resource.prlimit(other, resource.RLIMIT_CPU, (1, 1))),
    "limit itself": tried(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1, 1))),
    "move another": tried(lambda: os.sched_setaffinity(other, {0})),
    "have another signalled": tried(lambda: fcntl.fcntl(1, fcntl.F_SETOWN, other)),
}
os.write(1, json.dumps(report).encode())
os._exit(0)
"""


def test_the_confined_process_reads_its_file_and_nothing_else(tmp_path):
    allowed, secret = tmp_path / "allowed", tmp_path / "secret"
    allowed.write_text("a")
    secret.write_text("s")
    run = subprocess.run(
        [sys.executable, "-c", PROBE, str(TOP), str(allowed), str(secret)], capture_output=True, text=True, check=False
    )
    report = json.loads(run.stdout)
    assert report.pop("read allowed") == "done"
    assert report.pop("thread") == "done"
    assert report.pop("own limit") == "done"
    assert report.pop("limit itself") == "ValueError"  # as Python calls this refusal
    assert set(report.values()) == {"PermissionError"}, report
    assert allowed.read_text() == "a"


def test_the_parent_has_no_environment(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    box = Sandbox()
    try:
        environment = Path(f"/proc/{box._parent.pid}/environ").read_bytes()
    finally:
        box.close()
    assert b"do not tell" not in environment


def test_a_child_that_says_nothing_is_killed(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox_module, "SILENCE_SECONDS", 0.5)
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)  # opening it waits for a writer that never comes
    began = time.monotonic()
    with pytest.raises(MediaError) as refused:
        sandbox.scan(pipe, None, Limits())
    assert refused.value.code in ("decoder_stalled", "empty_file")
    assert time.monotonic() - began < 5


def test_the_next_file_is_read_after_a_child_was_killed(sandbox, tmp_path):
    path = numbered.moving(tmp_path / "a.mp4", 400)
    table = sandbox.scan(path, None, Limits()).table
    steps = sandbox.verify(path, table, Limits())
    next(steps)
    children = Path(f"/proc/{sandbox._parent.pid}/task/{sandbox._parent.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), 6)  # as a decoder's own abort()
    with pytest.raises(MediaError) as refused:
        list(steps)
    assert refused.value.code == "decoder_failed"
    assert sandbox.scan(path, None, Limits()).table.frame_count == 400


def test_closing_an_unfinished_verification_ends_its_child(sandbox, tmp_path):
    path = numbered.moving(tmp_path / "a.mp4", 400)
    table = sandbox.scan(path, None, Limits()).table
    steps = sandbox.verify(path, table, Limits())
    next(steps)
    steps.close()
    listing = Path(f"/proc/{sandbox._parent.pid}/task/{sandbox._parent.pid}/children")
    deadline = time.monotonic() + 5
    while listing.read_text().split() and time.monotonic() < deadline:
        pass
    assert not listing.read_text().split()


def test_only_the_media_layer_opens_media():
    openers = {("av", "open"), ("Image", "open"), ("pydicom", "dcmread"), ("pyvips", "Image")}
    found = []
    for path in [*TOP.glob("viewer/**/*.py"), *TOP.glob("api/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and (owner.id, node.func.attr) in openers:
                    found.append(path.relative_to(TOP).as_posix())
    assert set(found) <= {"viewer/media/container.py", "viewer/media/demo.py"}
