"""Copies what the browser needs of the installed node packages into static/vendor; the icons become one sprite."""

import re
import shutil
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
MODULES = TOP / "node_modules"
VENDOR = TOP / "static" / "vendor"

FILES = {
    "lit-html/lit-html.js": "lit-html/lit-html.js",
    "lit-html/directive.js": "lit-html/directive.js",
    "lit-html/directive-helpers.js": "lit-html/directive-helpers.js",
    "lit-html/async-directive.js": "lit-html/async-directive.js",
    "lit-html/directives/repeat.js": "lit-html/directives/repeat.js",
    "lit-html/directives/class-map.js": "lit-html/directives/class-map.js",
    "lit-html/directives/live.js": "lit-html/directives/live.js",
    "lit-html/directives/ref.js": "lit-html/directives/ref.js",
    "tus-js-client/dist/tus.min.js": "tus.js",
}


def symbol(name: str) -> str:
    """One icon as a <symbol>; it takes its colour and line width from where it is used."""
    svg = (MODULES / "lucide-static" / "icons" / f"{name}.svg").read_text()
    inner = re.sub(r"<!--.*?-->", "", svg, flags=re.S)
    inner = re.search(r"<svg[^>]*>(.*)</svg>", inner, flags=re.S).group(1)  # type: ignore[union-attr]
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(line.strip() for line in inner.splitlines())}</symbol>'


def main() -> None:
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        text = (MODULES / source).read_text()
        (VENDOR / target).write_text(re.sub(r"\n?//# sourceMappingURL=.*", "", text))
    names = sorted({line.strip() for line in (TOP / "tools" / "icons.txt").read_text().splitlines() if line.strip()})
    sprite = "".join(symbol(name) for name in names)
    (VENDOR / "icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{sprite}</svg>')


if __name__ == "__main__":
    main()
