"""The page as text for a terminal, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TypeAlias

from runner.explain.diagram import Picture, passes
from runner.explain.document import Equation, Equations, Heading, Paragraph, Table, lines
from runner.explain.formats.writer import Writer
from runner.explain.notation.printers import TEXT
from runner.nn.formula import Formula
from runner.nn.losses import ERROR

WIDTH = 100
INDENT = "  "
#: The longest left side that the others of its block are aligned to.
LONGEST_LEFT = 30
UNDERLINES = {1: "═", 2: "─"}


class TextWriter(Writer):
    def plain(self, text: str) -> str:
        return text

    def formula(self, formula: Formula) -> str:
        return TEXT.write(formula)

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
        cells = [[self.words((cell,)) for cell in row] for row in (table.header, *table.rows)]
        columns = [[header, *_aligned(column)] for header, *column in zip(*cells, strict=True)]
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
    before, text = padded(TEXT.write(equation.left), left), []
    for line in lines(equation, WIDTH - len(INDENT) - left, TEXT, TEXT):
        sign = "   " if line.goes_on else " = "
        text.append((INDENT + before + sign + " = ".join(line.steps).lstrip()).rstrip())
        before = " " * left
    return text


def _aligned(cells: Sequence[str]) -> list[str]:
    """Numbers with their decimal points under one another."""
    before = [len(cell.split(".")[0].split("e")[0]) for cell in cells]
    return [" " * (max(before) - own) + cell for own, cell in zip(before, cells, strict=True)]


# --- the drawing -----------------------------------------------------------------------------

LIGHT = {"line": "─", "one": "─", "top": "┐", "middle": "┤", "bottom": "┴", "up": "│"}
HEAVY = {"line": "━", "one": "━", "top": "┓", "middle": "┫", "bottom": "┻", "up": "┃"}


#: What is drawn as a line into a neuron: where it comes from, its name, and whether it is marked.
Arm: TypeAlias = tuple[str, str, bool]


def diagram(drawing: Picture) -> str:
    """A column a layer; in it a bracket a neuron that gathers what comes in. The marked way is heavy."""
    columns = [_column(drawing, layer) for layer in range(1, len(drawing.layers))]
    outputs = [
        (TEXT.write(pred), "", drawing.marked and bool(passes(drawing, k)))
        for k, pred in enumerate(drawing.layers[-1], start=1)
    ]
    if len(outputs) > 1:
        columns.append(_gathered(outputs, TEXT.write(ERROR)))
    else:
        columns[-1][-1] += f" {(HEAVY if outputs[0][2] else LIGHT)['line'] * 2} {TEXT.write(ERROR)}"
    height = max(map(len, columns))
    widths = [max(len(line) for line in column) for column in columns]
    rows = []
    for row in range(height):
        cells = [
            padded(column[row] if row < len(column) else "", widths[i] + 4)
            for i, column in enumerate(columns)
        ]
        rows.append((INDENT + "".join(cells)).rstrip())
    return "\n".join(rows)


def _column(drawing: Picture, layer: int) -> list[str]:
    """The neurons of a layer under one another."""
    column: list[str] = []
    for neuron in drawing.layers[layer]:
        edges = [e for e in drawing.edges if e.parameter.layer == layer and e.target == neuron]
        edges.sort(key=lambda e: (e.parameter.from_ == 0, e.parameter.from_))
        arms = [(TEXT.write(e.source), TEXT.write(e.name), drawing.marked and bool(e.serves)) for e in edges]
        column += [*_gathered(arms, TEXT.write(neuron)), ""]
    return column[:-1]


def _gathered(arms: Sequence[Arm], target: str) -> list[str]:
    """The lines of one neuron: a line an incoming connection, ending at the neuron's name."""
    widest = max(width(source) for source, _, _ in arms)
    longest = max(width(name) for _, name, _ in arms)
    rows = []
    for i, (source, name, heavy) in enumerate(arms):
        style = HEAVY if heavy else LIGHT
        place = "one" if len(arms) == 1 else "bottom" if i == len(arms) - 1 else "top" if i == 0 else "middle"
        joint = (HEAVY if any(marked for _, _, marked in arms[: i + 1]) else LIGHT)[place]
        label = style["line"] * 2 + name + style["line"] * (2 + longest - width(name))
        rows.append(f"{padded(source, widest)} {label}{joint}")
    rows[-1] += f"{(HEAVY if any(marked for _, _, marked in arms) else LIGHT)['line']} {target}"
    return rows


WRITER = TextWriter()
