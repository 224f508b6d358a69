"""Runs every benchmark and writes docs/benchmarks.md.

    python -m bench [--only reading,footprint,…] [--print]

Each figure is taken beside a peer in the same run where one exists; the machine and the date stand above the table.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.corpus import make_corpus

TOP = Path(__file__).resolve().parent.parent
PUBLIC_FILES = TOP.parent / "shared" / "corpus" / "videos"  # used where it lies beside the checkout
Row = dict[str, Any]


def row(measure: str, result: str, target: str, met: bool, peer: str = "") -> Row:
    return {"measure": measure, "result": result, "target": target, "met": met, "peer": peer}


def run(script: str, *options: str) -> Any:
    command = [sys.executable, str(TOP / "bench" / f"{script}.py"), *options]
    environment = os.environ | {"PYTHONPATH": str(TOP)}
    done = subprocess.run(command, cwd=TOP, env=environment, stdout=subprocess.PIPE, text=True, timeout=3000)
    return json.loads(done.stdout)


def right_picture() -> list[Row]:
    folders = [make_corpus(TOP / "build" / "bench" / "corpus")] + [PUBLIC_FILES] * PUBLIC_FILES.exists()
    rows = []
    for folder in folders:
        total = run("right_picture", str(folder))["total"]
        read = total["files"] - total["refused"]
        seeks, wrong = total["seeks"], total["wrong"] + total["not_sought"]
        what = "public files" if folder == PUBLIC_FILES else "numbered files"
        rows.append(
            row(
                f"right picture, {read} {what}, {seeks} seeks",
                f"{wrong} wrong",
                "0 wrong",
                wrong == 0 and not total["failed"],
            )
        )
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(total["states"].items()))
        rows.append(row(f"… shown and proved by, {what}", kinds, "", True))
    return rows


def stepping() -> list[Row]:
    of = run("stepping")

    def times(measure: str, got: dict[str, float], p50: float, p95: float) -> Row:
        met = got["p50"] <= p50 and got["p95"] <= p95
        return row(measure, f"{got['p50']:.0f}/{got['p95']:.0f} ms", f"≤ {p50:.0f}/{p95:.0f} ms", met)

    seek = of["random_seek_ms"]
    rest, play = of["rest_to_exact_ms"], of["play_to_first_ms"]
    rows = [
        times("step forward p50/p95, key to drawn, 1080p30 GOP 250", of["step_forward_key_to_drawn_ms"], 17, 34),
        times("100 steps back after the first, same file", of["step_back_100_ms"], 17, 34),
        row("… its first step", f"{of['step_back_100_ms']['first']:.0f} ms", "", True),
        row(
            "100 steps back over GOP edges p50/p95/max",
            "/".join(f"{of['step_back_over_groups_ms'][name]:.0f}" for name in ("p50", "p95", "max")) + " ms",
            "reported",
            True,
        ),
        row(
            "random seek p50",
            f"{seek['ours']['p50']:.0f} ms",
            "≤ 1.5 ×",
            seek["p50_ratio"] <= 1.5,
            f"PyAV from the same start: {seek['pyav']['p50']:.0f} ms, ratio {seek['p50_ratio']}",
        ),
    ]
    for name, words in (("held_right", "held →"), ("held_left", "held ←")):
        got = of[name]
        rate, skipped = got["pictures_a_second"], got.get("skipped", 0)
        rows.append(row(words, f"{rate} pictures/s, {skipped} skipped", "30, none", rate >= 29 and not skipped))
    scrub = of["scrub"]["paints_a_second"]
    rows.append(row("dragging the scrub bar", f"{scrub} paints/s", "≥ 15", scrub >= 15))
    rows.append(row("rest after a drag → exact, p95", f"{rest['p95']:.0f} ms", "≤ 350 ms", rest["p95"] <= 350))
    rows.append(row("play → first picture, p50", f"{play['p50']:.0f} ms", "≤ 100 ms", play["p50"] <= 100))
    return rows


def media_bytes() -> list[Row]:
    of = run("media_bytes", "--json")
    ranges, sequence = of["ranges_per_s_ratio"], of["sequential_mb_per_s_ratio"]
    before, peak = of["rss_before_mb"], of["rss_peak_mb"]
    return [
        row(
            "1 MB ranges a second",
            f"{of['ranges_per_s']:.0f}/s",
            "≥ 0.8 ×",
            ranges >= 0.8,
            f"nginx {of['nginx_ranges_per_s']:.0f}/s, ratio {ranges:.2f}",
        ),
        row(
            "sequential",
            f"{of['sequential_mb_per_s']:.0f} MB/s",
            "≥ 0.8 ×",
            sequence >= 0.8,
            f"nginx {of['nginx_sequential_mb_per_s']:.0f} MB/s, ratio {sequence:.2f}",
        ),
        row("memory over a 2 GB read", f"{before:.0f} → {peak:.0f} MB", "flat", peak - before < 20),
    ]


def saving() -> list[Row]:
    of = run("saving", "--json")
    p50, p95 = of["save_p50_ms"], of["save_p95_ms"]
    return [
        row(
            "saving 1,000 keyframes in one request p50/p95",
            f"{p50:.0f}/{p95:.0f} ms",
            "≤ 20/40 ms",
            p50 <= 20 and p95 <= 40,
            f"the same rows by plain sqlite3: {of['sqlite_p50_ms']:.1f} ms, ratio {of['ratio_p50']:.1f}",
        )
    ]


def reading() -> list[Row]:
    return [
        row(of["measure"], of["result"], f"{of['target']} ×", of["met"], f"{of['peer']}, ratio {of['ratio']}")
        for of in run("reading", "--json")["rows"]
    ]


def footprint() -> list[Row]:
    return run("footprint", "--json")["rows"]


def big_file() -> list[Row]:
    return run("big_file", "--json")["rows"]


ALL: dict[str, Callable[[], list[Row]]] = {
    "right_picture": right_picture,
    "stepping": stepping,
    "reading": reading,
    "media_bytes": media_bytes,
    "saving": saving,
    "footprint": footprint,
    "big_file": big_file,
}


def machine() -> str:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    browser = subprocess.run(["chromium", "--version"], capture_output=True, text=True).stdout.strip()
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}, {browser} headless without a GPU"


def table(rows: list[Row]) -> str:
    lines = ["| measure | reached | at least | peer in the same run | |", "|---|---|---|---|---|"]
    for of in rows:
        lines.append(
            f"| {of['measure']} | {of['result']} | {of['target']} | {of.get('peer', '')} | {'✓' if of['met'] else 'not reached'} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(ALL))
    parser.add_argument("--print", action="store_true", help="print the table, write nothing")
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.only.split(","):
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            rows += ALL[name]()
        except Exception as error:  # the others are still worth having
            rows.append(row(name, f"{type(error).__name__}: {error}"[:100], "", False))
    text = table(rows)
    print(text)
    if not options.print:
        path = TOP / "docs" / "benchmarks.md"
        notes = path.read_text().partition("\n## Notes\n")[2] if path.exists() else ""
        today = datetime.date.today().isoformat()
        path.write_text(
            f"# Benchmarks\n\n`make bench` on {today}: {machine()}.\n\n{text}\n"
            + (f"\n## Notes\n{notes}" if notes else "")
        )


if __name__ == "__main__":
    main()
