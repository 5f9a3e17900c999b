r"""The page as LaTeX: compiles by itself, and as an ``\input`` into a document of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runner import escaping
from runner.explain.diagram import Edge, Picture, Point, label_points, position
from runner.explain.document import Equation, Equations, Heading, Paragraph, Sheet, Table, lines
from runner.explain.formats.writer import Writer, at_point
from runner.explain.notation.names import symbol
from runner.explain.notation.printers import COLUMNS
from runner.explain.notation.typeset import LATEX
from runner.nn.formula import Formula, Number

#: How many columns of text go into a line: a letter of a formula is narrower than one in a terminal.
WIDTH = 84
#: The width of a drawing and the distance of neurons in it, in cm.
DRAWING, DOWN = 14.0, 2.2
#: The room that a weight's name takes in it.
NAME = (0.56, 0.36)

#: In it \@nodocument is an error until \begin{document}, and \relax from there on.
HEAD, TAIL = Path(__file__).with_name("page.tex").read_text(encoding="utf-8").split("% the page\n")

SECTIONS = {1: "section*", 2: "subsection*", 3: "subsubsection*"}


class LatexWriter(Writer):
    """LaTeX with amsmath and TikZ."""

    plain, printer, math = staticmethod(escaping.latex), LATEX, "$%s$"

    def page(self, sheet: Sheet) -> str:
        return HEAD + "\n".join(self.blocks(sheet)) + TAIL

    def heading(self, heading: Heading) -> str:
        return f"\\{SECTIONS[heading.level]}{{{self.words(heading.words)}}}\n"

    def paragraph(self, paragraph: Paragraph) -> str:
        return super().paragraph(paragraph) + "\n"

    def equations(self, block: Equations) -> str:
        return "\\begin{align*}\n" + " \\\\\n".join(aligned_lines(block.equations)) + "\n\\end{align*}\n"

    def table(self, table: Table) -> str:
        header = " & ".join(rf"\multicolumn{{2}}{{l}}{{{self.words((cell,))}}}" for cell in table.header)
        rows = [" & ".join(map(self._cell, row)) + r" \\" for row in table.rows]
        columns = r"r@{}l@{\qquad}" * len(table.header)
        above = [r"\begin{center}\renewcommand{\arraystretch}{1.3}", rf"\begin{{tabular}}{{{columns}}}"]
        return "\n".join([*above, header + r" \\ \hline", *rows, r"\end{tabular}\end{center}", ""])

    def _cell(self, cell: Formula | str) -> str:
        """A cell in two columns that meet at the decimal point."""
        if not isinstance(cell, Number):
            return rf"\multicolumn{{2}}{{l}}{{{self.words((cell,))}}}"
        whole, after = at_point(LATEX.write(cell))
        return f"${whole}$ & " + (f"${after}$" if after else "")

    def picture(self, picture: Picture) -> str:
        return tikz(picture)


def aligned_lines(equations: Sequence[Equation]) -> list[str]:
    """The lines of an alignment at the first equals sign of each."""
    room = WIDTH - max(COLUMNS.width(equation.left) for equation in equations)
    return [
        (line.left and line.left + " ")
        + (r"&\phantom{{}={}}" if line.goes_on else "&= ")
        + " = ".join(line.steps)
        for equation in equations
        for line in lines(equation, room, LATEX, COLUMNS)
    ]


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


def tikz(drawing: Picture) -> str:
    """The drawing."""
    across, last = apart(drawing), len(drawing.layers) - 1
    parts = []
    for layer, neurons in enumerate(drawing.layers):
        for j, neuron in enumerate(neurons, start=1):
            x, y = position(drawing, layer, j)
            at = f"({across * x:.2f},{-DOWN * y:.2f})"
            parts.append(rf"\node[neuron] (n{layer}-{j}) at {at} {{${LATEX.write(neuron)}$}};")
    parts += map(_tikz_line, drawing.edges)
    parts.append(rf"\node (error) at ({across * (last + 0.5):.2f},0) {{$E$}};")
    parts += [rf"\draw[{_style(e)}] (n{last}-{e.parameter.from_}) -- (error);" for e in drawing.exits]
    points = label_points(drawing, across, DOWN, NAME)
    parts += [_tikz_name(e, points[e.parameter.name]) for e in drawing.edges if e.parameter.from_]
    return _TIKZ + "\n".join(parts) + "\n\\end{tikzpicture}\n\\end{center}\n"


def _style(edge: Edge) -> str:
    return "marked" if edge.marked else "connection"


def _tikz_line(edge: Edge) -> str:
    p = edge.parameter
    target = f"(n{p.layer}-{p.to})"
    if p.from_:
        return rf"\draw[{_style(edge)}] (n{p.layer - 1}-{p.from_}) -- {target};"
    return (
        rf"\draw[{_style(edge)}] {target} ++(0,0.95) node[above, black, font=\footnotesize]"
        rf" {{${LATEX.write(symbol(p))}$}} -- {target};"
    )


def _tikz_name(edge: Edge, point: Point) -> str:
    """The name of a weight, on top of all lines."""
    color = "red!75!black" if edge.marked else "black"
    at = f"({point[0]:.2f},{-point[1]:.2f})"
    return rf"\node[weight, text={color}] at {at} {{${LATEX.write(symbol(edge.parameter))}$}};"


WRITER = LatexWriter()
