"""Saving 1,000 keyframes in one request, through the real server, against SQLite alone in the same run.

    python bench/saving.py [--requests 60] [--keyframes 1000] [--json]

The peer writes rows with the same values to a table of the same shape, with the same durability (`executemany` in one
transaction, `synchronous=FULL`): what nobody can be faster than.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import secrets
import sqlite3
import sys
import tempfile
import time
import uuid
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.media_bytes import free_port, onframe  # noqa: E402

WARM = 5  # requests that are not counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--keyframes", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onframe-bench-") as folder:
        on, key = prepare(Path(folder), options.keyframes)
        peer = sqlite3.connect(Path(folder) / "peer.sqlite3", isolation_level=None)
        peer.executescript(PEER)
        port = free_port()
        with onframe(Path(folder), port):
            server = http.client.HTTPConnection("127.0.0.1", port)
            ours, theirs = [], []
            for _ in range(WARM + options.requests):
                body, rows = request(on, options.keyframes)
                ours.append(post(server, f"/api/label-rows/{on.row.pk}/changes/", body, key))
                theirs.append(insert(peer, rows))
    results = {"bytes": len(body)}
    for name, times in (("save", ours[WARM:]), ("sqlite", theirs[WARM:])):
        results |= {f"{name}_p50_ms": median(times), f"{name}_p95_ms": quantiles(times, n=20)[-1]}
    results["ratio_p50"] = results["save_p50_ms"] / results["sqlite_p50_ms"]
    if options.json:
        print(json.dumps({name: round(value, 3) for name, value in results.items()}))
        return
    print(f"{options.keyframes} keyframes in one request of {len(body) / 1e3:.0f} kB, {options.requests} times")
    print(f"save     p50 {results['save_p50_ms']:6.1f} ms   p95 {results['save_p95_ms']:6.1f} ms   (at most 20/40)")
    print(f"sqlite   p50 {results['sqlite_p50_ms']:6.1f} ms   p95 {results['sqlite_p95_ms']:6.1f} ms")
    print(f"ratio    p50 {results['ratio_p50']:6.1f}")


def prepare(data: Path, frame_count: int) -> tuple[Any, str]:
    """A label row with a proved table of that many frames, and the API key of someone who may label it."""
    os.environ |= {
        "DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "viewer.settings"),
    }
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.labelled import frame_table, labelled
    from viewer.actions.api_key import make_api_key

    call_command("migrate", verbosity=0)
    on = labelled(frame_table(frame_count))
    key = make_api_key(on.user)
    connection.close()
    return on, key


def request(on: Any, keyframes: int) -> tuple[bytes, list[tuple[Any, ...]]]:
    """A new track with a keyframe on every frame, and the same as rows."""
    track = on.track(new_id())
    records = [track] + [on.keyframe(track["id"], frame, id=new_id(), x=frame / 7) for frame in range(keyframes)]
    rows = [
        (1, r["id"], r["kind"], 1, json.dumps(r["value"]), track["id"], r["value"].get("frame"), 1) for r in records
    ]
    return json.dumps({"changes": [{"id": new_id(), "records": records}]}).encode(), rows


def new_id() -> str:
    """As the editor makes them: UUIDs of version 7 (static/editor/core/ids.js)."""
    bits = secrets.randbits(74)
    return str(
        uuid.UUID(int=time.time_ns() // 10**6 << 80 | 7 << 76 | bits >> 62 << 64 | 2 << 62 | bits & (1 << 62) - 1)
    )


def post(server: http.client.HTTPConnection, url: str, body: bytes, key: str) -> float:
    """Milliseconds until the whole answer is here."""
    start = time.perf_counter()
    server.request("POST", url, body, {"Content-Type": "application/json", "Authorization": f"Token {key}"})
    answer = server.getresponse()
    content = answer.read()
    taken = (time.perf_counter() - start) * 1000
    assert answer.status == 200, content
    return taken


def insert(peer: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> float:
    start = time.perf_counter()
    peer.execute("BEGIN IMMEDIATE")
    peer.executemany("INSERT INTO record VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    peer.execute("COMMIT")
    return (time.perf_counter() - start) * 1000


PEER = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000;
CREATE TABLE record (id INTEGER PRIMARY KEY AUTOINCREMENT, label_row_id INTEGER, record TEXT, kind TEXT,
  revision INTEGER, value TEXT, track TEXT, frame INTEGER, table_id INTEGER);
CREATE UNIQUE INDEX one_record ON record (label_row_id, record);
CREATE INDEX by_track ON record (label_row_id, track, frame);
CREATE INDEX by_revision ON record (label_row_id, revision);
"""

if __name__ == "__main__":
    main()
