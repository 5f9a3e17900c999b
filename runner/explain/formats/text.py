"""The page as text for a terminal, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from runner.explain.diagram import Picture, passes
from runner.explain.document import (
    Equation,
    Equations,
    Heading,
    Paragraph,
    Prose,
    Sheet,
    Table,
    broken,
)
from runner.explain.notation.names import ERROR, NOTHING, Math

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


#: What is drawn as a line into a neuron: where it comes from, its name, and whether it is marked.
Arm: TypeAlias = tuple[Math, Math, bool]


def diagram(drawing: Picture) -> str:
    """A column a layer; in it a bracket a neuron that gathers what comes in. The marked way is heavy."""
    columns = [_column(drawing, layer) for layer in range(1, len(drawing.layers))]
    outputs = [
        (pred, NOTHING, drawing.marked and bool(passes(drawing, k)))
        for k, pred in enumerate(drawing.layers[-1], start=1)
    ]
    if len(outputs) > 1:
        columns.append(_gathered(outputs, ERROR.text))
    else:
        columns[-1][-1] += f" {(HEAVY if outputs[0][2] else LIGHT)['line'] * 2} {ERROR.text}"
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


def _column(drawing: Picture, layer: int) -> list[str]:
    """The neurons of a layer under one another."""
    lines: list[str] = []
    for neuron in drawing.layers[layer]:
        edges = [e for e in drawing.edges if e.parameter.layer == layer and e.target == neuron]
        edges.sort(key=lambda e: (e.parameter.from_ == 0, e.parameter.from_))
        arms = [(e.source, e.name, drawing.marked and bool(e.serves)) for e in edges]
        lines += [*_gathered(arms, neuron.text), ""]
    return lines[:-1]


def _gathered(arms: Sequence[Arm], target: str) -> list[str]:
    """The lines of one neuron: a line an incoming connection, ending at the neuron's name."""
    widest = max(source.width for source, _, _ in arms)
    longest = max(name.width for _, name, _ in arms)
    lines = []
    for i, (source, name, heavy) in enumerate(arms):
        style = HEAVY if heavy else LIGHT
        place = "one" if len(arms) == 1 else "bottom" if i == len(arms) - 1 else "top" if i == 0 else "middle"
        joint = (HEAVY if any(marked for _, _, marked in arms[: i + 1]) else LIGHT)[place]
        label = style["line"] * 2 + name.text + style["line"] * (2 + longest - name.width)
        lines.append(f"{padded(source.text, widest)} {label}{joint}")
    lines[-1] += f"{(HEAVY if any(marked for _, _, marked in arms) else LIGHT)['line']} {target}"
    return lines


_RENDERERS: dict[type, Callable[[Any], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Equations: _equations,
    Table: _table,
    Picture: diagram,
}
