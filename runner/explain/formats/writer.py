"""What the formats share: a page is written block by block, with a method a kind of block."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from runner.explain.diagram import Circuit, Picture
from runner.explain.document import Block, Equations, Heading, Paragraph, Prose, Sheet, Table
from runner.explain.notation.printers import Printer


class Writer(ABC):
    """A format: `plain` escapes its words, `math` stands around the formulas that the printer writes."""

    plain: Callable[[str], str]
    printer: Printer
    math: str

    def page(self, sheet: Sheet) -> str:
        """The whole page."""
        return "\n\n".join(block for block in self.blocks(sheet) if block) + "\n"

    def blocks(self, sheet: Sheet) -> list[str]:
        """The title and what stands below it."""
        return [self.heading(Heading((sheet.title,), 1)), *map(self.block, sheet.blocks)]

    def files(self, sheet: Sheet, out: Path) -> dict[Path, str]:
        """The page as a file, and what the format puts beside it."""
        return {out: self.page(sheet)}

    def block(self, block: Block) -> str:
        return str(getattr(self, type(block).__name__.lower())(block))

    def words(self, prose: Prose) -> str:
        """Words with formulas among them."""
        return "".join(
            self.plain(piece) if isinstance(piece, str) else self.math % self.printer.write(piece)
            for piece in prose
        )

    @abstractmethod
    def heading(self, heading: Heading) -> str: ...

    def paragraph(self, paragraph: Paragraph) -> str:
        return self.words(paragraph.words)

    def cells(self, table: Table) -> list[list[str]]:
        """The cells of the header and of every row."""
        return [[self.words((cell,)) for cell in row] for row in (table.header, *table.rows)]

    @abstractmethod
    def equations(self, block: Equations) -> str: ...

    @abstractmethod
    def table(self, table: Table) -> str: ...

    @abstractmethod
    def picture(self, picture: Picture) -> str: ...

    def circuit(self, circuit: Circuit) -> str:
        """Nothing: only a page has room for numbers on a drawing; they stand in the equations too."""
        return ""


def at_point(number: str) -> tuple[str, str]:
    """What of a number stands before its decimal point, and the rest."""
    whole = re.split(r"[.e ]", number, maxsplit=1)[0]
    return whole, number[len(whole) :]
