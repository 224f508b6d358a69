"""What the settings make of their environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def settings_with(folder: Path, **environment: str) -> dict:
    names = "ALLOWED_HOSTS", "ALLOWED_ORIGINS", "SECURE_HSTS_SECONDS"
    code = f"import json, viewer.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    known = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "VIRTUAL_ENV")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=known | {"DATA_DIR": str(folder)} | environment,
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_loopback_address_of_ipv6_is_a_host_as_browsers_write_it(tmp_path):
    assert "[::1]" in settings_with(tmp_path)["ALLOWED_HOSTS"]


@pytest.mark.parametrize(
    ("environment", "origin", "host"),
    [
        ({}, "http://127.0.0.1:8000", "127.0.0.1"),
        ({"HOST": "::1"}, "http://[::1]:8000", "[::1]"),
        ({"HOST": "[::1]", "PORT": "80"}, "http://[::1]:80", "[::1]"),
        ({"HOST": "0.0.0.0"}, "http://127.0.0.1:8000", "127.0.0.1"),
        ({"HOST": "::"}, "http://[::1]:8000", "[::1]"),
        ({"HOST": "box.lan", "TLS_CERT": "cert.pem"}, "https://box.lan:8000", "box.lan"),
        (
            {"PUBLIC_ORIGIN": "https://label.example.org", "HOST": "::1"},
            "https://label.example.org",
            "label.example.org",
        ),
    ],
)
def test_the_server_knows_where_it_is_reached_as_browsers_write_it(tmp_path, environment, origin, host):
    made = settings_with(tmp_path, **environment)
    assert (made["ALLOWED_ORIGINS"][0], made["ALLOWED_HOSTS"][0]) == (origin, host)


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, 0),
        ({"TLS_CERT": "cert.pem", "TLS_KEY": "key.pem"}, 0),
        ({"PUBLIC_ORIGIN": "https://localhost:8443", "TLS_CERT": "cert.pem"}, 0),
        ({"PUBLIC_ORIGIN": "https://[::1]"}, 0),
        ({"PUBLIC_ORIGIN": "http://label.example.org"}, 0),
        ({"PUBLIC_ORIGIN": "https://label.example.org"}, 365 * 24 * 3600),
    ],
)
def test_browsers_are_bound_to_tls_only_for_a_public_name(tmp_path, environment, seconds):
    assert settings_with(tmp_path, **environment)["SECURE_HSTS_SECONDS"] == seconds
