r"""The page as LaTeX: compiles by itself, and as an ``\input`` into a document of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from runner import escaping
from runner.explain.diagram import Edge, Picture, Point, label_points, passes, position
from runner.explain.document import (
    Equation,
    Equations,
    Heading,
    Paragraph,
    Prose,
    Sheet,
    Table,
    broken,
    set_width,
)
from runner.explain.notation.names import Math

#: How many columns of text go into a line: a letter of a formula is narrower than one in a terminal.
WIDTH = 84
#: The width of a drawing and the distance of neurons in it, in cm.
DRAWING, DOWN = 14.0, 2.2
#: The room that a weight's name takes in it.
NAME = (0.56, 0.36)

#: \@nodocument is an error until \begin{document}, and \relax from there on.
HEAD = r"""% Compiles by itself. To \input it, load amsmath, amssymb and tikz in your own document.
\makeatletter
\ifx\@nodocument\relax
  \let\endchainrule\relax
  \makeatother
\else
  \documentclass[11pt,a4paper]{article}
  \usepackage{amsmath,amssymb,tikz}
  \usepackage[margin=2cm]{geometry}
  \setlength{\parindent}{0pt}
  \setlength{\parskip}{4pt}
  \def\endchainrule{\end{document}}
  \makeatother
  \begin{document}
\fi
\begingroup
\allowdisplaybreaks
"""
TAIL = "\\endgroup\n\\endchainrule\n"

SECTIONS = {1: "section*", 2: "subsection*", 3: "subsubsection*"}


def render(sheet: Sheet) -> str:
    """The whole document."""
    parts = [_heading(Heading((sheet.title,), 1)), *[_RENDERERS[type(b)](b) for b in sheet.blocks]]
    return HEAD + "\n".join(parts) + TAIL


def words(prose: Prose) -> str:
    return "".join(f"${p.latex}$" if isinstance(p, Math) else escaping.latex(p) for p in prose)


def _heading(heading: Heading) -> str:
    return f"\\{SECTIONS[heading.level]}{{{words(heading.words)}}}\n"


def _paragraph(paragraph: Paragraph) -> str:
    return words(paragraph.words) + "\n"


def aligned_lines(equations: Sequence[Equation], width: int = WIDTH) -> list[str]:
    """The lines of an alignment at the first equals sign of each."""
    lines = []
    widest = max(one.left.set_width for one in equations)
    for one in equations:
        room = width - widest + one.left.set_width
        for i, parts in enumerate(broken(one, room, set_width)):
            left = one.left.latex + " " if i == 0 else ""
            goes_on = parts[0].text == ""
            sign = r"&\phantom{{}={}}" if goes_on else "&= "
            lines.append(left + sign + " = ".join(part.latex for part in parts if part.text))
    return lines


def _equations(block: Equations) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(aligned_lines(block.equations)) + "\n\\end{align*}\n"


def _table(table: Table) -> str:
    header = " & ".join(
        rf"\multicolumn{{2}}{{l}}{{{words((cell,)) if cell else ''}}}" for cell in table.header
    )
    rows = [" & ".join(_cell(cell) for cell in row) for row in table.rows]
    columns = r"r@{}l@{\qquad}" * len(table.header)
    lines = [header + r" \\ \hline", *[row + r" \\" for row in rows]]
    return "\n".join(
        [
            r"\begin{center}\renewcommand{\arraystretch}{1.3}",
            rf"\begin{{tabular}}{{{columns}}}",
            *lines,
            r"\end{tabular}\end{center}",
            "",
        ]
    )


def _cell(cell: Math | str) -> str:
    """A cell in two columns that meet at the decimal point."""
    if isinstance(cell, str):
        return f"{escaping.latex(cell)} &"
    found = re.fullmatch(r"(-?\d+)(\.\d+)?( \\times .*)?", cell.latex)
    if not found:
        return rf"\multicolumn{{2}}{{l}}{{${cell.latex}$}}"
    rest = (found[2] or "") + (found[3] or "")
    return f"${found[1]}$ & " + (f"${rest}$" if rest else "")


# --- the drawing -----------------------------------------------------------------------------

_TIKZ = r"""\begin{center}
\begin{tikzpicture}[>=latex,
  neuron/.style={circle, draw, minimum size=9mm, inner sep=1pt, fill=white, font=\small},
  connection/.style={->, gray}, marked/.style={->, red!75!black, line width=1.4pt},
  weight/.style={fill=white, inner sep=1pt, font=\footnotesize}]
"""


def apart(drawing: Picture) -> float:
    """The distance of layers in cm."""
    return min(4.2, DRAWING / len(drawing.layers))


def _tikz(drawing: Picture) -> str:
    lines = []
    across = apart(drawing)
    for layer, neurons in enumerate(drawing.layers):
        for j, neuron in enumerate(neurons, start=1):
            x, y = position(drawing, layer, j)
            lines.append(
                rf"\node[neuron] (n{layer}-{j}) at ({across * x:.2f},{-DOWN * y:.2f}) {{${neuron.latex}$}};"
            )
    lines += [_tikz_line(edge, drawing.marked) for edge in drawing.edges]
    last = len(drawing.layers) - 1
    lines.append(rf"\node (error) at ({across * (last + 0.5):.2f},0) {{$E$}};")
    for j in range(1, len(drawing.layers[-1]) + 1):
        style = "marked" if drawing.marked and passes(drawing, j) else "connection"
        lines.append(rf"\draw[{style}] (n{last}-{j}) -- (error);")
    points = label_points(drawing, across, DOWN, NAME)
    lines += [
        _tikz_name(e, drawing.marked, points[e.parameter.name]) for e in drawing.edges if e.parameter.from_
    ]
    return _TIKZ + "\n".join(lines) + "\n\\end{tikzpicture}\n\\end{center}\n"


def _tikz_line(edge: Edge, marked: bool) -> str:
    p = edge.parameter
    style = "marked" if marked and edge.serves else "connection"
    target = f"(n{p.layer}-{p.to})"
    if p.from_ == 0:
        return (
            rf"\draw[{style}] {target} ++(0,0.95) node[above, black, font=\footnotesize]"
            rf" {{${edge.name.latex}$}} -- {target};"
        )
    return rf"\draw[{style}] (n{p.layer - 1}-{p.from_}) -- {target};"


def _tikz_name(edge: Edge, marked: bool, point: Point) -> str:
    """The name of a weight, on top of all lines."""
    color = "red!75!black" if marked and edge.serves else "black"
    at = f"({point[0]:.2f},{-point[1]:.2f})"
    return rf"\node[weight, text={color}] at {at} {{${edge.name.latex}$}};"


_RENDERERS: dict[type, Callable[[Any], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Equations: _equations,
    Table: _table,
    Picture: _tikz,
}
