"""Take out of package-lock.json where authors ask for money: a lock file says what is installed, and names no host."""

import json
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "package-lock.json"


def strip(lock: str) -> str:
    value = json.loads(lock)
    for package in value["packages"].values():
        package.pop("funding", None)
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"  # as npm writes it


if __name__ == "__main__":
    before = LOCK.read_text("utf-8")
    after = strip(before)
    if after != before:
        LOCK.write_text(after, "utf-8")
