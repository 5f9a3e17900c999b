"""The page as Markdown that GitHub draws: formulas in math blocks, the network as a picture beside it.

Printed to a terminal there is no file to put a picture in: then the network is drawn in text.
"""

from __future__ import annotations

from pathlib import Path

from runner import escaping
from runner.explain.diagram import Picture
from runner.explain.document import Equations, Heading, Sheet, Table
from runner.explain.formats import svg, text
from runner.explain.formats.latex import aligned_lines
from runner.explain.formats.writer import Writer
from runner.explain.notation.typeset import LATEX


class MarkdownWriter(Writer):
    """GitHub's Markdown."""

    # $`…`$ keeps Markdown from reading the backslashes and underscores of a formula
    plain, printer, math = staticmethod(escaping.markdown), LATEX, "$`%s`$"

    def files(self, sheet: Sheet, out: Path) -> dict[Path, str]:
        """The page, and the picture that it shows, in a file of the same name."""
        files = super().files(sheet, out)
        for drawing in (block for block in sheet.blocks if isinstance(block, Picture)):
            beside = out.with_suffix(".svg")
            link = f"![The network]({beside.name.replace(' ', '%20')})"
            files[out] = files[out].replace(self.picture(drawing), link)
            files[beside] = svg.alone(drawing) + "\n"
        return files

    def heading(self, heading: Heading) -> str:
        return f"{'#' * heading.level} {self.words(heading.words)}"

    def equations(self, block: Equations) -> str:
        lines = " \\\\\n".join(aligned_lines(block.equations))
        return f"```math\n\\begin{{aligned}}\n{lines}\n\\end{{aligned}}\n```"

    def table(self, table: Table) -> str:
        header, *rows = ["| " + " | ".join(row) + " |" for row in self.cells(table)]
        return "\n".join([header, "|" + " ---: |" * len(table.header), *rows])

    def picture(self, picture: Picture) -> str:
        return f"```text\n{text.diagram(picture)}\n```"


WRITER = MarkdownWriter()
