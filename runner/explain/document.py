"""What a page says, block by block, in no format yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from runner.explain.diagram import Picture
from runner.explain.notation.names import Math, join

#: Words with mathematics among them.
Prose: TypeAlias = tuple[str | Math, ...]


@dataclass(frozen=True)
class Heading:
    """`parameter` is the name of the one that the part below is about, if it is about one."""

    words: Prose
    level: int = 2
    parameter: str | None = None


@dataclass(frozen=True)
class Paragraph:
    words: Prose


@dataclass(frozen=True)
class Equation:
    """left = step = step = …; a step is pieces between which a line may be broken."""

    left: Math
    steps: tuple[tuple[Math, ...], ...]

    @property
    def whole(self) -> list[Math]:
        """The steps without their breaks."""
        return [join(step) for step in self.steps]


@dataclass(frozen=True)
class Equations:
    """Equations that belong together and are aligned."""

    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Table:
    """Cells of mathematics under a header; numbers are aligned at their decimal points."""

    header: tuple[Math | str, ...]
    rows: tuple[tuple[Math | str, ...], ...]


Block: TypeAlias = Heading | Paragraph | Equations | Table | Picture


@dataclass(frozen=True)
class Sheet:
    title: str
    blocks: tuple[Block, ...]


def equation(left: Math, *steps: Math | Sequence[Math]) -> Equation:
    """An equation; a step that says the same as the one before it is left out."""
    kept: list[tuple[Math, ...]] = []
    before = left.text
    for step in steps:
        pieces = (step,) if isinstance(step, Math) else tuple(step)
        text = join(pieces).text
        if text != before:
            kept.append(pieces)
            before = text
    return Equation(left, tuple(kept))


def listed(items: Sequence[Math]) -> Prose:
    """The items with commas between them."""
    pieces: list[str | Math] = [items[0]]
    for item in items[1:]:
        pieces += [", ", item]
    return tuple(pieces)


def text_width(part: Math) -> int:
    return part.width


def set_width(part: Math) -> int:
    return part.set_width


def broken(equation: Equation, width: int, measure: Callable[[Math], int] = text_width) -> list[list[Math]]:
    """The equation in lines of at most `width` columns, each line a list of its parts behind "=".

    One line where it fits; else a line a step, and steps too long broken between their pieces.
    A line that goes on within a step is led by an empty part.
    """
    whole = equation.whole
    left = measure(equation.left)
    if left + sum(3 + measure(step) for step in whole) <= width:
        return [whole]
    lines: list[list[Math]] = []
    for step in equation.steps:
        first, *rest = _wrapped(step, width - left - 3, measure)
        lines += [[first], *[[Math("", ""), line] for line in rest]]
    return lines


def _wrapped(pieces: Sequence[Math], room: int, measure: Callable[[Math], int]) -> list[Math]:
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if measure(lines[-1]) + measure(piece) > room:
            lines.append(piece)
        else:
            lines[-1] += piece
    return lines
