"""The page as HTML, in one file that needs nothing else, neither script nor fonts from elsewhere.

Formulas are MathML. To hover over a weight, to focus it or to follow its link marks its way to the
error: rules of the style sheet do that, so that it works where scripts do not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from string import Template

from runner.escaping import html as escape
from runner.explain.diagram import Circuit, Picture
from runner.explain.document import Block, Equations, Heading, Line, Paragraph, Prose, Sheet, Table, lines
from runner.explain.formats import svg
from runner.explain.formats.latex import WIDTH
from runner.explain.formats.writer import Writer, at_point
from runner.explain.notation.printers import COLUMNS, TEXT
from runner.explain.notation.typeset import MATHML
from runner.nn.formula import Formula, Number, Symbol

PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")


class HtmlWriter(Writer):
    """HTML with MathML."""

    plain, printer, math = staticmethod(escape), MATHML, "<math>%s</math>"

    def page(self, sheet: Sheet) -> str:
        return PAGE.substitute(title=escape(sheet.title), style=self._style(sheet), body=self._body(sheet))

    def fragment(self, sheet: Sheet) -> str:
        """The page as a part of another one, on which its style has no hold."""
        style = re.sub(r"^(?::root|body)(?= \{)", ":scope", self._style(sheet), flags=re.MULTILINE)
        scoped = f"@scope (.backprop-explain) {{\n{style}.drawing {{ position: static }}\n}}"
        body = f"<main>\n{self._body(sheet)}\n</main>"
        return f"<div class='backprop-explain'>\n<style>\n{scoped}\n</style>\n{body}\n</div>"

    def _body(self, sheet: Sheet) -> str:
        return "\n".join([f"<h1>{escape(sheet.title)}</h1>", *self._sections(sheet.blocks)])

    def _style(self, sheet: Sheet) -> str:
        explained = [b.parameter for b in sheet.blocks if isinstance(b, Heading) and b.parameter]
        return STYLE + svg.STYLE + "\n" + "".join(map(_marking, explained))

    def _sections(self, blocks: Sequence[Block]) -> Iterator[str]:
        """The blocks; those about one parameter together in a section of their own."""
        about: list[str | None] = []
        for block in blocks:
            about.append(block.parameter if isinstance(block, Heading) else about[-1] if about else None)
        for name, group in groupby(zip(about, blocks, strict=True), key=lambda pair: pair[0]):
            inside = "\n".join(self.block(block) for _, block in group)
            if name:
                yield f"<section id='{name}' data-w='{name}' tabindex='0'>\n{inside}\n</section>"
            else:
                yield inside

    def words(self, prose: Prose) -> str:
        # a sign of punctuation is kept on the line of the formula before it
        followed = r"(<math>(?:(?!</math>).)*</math>[,.:;])"
        return re.sub(followed, r"<span class='unbroken'>\1</span>", super().words(prose))

    def heading(self, heading: Heading) -> str:
        return f"<h{heading.level}>{self.words(heading.words)}</h{heading.level}>"

    def paragraph(self, paragraph: Paragraph) -> str:
        return f"<p>{super().paragraph(paragraph)}</p>"

    def equations(self, block: Equations) -> str:
        room = WIDTH - max(COLUMNS.width(equation.left) for equation in block.equations)
        rows = "\n".join(_row_of(line) for e in block.equations for line in lines(e, room, MATHML, COLUMNS))
        table = f"<mtable class='aligned' displaystyle='true'>\n{rows}\n</mtable>"
        return f"<div class='formula'><math>{table}</math></div>"

    def table(self, table: Table) -> str:
        header = "".join(f"<th scope='col'>{self.words((cell,))}</th>" for cell in table.header)
        wholes = [max(map(_digits_before_point, column)) for column in zip(*table.rows, strict=True)]
        rows = "\n".join(self._row(row, wholes) for row in table.rows)
        head = f"<thead><tr>{header}</tr></thead>"
        return f"<table class='numbers'>\n{head}\n<tbody>\n{rows}\n</tbody>\n</table>"

    def _row(self, row: Sequence[Formula | str], wholes: Sequence[int]) -> str:
        name = TEXT.write(row[0]) if isinstance(row[0], Symbol) else ""
        about = f" data-w='{name}' tabindex='0'" if name[:1] in ("w", "b") else ""
        return f"<tr{about}>{''.join(map(self._cell, row, wholes))}</tr>"

    def _cell(self, cell: Formula | str, whole: int) -> str:
        if not isinstance(cell, Number):
            return f"<td>{self.words((cell,))}</td>"
        before, after = at_point(TEXT.write(cell))
        aligned = f"<span class='whole' style='min-width: {whole}ch'>{before}</span>"
        return f"<td class='number'>{aligned}{after}</td>"

    def picture(self, picture: Picture) -> str:
        return f"<figure class='drawing'>\n{svg.picture(picture)}\n</figure>"

    def circuit(self, circuit: Circuit) -> str:
        of = "" if circuit.examples == 1 else f", of this example's share, 1/{circuit.examples}, in the mean"
        said = "Above, in blue: what the forward pass gives. Below, in red: the derivative of the error by it"
        caption = f"<figcaption>{said}{of}; of biases both stand beside each other.</figcaption>"
        return f"<figure class='drawing'>\n{svg.circuit(circuit)}\n{caption}\n</figure>"


def _marking(name: str) -> str:
    """The rules that mark a parameter's way while it is hovered over, has the focus or is linked to."""
    touched = f"main:has([data-w='{name}']:is(:hover, :focus, :focus-within))"
    linked = f"main:not(:has([data-w]:hover)):has(#{name}:target)"
    touched = f":is({touched}, {linked})"
    return (
        f"{touched} .on-{name} .connection {{ stroke: #c00000; stroke-width: 3.2 }}\n"
        f"{touched} .on-{name} text {{ fill: #c00000; font-weight: bold }}\n"
        f"{touched} section[data-w='{name}'] {{ border-left-color: #c00000 }}\n"
        f"{touched} tr[data-w='{name}'] {{ background: #fdeaea }}\n"
    )


def _row_of(line: Line) -> str:
    first = "<mspace width='1.2em'/>" if line.goes_on else "<mo>=</mo>"
    return (
        f"<mtr><mtd style='text-align: right'>{line.left}</mtd>"
        f"<mtd style='text-align: left'><mrow>{first}{'<mo>=</mo>'.join(line.steps)}</mrow></mtd></mtr>"
    )


def _digits_before_point(cell: Formula | str) -> int:
    return len(at_point(TEXT.write(cell))[0]) if isinstance(cell, Number) else 0


WRITER = HtmlWriter()
