"""The page as text for a terminal, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeAlias

from runner.explain.diagram import Edge, Picture
from runner.explain.document import Equation, Equations, Heading, Paragraph, Table, lines
from runner.explain.formats.writer import Writer, at_point
from runner.explain.notation.names import symbol
from runner.explain.notation.printers import TEXT
from runner.nn.formula import Formula, Number
from runner.nn.losses import ERROR

WIDTH = 100
INDENT = "  "
#: The longest left side that the others of its block are aligned to.
LONGEST_LEFT = 30
UNDERLINES = {1: "═", 2: "─"}


class TextWriter(Writer):
    """Text in columns, without markup."""

    plain, printer, math = str, TEXT, "%s"

    def heading(self, heading: Heading) -> str:
        text = self.words(heading.words)
        line = UNDERLINES.get(heading.level)
        return f"{text}\n{line * len(text)}" if line else text

    def paragraph(self, paragraph: Paragraph) -> str:
        # no break inside "w1 = 0.11"
        pieces = [p if isinstance(p, str) else TEXT.write(p).replace(" ", "\0") for p in paragraph.words]
        text = textwrap.fill("".join(pieces), WIDTH, break_long_words=False, break_on_hyphens=False)
        return text.replace("\0", " ")

    def equations(self, block: Equations) -> str:
        rows = [[TEXT.write(part) for part in (e.left, *e.steps)] for e in block.equations]
        text = under_one_another(rows, " = ")
        if max(map(width, text)) > WIDTH:
            lefts = [width(row[0]) for row in rows]
            widest = max((left for left in lefts if left <= LONGEST_LEFT), default=0)
            text = [
                line
                for e, left in zip(block.equations, lefts, strict=True)
                for line in _alone(e, max(widest, left))
            ]
        return "\n".join(text)

    def table(self, table: Table) -> str:
        columns = [[header, *_aligned(column)] for header, *column in zip(*self.cells(table), strict=True)]
        # every column is as wide as its widest cell, the last one too: it is stripped at its end
        return "\n".join(under_one_another([[*row, ""] for row in zip(*columns, strict=True)], "  "))

    def picture(self, picture: Picture) -> str:
        return diagram(picture)


def width(text: str) -> int:
    """How many columns a text takes."""
    return TEXT.columns([text])


def padded(text: str, columns: int) -> str:
    """Text filled up with blanks, counting columns rather than characters."""
    return text + " " * (columns - width(text))


def under_one_another(rows: Sequence[Sequence[str]], separator: str) -> list[str]:
    """A line a row, what follows another cell set under one another."""
    depth = max(map(len, rows))
    widths = [max((width(row[i]) for row in rows if len(row) > i + 1), default=0) for i in range(depth)]
    return [INDENT + separator.join(map(padded, row, widths)).rstrip() for row in rows]


def _alone(equation: Equation, left: int) -> list[str]:
    """An equation over as many lines as it takes."""
    return [
        INDENT + padded(line.left, left) + ("   " if line.goes_on else " = ") + " = ".join(line.steps).strip()
        for line in lines(equation, WIDTH - len(INDENT) - left, TEXT, TEXT)
    ]


def _aligned(cells: Sequence[str]) -> list[str]:
    """Numbers with their decimal points under one another."""
    before = [len(at_point(cell)[0]) for cell in cells]
    return [" " * (max(before) - own) + cell for own, cell in zip(before, cells, strict=True)]


# --- the drawing -----------------------------------------------------------------------------

#: The signs of a line and of the first, a middle and the last one of a bracket; by whether it is heavy.
SIGNS = {False: "─┐┤┴", True: "━┓┫┻"}
LINE, TOP, MIDDLE, BOTTOM = range(4)

#: What is drawn as a line into a neuron: where it comes from, its name, and whether it is marked.
Arm: TypeAlias = tuple[str, str, bool]


def diagram(drawing: Picture) -> str:
    """A column a layer; in it a bracket a neuron that gathers what comes in. The marked way is heavy."""
    columns = [_column(drawing, layer) for layer in range(1, len(drawing.layers))]
    if len(drawing.exits) > 1:
        columns.append(_gathered([_arm(drawing, edge) for edge in drawing.exits], ERROR))
    else:
        columns[-1][-1] += f" {SIGNS[drawing.exits[0].marked][LINE] * 2} {TEXT.write(ERROR)}"
    widths = [max(map(len, column)) + 4 for column in columns]
    rows = zip_longest(*columns, fillvalue="")
    return "\n".join((INDENT + "".join(map(padded, row, widths))).rstrip() for row in rows)


def _column(drawing: Picture, layer: int) -> list[str]:
    """The neurons of a layer under one another."""
    column: list[str] = []
    for j, neuron in enumerate(drawing.layers[layer], start=1):
        edges = [edge for edge in drawing.edges if edge.parameter[1:3] == (layer, j)]
        column += [*_gathered([_arm(drawing, edge) for edge in edges], neuron), ""]
    return column[:-1]


def _arm(drawing: Picture, edge: Edge) -> Arm:
    p = edge.parameter
    source = drawing.layers[p.layer - 1][p.from_ - 1] if p.from_ else Number(1)
    return TEXT.write(source), TEXT.write(symbol(p)), edge.marked


def _gathered(arms: Sequence[Arm], target: Formula) -> list[str]:
    """The lines of one neuron: a line an incoming connection, ending at the neuron's name."""
    sources, names, _ = zip(*arms, strict=True)
    widest, longest = max(map(width, sources)), max(map(width, names))
    rows, heavy = [], False
    for i, (source, name, marked) in enumerate(arms):
        heavy = heavy or marked
        joint = LINE if len(arms) == 1 else BOTTOM if i == len(arms) - 1 else MIDDLE if i else TOP
        line = SIGNS[marked][LINE]
        label = line * 2 + name + line * (2 + longest - width(name))
        rows.append(f"{padded(source, widest)} {label}{SIGNS[heavy][joint]}")
    rows[-1] += f"{SIGNS[heavy][LINE]} {TEXT.write(target)}"
    return rows


WRITER = TextWriter()
