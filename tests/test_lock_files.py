"""Lock files say what is installed, by name, version and hash; where from is for the machine that installs to say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.strip_lock import strip

TOP = Path(__file__).resolve().parents[1]
LOCKS = ("package-lock.json", "requirements.lock", "requirements-dev.lock")
HOST = re.compile(r"://|\b[a-z0-9-]+\.(?:com|org|net|io|dev|cn|eu)\b|\blocalhost\b|\b\d+\.\d+\.\d+\.\d+[:/]", re.I)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_host(name):
    assert [line for line in (TOP / name).read_text().splitlines() if HOST.search(line)] == []


@pytest.mark.parametrize("name", LOCKS[1:])
def test_every_python_package_is_locked_to_a_version_and_hashes(name):
    packages = (TOP / name).read_text().replace("\\\n", " ").splitlines()
    assert packages
    for package in packages:
        assert re.fullmatch(r"[a-z0-9._-]+==\S+(?: ; [^-]+)?(?:\s+--hash=sha256:[0-9a-f]{64})+", package), package[:80]


def test_every_npm_package_is_locked_to_a_hash():
    packages = json.loads((TOP / "package-lock.json").read_text())["packages"]
    packages.pop("")  # this project
    assert packages
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []


def test_what_npm_writes_is_stripped_of_addresses_and_of_nothing_else():
    lock = (TOP / "package-lock.json").read_text("utf-8")
    assert strip(lock) == lock
    value = json.loads(lock)
    value["packages"]["node_modules/lit-html"]["funding"] = {"url": "https://example.org/give"}
    assert strip(json.dumps(value)) == lock
