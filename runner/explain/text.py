"""The page as text for a terminal, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from runner.explain.notation import Math
from runner.explain.picture import Edge, Picture
from runner.explain.sheet import (
    Equation,
    Equations,
    Heading,
    Paragraph,
    Prose,
    Sheet,
    Table,
    broken,
)

WIDTH = 100
INDENT = "  "
#: The longest left side that the others of its block are aligned to.
LONGEST_LEFT = 30
UNDERLINES = {1: "═", 2: "─"}


def render(sheet: Sheet) -> str:
    """The whole page."""
    parts = [_heading(Heading((sheet.title,), 1)), *[_RENDERERS[type(b)](b) for b in sheet.blocks]]
    return "\n\n".join(part for part in parts if part) + "\n"


def words(prose: Prose) -> str:
    return "".join(piece.text if isinstance(piece, Math) else piece for piece in prose)


def padded(text: str, width: int) -> str:
    """Text filled up with blanks, counting columns rather than characters."""
    return text + " " * (width - Math(text, "").width)


def _heading(heading: Heading) -> str:
    text = words(heading.words)
    line = UNDERLINES.get(heading.level)
    return f"{text}\n{line * len(text)}" if line else text


def _paragraph(paragraph: Paragraph) -> str:
    # no break inside "w1 = 0.11"
    pieces = [p.text.replace(" ", "\0") if isinstance(p, Math) else p for p in paragraph.words]
    filled = textwrap.fill("".join(pieces), WIDTH, break_long_words=False, break_on_hyphens=False)
    return filled.replace("\0", " ")


def _equations(block: Equations) -> str:
    lines = _columns(block.equations)
    if max(Math(line, "").width for line in lines) > WIDTH:
        left = max((e.left.width for e in block.equations if e.left.width <= LONGEST_LEFT), default=0)
        lines = [line for e in block.equations for line in _alone(e, max(left, e.left.width))]
    return "\n".join(lines)


def _columns(equations: Sequence[Equation]) -> list[str]:
    """One line an equation, the steps of all of them under one another."""
    rows = [[e.left, *e.whole] for e in equations]
    depth = max(len(row) for row in rows)
    widths = [max((row[i].width for row in rows if len(row) > i + 1), default=0) for i in range(depth)]
    return [
        INDENT + " = ".join(padded(c.text, widths[i]) for i, c in enumerate(row)).rstrip() for row in rows
    ]


def _alone(equation: Equation, left: int) -> list[str]:
    """An equation over as many lines as it takes."""
    lines = broken(Equation(Math(" " * left, ""), equation.steps), WIDTH - len(INDENT))
    out = []
    for i, line in enumerate(lines):
        before = padded(equation.left.text, left) if i == 0 else " " * left
        sign = "   " if line[0].text == "" else " = "
        body = " = ".join(part.text for part in line if part.text)
        out.append((INDENT + before + sign + body.lstrip()).rstrip())
    return out


def _table(table: Table) -> str:
    header = [cell.text if isinstance(cell, Math) else cell for cell in table.header]
    texts = [[cell.text if isinstance(cell, Math) else cell for cell in row] for row in table.rows]
    columns = [_aligned([row[i] for row in texts]) for i in range(len(header))]
    widths = [max(Math(c, "").width for c in (header[i], *column)) for i, column in enumerate(columns)]
    rows = [header, *[[column[r] for column in columns] for r in range(len(texts))]]
    return "\n".join(
        INDENT + "  ".join(padded(cell, widths[i]) for i, cell in enumerate(row)).rstrip() for row in rows
    )


def _aligned(cells: Sequence[str]) -> list[str]:
    """Numbers with their decimal points under one another."""
    before = [len(cell.split(".")[0].split("e")[0]) for cell in cells]
    return [" " * (max(before) - own) + cell for own, cell in zip(before, cells, strict=True)]


# --- the drawing -----------------------------------------------------------------------------

LIGHT = {"line": "─", "one": "─", "top": "┐", "middle": "┤", "bottom": "┴", "up": "│"}
HEAVY = {"line": "━", "one": "━", "top": "┓", "middle": "┫", "bottom": "┻", "up": "┃"}


def diagram(drawing: Picture) -> str:
    """A column a layer; in it a bracket a neuron that gathers what comes in. The marked way is heavy."""
    columns = []
    for layer in range(1, len(drawing.layers)):
        column: list[str] = []
        for neuron in drawing.layers[layer]:
            edges = [e for e in drawing.edges if e.parameter.layer == layer and e.target == neuron]
            edges.sort(key=lambda e: (e.parameter.from_ == 0, e.parameter.from_))
            last = layer == len(drawing.layers) - 1
            column += [*_gathered(edges, drawing.marked, last), ""]
        columns.append(column[:-1])
    height = max(map(len, columns))
    widths = [max(len(line) for line in column) for column in columns]
    lines = []
    for row in range(height):
        cells = [
            padded(column[row] if row < len(column) else "", widths[i] + 4)
            for i, column in enumerate(columns)
        ]
        lines.append((INDENT + "".join(cells)).rstrip())
    return "\n".join(lines)


def _gathered(edges: Sequence[Edge], marked: bool, last: bool) -> list[str]:
    """The lines of one neuron: a line an incoming connection, ending at the neuron's name."""
    heavy = [marked and bool(e.serves) for e in edges]
    source = max(e.source.width for e in edges)
    name = max(e.name.width for e in edges)
    lines = []
    for i, edge in enumerate(edges):
        style = HEAVY if heavy[i] else LIGHT
        place = (
            "one" if len(edges) == 1 else "bottom" if i == len(edges) - 1 else "top" if i == 0 else "middle"
        )
        joint = (HEAVY if any(heavy[: i + 1]) else LIGHT)[place]
        label = style["line"] * 2 + edge.name.text + style["line"] * (2 + name - edge.name.width)
        lines.append(f"{padded(edge.source.text, source)} {label}{joint}")
    out = HEAVY if any(heavy) else LIGHT
    error = f" {out['line'] * 2} E" if last else ""
    lines[-1] += f"{out['line']} {edges[0].target.text}{error}"
    return lines


_RENDERERS: dict[type, Callable[[Any], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Equations: _equations,
    Table: _table,
    Picture: diagram,
}
