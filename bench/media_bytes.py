"""Media bytes against nginx, on the same file in the same run: 1 MB ranges a second, MB/s in sequence, memory.

    python bench/media_bytes.py [--size-mb 2048] [--seconds 5] [--json]

Both servers have one process and read from the page cache. The client is one process with blocking sockets,
the same for both.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
MB = 1 << 20
CONNECTIONS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size-mb", type=int, default=2048)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onframe-bench-") as folder:
        data = Path(folder)
        path, key = prepare(data, options.size_mb)
        size = options.size_mb * MB
        port, other = free_port(), free_port()
        with onframe(data, port) as pid, nginx(data, other):
            ours = (port, path, f"Authorization: Token {key}\r\n")
            theirs = (other, "/" + path.rsplit("/", 1)[1], "")
            measure_ranges(*ours, size, 1)  # warm
            results: dict[str, float] = {"rss_before_mb": rss(pid)}
            # Turn by turn, and the median of the ratios: whatever else the machine does hits both.
            ranges = [
                (measure_ranges(*ours, size, options.seconds / 5), measure_ranges(*theirs, size, options.seconds / 5))
                for _ in range(5)
            ]
            sequences = [(measure_sequence(*ours, size), measure_sequence(*theirs, size)) for _ in range(3)]
            results["rss_peak_mb"] = peak_rss(pid)
    for name, turns in (("ranges_per_s", ranges), ("sequential_mb_per_s", sequences)):
        results[name] = median(mine for mine, _ in turns)
        results[f"nginx_{name}"] = median(its for _, its in turns)
        results[f"{name}_ratio"] = median(mine / its for mine, its in turns)
    if options.json:
        print(json.dumps({name: round(value, 3) for name, value in results.items()}))
        return
    for title, name in (("1 MB ranges/s", "ranges_per_s"), ("sequential MB/s", "sequential_mb_per_s")):
        print(
            f"{title:16}{results[name]:8.0f}   nginx {results[f'nginx_{name}']:8.0f}"
            f"   ratio {results[f'{name}_ratio']:.2f} (at least 0.8)"
        )
    before, peak = results["rss_before_mb"], results["rss_peak_mb"]
    print(f"memory over {options.size_mb} MB reads: {before:.0f} MB before, {peak:.0f} MB at most (flat)")


def prepare(data: Path, size_mb: int) -> tuple[str, str]:
    """A database with one data unit of that size; its media address and an API key."""
    os.environ |= {
        "DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "viewer.settings"),
    }
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.core.management import call_command

    from viewer.actions.api_key import make_api_key
    from viewer.actions.create_dataset import create_dataset
    from viewer.actions.manage_users import create_user
    from viewer.actions.store_file import sha256_of, store_file
    from viewer.models import Job

    call_command("migrate", verbosity=0)
    path = data / "bytes"
    with path.open("wb") as file:
        for _ in range(size_mb):
            file.write(os.urandom(MB))
    dataset = create_dataset("Bench", by=None)
    unit = store_file(path, sha256=sha256_of(path), size=size_mb * MB, dataset=dataset, title="bytes", by=None)
    path.unlink()
    Job.objects.all().delete()
    return f"/media/{unit.pk}/{unit.file_id}", make_api_key(create_user("bench", is_admin=True))


@contextmanager
def onframe(data: Path, port: int) -> Iterator[int]:
    command = [sys.executable, "manage.py", "serve", "--no-demo", "--no-worker", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"DATA_DIR": str(data)}, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield server.pid
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def nginx(data: Path, port: int) -> Iterator[None]:
    configuration = data / "nginx.conf"
    (data / "nginx").mkdir()
    configuration.write_text(
        f"""
        daemon off; master_process off; worker_processes 1; pid {data}/nginx/pid; error_log {data}/nginx/log;
        events {{ worker_connections 64; }}
        http {{
          access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
          client_body_temp_path {data}/nginx/a; proxy_temp_path {data}/nginx/b; fastcgi_temp_path {data}/nginx/c;
          uwsgi_temp_path {data}/nginx/d; scgi_temp_path {data}/nginx/e;
          server {{ listen 127.0.0.1:{port}; root {data}/files; }}
        }}"""
    )
    server = subprocess.Popen(["/usr/sbin/nginx", "-c", str(configuration), "-e", str(data / "nginx/log")])
    try:
        wait_for(port)
        yield
    finally:
        server.terminate()
        server.wait(20)


def measure_ranges(port: int, path: str, extra: str, size: int, seconds: float) -> float:
    """1 MB ranges a second at random places over several connections that stay open."""
    counts = [0] * CONNECTIONS
    stop = time.monotonic() + seconds

    def fetch(number: int) -> None:
        places = random.Random(number)
        buffer = bytearray(2 * MB)
        with connect(port) as connection:
            while time.monotonic() < stop:
                first = places.randrange(0, size - MB)
                ask(connection, path, f"Range: bytes={first}-{first + MB - 1}\r\n{extra}")
                assert receive(connection, buffer) == MB
                counts[number] += 1

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(CONNECTIONS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - began)


def measure_sequence(port: int, path: str, extra: str, size: int) -> float:
    """MB/s of the whole file over one connection."""
    with connect(port) as connection:
        began = time.monotonic()
        ask(connection, path, extra)
        assert receive(connection, bytearray(2 * MB)) == size
        return size / MB / (time.monotonic() - began)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 30)


def ask(connection: socket.socket, path: str, headers: str) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode())


def receive(connection: socket.socket, buffer: bytearray) -> int:
    """Read one answer; return the bytes of its body."""
    view = memoryview(buffer)
    got = 0
    while (end := buffer.find(b"\r\n\r\n", 0, got)) < 0:
        got += connection.recv_into(view[got:])
    head = bytes(view[:end]).decode("latin-1").lower()
    assert head.startswith(("http/1.1 200", "http/1.1 206")), head
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    left = length - (got - end - 4)
    while left:
        read = connection.recv_into(view[: min(left, len(buffer))])
        assert read, "the connection broke"
        left -= read
    return length


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            connect(port).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def rss(pid: int) -> float:
    return status(pid, "VmRSS")


def peak_rss(pid: int) -> float:
    return status(pid, "VmHWM")


def status(pid: int, name: str) -> float:
    """MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


if __name__ == "__main__":
    main()
