"""What it weighs: memory of all processes at rest, the editor page's bytes, the first and a later start.

python -m bench.footprint [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

TOP = Path(__file__).resolve().parent.parent
PORT = 8979
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onframe-bench-") as folder:
        first, server, _ = start(Path(folder))
        wait_for_demo(Path(folder))
        stop(server)
        later, server, link = start(Path(folder))
        try:
            weight, opened = page(link)
            time.sleep(3)  # at rest is what is measured
            memory = pss(server.pid)
        finally:
            stop(server)
    rows = [
        {"measure": "first start after set-up", "result": f"{first:.1f} s", "target": "≤ 5 s", "met": first <= 5},
        {"measure": "later start", "result": f"{later:.1f} s", "target": "≤ 2 s", "met": later <= 2},
        {
            "measure": "memory of all processes at rest (PSS)",
            "result": f"{memory:.0f} MB",
            "target": "≤ 150 MB",
            "met": memory <= 150,
        },
        {
            "measure": "editor page, everything but the video",
            "result": f"{weight / 1e6:.2f} MB",
            "target": "≤ 0.5 MB",
            "met": weight <= 5e5,
        },
        {
            "measure": "open the editor → first frame, warm",
            "result": f"{opened:.2f} s",
            "target": "≤ 0.5 s",
            "met": opened <= 0.5,
        },
    ]
    print(json.dumps({"rows": rows}) if options.json else "\n".join(str(row) for row in rows))


def start(data: Path) -> tuple[float, subprocess.Popen[str], str]:
    """Seconds until the sign-in link is printed and the server answers."""
    environment = os.environ | {"DATA_DIR": str(data), "PORT": str(PORT), "HOST": "127.0.0.1"}
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve"], cwd=TOP, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http\S+/signin/\S+", line):
            return time.perf_counter() - began, server, found.group(0)
    raise SystemExit("The server did not start.")


def stop(server: subprocess.Popen[str]) -> None:
    server.send_signal(signal.SIGTERM)
    server.wait(20)


def wait_for_demo(data: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if len(list(data.glob("derived/*/table/*.digests"))) == 3:
            return
        time.sleep(0.2)


def page(link: str) -> tuple[int, float]:
    """Bytes of the editor's page without media, and seconds to its first frame the second time."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        tab = browser.new_page()
        tab.goto(link)
        weight = 0

        def count(response: object) -> None:
            nonlocal weight
            if "/media/" not in response.url:  # type: ignore[attr-defined]
                weight += response.request.sizes()["responseBodySize"]  # type: ignore[attr-defined]

        tab.on("requestfinished", lambda request: count(request.response()))
        address = link.split("/signin/")[0] + "/label/1/"
        tab.goto(address)
        tab.locator("#frame[data-state=shown]").wait_for()
        tab.wait_for_timeout(1000)
        weighed = weight
        times = []
        for _ in range(5):
            began = time.perf_counter()
            tab.goto(address)
            tab.locator("#frame[data-state=shown]").wait_for()
            times.append(time.perf_counter() - began)
        browser.close()
    return weighed, sorted(times)[2]


def pss(pid: int) -> float:
    """Megabytes, shared pages divided among those that share them, of a process and all below it."""
    total = 0
    for one in [pid, *descendants(pid)]:
        text = Path(f"/proc/{one}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))  # type: ignore[union-attr]
    return total / 1024


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


if __name__ == "__main__":
    main()
