"""The classes of a dataset: what may be labelled, under which name, colour and shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from viewer.labels.errors import LabelError
from viewer.labels.shapes import SHAPES

MAX_CLASSES = 1000
MAX_NAME = 100  # characters

COLOR = re.compile(r"#[0-9a-f]{6}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FIELDS = frozenset(("id", "name", "color", "shape"))

# Okabe and Ito's colours, which colour-blind people can tell apart, then steps around the hues between them.
PALETTE = (
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
    "#f78da7", "#7bd389", "#b794f6", "#4dd0e1", "#c0ca33", "#ff8a65", "#90a4ae", "#ba68c8",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelClass:
    """`id` never changes and is never given again: labels name it."""

    id: str | int
    name: str
    color: str  # #rrggbb
    shape: str  # a key of SHAPES

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "color": self.color, "shape": self.shape}


def parse_classes(value: Any) -> list[LabelClass]:
    """Classes from JSON. Raises LabelError (`invalid_ontology`) naming class and field."""
    if not isinstance(value, list):
        raise _invalid("The classes of an ontology are a list.")
    if len(value) > MAX_CLASSES:
        raise _invalid(f"{len(value)} classes are too many: {MAX_CLASSES} is the most.")
    classes = [_parse(item, number) for number, item in enumerate(value, 1)]
    _unique(classes, "id", (str(item.id) for item in classes))
    _unique(classes, "name", (item.name.casefold() for item in classes))
    return classes


def free_color(classes: Iterable[LabelClass]) -> str:
    """A colour for one more class: the first that none of these has."""
    taken = [item.color for item in classes]
    return next((color for color in PALETTE if color not in taken), PALETTE[len(taken) % len(PALETTE)])


def _parse(item: Any, number: int) -> LabelClass:
    if not isinstance(item, dict) or item.keys() != _FIELDS:
        raise _invalid(f"Class {number} must have the fields id, name, color and shape, and no others.")
    id, name, color, shape = item["id"], item["name"], item["color"], item["shape"]
    if not (type(id) is int and 0 <= id < 2**31) and not (isinstance(id, str) and _ID.fullmatch(id)):
        raise _invalid(f"The id of class {number} must be a number, or up to 64 letters, digits, _ and -.")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise _invalid(f"The name of class {number} must be 1 to {MAX_NAME} characters that can be seen.")
    if not isinstance(color, str) or not COLOR.fullmatch(color.lower()):
        raise _invalid(f"The color of class {number} must look like #e69f00.")
    if not isinstance(shape, str) or shape not in SHAPES:
        raise _invalid(f"The shape of class {number} must be one of: {', '.join(SHAPES)}.")
    return LabelClass(id, name.strip(), color.lower(), shape)


def _unique(classes: list[LabelClass], field: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for item, value in zip(classes, values, strict=True):
        if value in seen:
            raise _invalid(f"Two classes have the {field} “{getattr(item, field)}”.")
        seen.add(value)


def _invalid(sentence: str) -> LabelError:
    return LabelError(sentence, "invalid_ontology")
