"""The page as Markdown that GitHub draws: formulas in math blocks, the network as a picture beside it.

Printed to a terminal there is no file to put a picture in: then the network is drawn in text.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner import escaping
from runner.explain.diagram import Picture
from runner.explain.document import Equations, Heading, Paragraph, Prose, Sheet, Table
from runner.explain.formats import svg, text
from runner.explain.formats.latex import aligned_lines
from runner.explain.notation.names import Math


def render(sheet: Sheet) -> str:
    """The whole page, its network drawn in text."""
    parts = [_heading(Heading((sheet.title,), 1)), *[_RENDERERS[type(b)](b) for b in sheet.blocks]]
    return "\n\n".join(parts) + "\n"


def files(sheet: Sheet, out: Path) -> dict[Path, str]:
    """The page, and the picture that it shows, in a file of the same name."""
    found = {out: render(sheet)}
    for drawing in (block for block in sheet.blocks if isinstance(block, Picture)):
        beside = out.with_suffix(".svg")
        shown = f"![The network]({beside.name.replace(' ', '%20')})"
        found[out] = found[out].replace(_drawing(drawing), shown)
        found[beside] = svg.alone(drawing) + "\n"
    return found


def words(prose: Prose) -> str:
    # $`…`$ keeps Markdown from reading the backslashes and underscores of a formula
    return "".join(f"$`{p.latex}`$" if isinstance(p, Math) else escaping.markdown(p) for p in prose)


def _heading(heading: Heading) -> str:
    return f"{'#' * heading.level} {words(heading.words)}"


def _paragraph(paragraph: Paragraph) -> str:
    return words(paragraph.words)


def _equations(block: Equations) -> str:
    lines = " \\\\\n".join(aligned_lines(block.equations))
    return f"```math\n\\begin{{aligned}}\n{lines}\n\\end{{aligned}}\n```"


def _table(table: Table) -> str:
    def row(cells: tuple[Math | str, ...]) -> str:
        return "| " + " | ".join(words((cell,)) for cell in cells) + " |"

    lines = "|" + " ---: |" * len(table.header)
    return "\n".join([row(table.header), lines, *[row(cells) for cells in table.rows]])


def _drawing(drawing: Picture) -> str:
    return f"```text\n{text.diagram(drawing)}\n```"


_RENDERERS: dict[type, Callable[[Any], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Equations: _equations,
    Table: _table,
    Picture: _drawing,
}
