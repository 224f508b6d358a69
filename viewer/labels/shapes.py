"""Shapes, in float pixels of the decoded picture after its rotation. A new type is an entry of `SHAPES`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, Protocol, Self

from viewer.labels.errors import LabelError

MAX_COORDINATE = 100_000  # pixels; the largest picture that is taken is far smaller
_NUMBERS = frozenset(
    (float, int)
)  # by type(), not isinstance: True is an int to Python and not a number to anyone else


class Shape(Protocol):
    type: ClassVar[str]

    @staticmethod
    def check(value: Mapping[str, Any]) -> None:
        """Raise LabelError unless `value` is the JSON of such a shape."""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """From JSON that has been checked."""

    def between(self, later: Self, t: float) -> Self:
        """The shape at the fraction `t` of the way from this one to `later`."""

    def to_json(self) -> dict[str, Any]: ...

    def normalised(self, width: int, height: int) -> dict[str, float]:
        """The numbers of the shape as fractions of a picture of that size."""

    def bounds(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the box around it."""


@dataclass(frozen=True, slots=True)
class Box:
    type: ClassVar[str] = "box"
    _FIELDS: ClassVar[frozenset[str]] = frozenset(("type", "x", "y", "width", "height"))

    x: float
    y: float
    width: float
    height: float

    @staticmethod
    def check(value: Mapping[str, Any]) -> None:
        if value.keys() != Box._FIELDS:
            raise LabelError("A box has the fields type, x, y, width and height, and no others.")
        x, y, width, height = value["x"], value["y"], value["width"], value["height"]
        # One look, for requests of thousands; field by field only for the words.
        if not (
            {type(x), type(y), type(width), type(height)} <= _NUMBERS
            and -MAX_COORDINATE <= x <= MAX_COORDINATE
            and -MAX_COORDINATE <= y <= MAX_COORDINATE
            and width <= MAX_COORDINATE
            and height <= MAX_COORDINATE
        ):
            for name in ("x", "y", "width", "height"):
                check_coordinate(name, value[name])
        if width <= 0 or height <= 0:
            raise LabelError("A box must be wider and higher than 0 pixels.")

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        return cls(value["x"], value["y"], value["width"], value["height"])

    def between(self, later: Self, t: float) -> Self:
        return type(self)(
            _mix(self.x, later.x, t),
            _mix(self.y, later.y, t),
            _mix(self.width, later.width, t),
            _mix(self.height, later.height, t),
        )

    def to_json(self) -> dict[str, Any]:
        return {"type": "box", "x": self.x, "y": self.y, "width": self.width, "height": self.height}

    def normalised(self, width: int, height: int) -> dict[str, float]:
        return {
            "x": self.x / width,
            "y": self.y / height,
            "width": self.width / width,
            "height": self.height / height,
        }

    def bounds(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.width, self.height


SHAPES: dict[str, type[Shape]] = {"box": Box}


def check_shape(value: Any) -> None:
    """Raise LabelError unless `value` is the JSON of a shape that is known here."""
    kind = value.get("type") if isinstance(value, dict) else None
    shape = SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise LabelError(f"A shape is an object whose type is one of: {', '.join(SHAPES)}.")
    shape.check(value)


def shape_of(value: Mapping[str, Any]) -> Shape:
    return SHAPES[value["type"]].of(value)


def check_coordinate(name: str, value: Any) -> None:
    # type(), not isinstance: True is an int to Python and not a number to anyone else.
    if (type(value) is not float and type(value) is not int) or not -MAX_COORDINATE <= value <= MAX_COORDINATE:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        finite = number and (isinstance(value, int) or isfinite(value))
        what = f"is beyond {MAX_COORDINATE} pixels" if finite else "is not a finite number"
        raise LabelError(f"The {name} of a shape {what}.")


def _mix(a: float, b: float, t: float) -> float:
    """The same operations in the same order as in JavaScript, so that both give the same bits."""
    return a + (b - a) * t
