"""What a page says, block by block, in no format yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from runner.explain.diagram import Circuit, Picture
from runner.explain.notation.printers import TEXT, Printer, Text, Tokens
from runner.nn.formula import Formula

#: Words with mathematics among them.
Prose: TypeAlias = tuple[str | Formula, ...]


@dataclass(frozen=True)
class Heading:
    """`parameter` is the name of the one that the part below is about, if it is about one."""

    words: Prose
    level: int = 2
    parameter: str | None = None


@dataclass(frozen=True)
class Paragraph:
    """Prose."""

    words: Prose


@dataclass(frozen=True)
class Equation:
    """left = step = step = …"""

    left: Formula
    steps: tuple[Formula, ...]


@dataclass(frozen=True)
class Equations:
    """Equations that belong together and are aligned."""

    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Table:
    """Cells of mathematics under a header; numbers are aligned at their decimal points."""

    header: tuple[Formula | str, ...]
    rows: tuple[tuple[Formula | str, ...], ...]


Block: TypeAlias = Heading | Paragraph | Equations | Table | Picture | Circuit


@dataclass(frozen=True)
class Sheet:
    """A page."""

    title: str
    blocks: tuple[Block, ...]


def equation(left: Formula, *steps: Formula) -> Equation:
    """An equation; a step that says the same as the one before it is left out."""
    texts = [TEXT.write(part) for part in (left, *steps)]
    kept = [step for step, text, before in zip(steps, texts[1:], texts, strict=False) if text != before]
    return Equation(left, tuple(kept))


def listed(items: Sequence[Formula]) -> Prose:
    """The items with commas between them."""
    return tuple(piece for item in items for piece in (", ", item))[1:]


@dataclass(frozen=True)
class Line:
    """One line of an equation: its left side, if it is the first one, and what stands behind "=".

    That is whole steps, or a part of one, which `goes_on`.
    """

    left: str
    steps: tuple[str, ...]
    goes_on: bool = False


def lines(equation: Equation, room: int, printer: Printer, measure: Text) -> Iterator[Line]:
    """An equation in lines whose right sides take at most `room` columns.

    One line where it fits; else a line a step, and steps too long broken between their parts.
    """
    left = printer.write(equation.left)
    if sum(3 + measure.width(step) for step in equation.steps) <= room:
        yield Line(left, tuple(map(printer.write, equation.steps)))
        return
    for step in equation.steps:
        for i, part in enumerate(_wrapped(step, room - 3, printer, measure)):
            yield Line(left, (printer.close(part),), goes_on=i > 0)
            left = ""


def _wrapped(step: Formula, room: int, printer: Printer, measure: Text) -> list[Tokens]:
    wrapped: list[Tokens] = []
    width = room
    for part, measured in zip(printer.parts(step), measure.parts(step), strict=True):
        width += measure.columns(measured)
        if wrapped and width <= room:
            wrapped[-1] += part
        else:
            wrapped.append(part)
            width = measure.columns(measured)
    return wrapped
