"""What the formats share: a page is written block by block, with a method a kind of block."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from pathlib import Path

from runner.explain.diagram import Picture
from runner.explain.document import Block, Equations, Heading, Paragraph, Prose, Sheet, Table
from runner.nn.formula import Formula


class Writer(ABC):
    """A format: how words, formulas and blocks stand in it."""

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
        return "".join(self.plain(p) if isinstance(p, str) else self.formula(p) for p in prose)

    @abstractmethod
    def plain(self, text: str) -> str:
        """Words as they stand in prose, their special characters escaped."""

    @abstractmethod
    def formula(self, formula: Formula) -> str:
        """A formula as it stands in prose."""

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


def at_point(number: str) -> tuple[str, str]:
    """What of a number stands before its decimal point, and the rest."""
    whole = re.split(r"[.e ]", number, maxsplit=1)[0]
    return whole, number[len(whole) :]
