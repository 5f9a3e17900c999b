"""The page as HTML, in one file that needs nothing else, neither script nor fonts from elsewhere.

Formulas are MathML. To hover over a weight, to focus it or to follow its link marks its way to the
error: rules of the style sheet do that, so that it works where scripts do not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from runner.escaping import html as escape
from runner.explain.diagram import Picture
from runner.explain.document import Block, Equation, Equations, Heading, Paragraph, Prose, Sheet, Table, lines
from runner.explain.formats import svg
from runner.explain.formats.latex import WIDTH
from runner.explain.formats.writer import Writer
from runner.explain.notation.printers import COLUMNS, TEXT
from runner.explain.notation.typeset import MATHML
from runner.nn.formula import Formula, Number, Symbol

STYLE = """\
:root { color-scheme: light }
body { margin: 0; background: #fff; color: #222; font: 17px/1.5 Georgia, 'Times New Roman', serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem 1.2rem 4rem }
h1 { font-size: 1.8rem; margin: .6rem 0 }
h2 { font-size: 1.3rem; margin: 2rem 0 .6rem; border-bottom: 1px solid #ccc }
h3 { font-size: 1.05rem; margin: 1.2rem 0 .4rem }
math { font-size: 1.06em; font-family: 'Latin Modern Math', 'STIX Two Math', 'Cambria Math', math }
.formula { overflow-x: auto; margin: .5rem 0 }
mtable.aligned > mtr > mtd { padding: .28em .12em }
.drawing { margin: 0; position: sticky; top: 0; background: #fffffff2; overflow-x: auto; z-index: 1 }
.drawing svg { display: block; width: auto; height: auto; max-width: 100%; max-height: 42vh; margin: 0 auto }
section { padding: .1rem .8rem; margin: .4rem -.8rem; border-left: 3px solid transparent;
  scroll-margin-top: 45vh }
section:focus { outline: 1px dotted #c00000 }
table.numbers { border-collapse: collapse; margin: .6rem 0 }
.numbers th, .numbers td { padding: .2rem 1.2rem .2rem 0; text-align: left; font-weight: normal }
.numbers th { border-bottom: 1px solid #999 }
.number { font-variant-numeric: tabular-nums; white-space: nowrap }
.unbroken { white-space: nowrap }
.whole { display: inline-block; text-align: right }
a { text-decoration: none }
@media print { .drawing { position: static } section { break-inside: avoid } }
@media (max-height: 34rem) { .drawing { position: static } }
"""


class HtmlWriter(Writer):
    def page(self, sheet: Sheet) -> str:
        explained = [b.parameter for b in sheet.blocks if isinstance(b, Heading) and b.parameter]
        body = "\n".join([f"<h1>{escape(sheet.title)}</h1>", *self._sections(sheet.blocks)])
        return (
            "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
            "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
            f"<title>{escape(sheet.title)}</title>\n"
            f"<style>\n{STYLE}{svg.STYLE}\n{''.join(map(_marking, explained))}</style>\n"
            f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
        )

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
        return "".join(self._unbroken(prose))

    def _unbroken(self, prose: Prose) -> Iterator[str]:
        """The pieces, a sign of punctuation kept on the line of the formula before it."""
        sign = ""
        for piece, after in zip(prose, [*prose[1:], ""], strict=True):
            if isinstance(piece, str):
                yield self.plain(piece.removeprefix(sign))
                sign = ""
                continue
            match = re.match(r"[,.:;]", after) if isinstance(after, str) else None
            sign = match[0] if match else ""
            formula = self.formula(piece)
            yield f"<span class='unbroken'>{formula}{sign}</span>" if sign else formula

    def plain(self, text: str) -> str:
        return escape(text)

    def formula(self, formula: Formula) -> str:
        return f"<math>{MATHML.write(formula)}</math>"

    def heading(self, heading: Heading) -> str:
        return f"<h{heading.level}>{self.words(heading.words)}</h{heading.level}>"

    def paragraph(self, paragraph: Paragraph) -> str:
        return f"<p>{super().paragraph(paragraph)}</p>"

    def equations(self, block: Equations) -> str:
        room = WIDTH - max(COLUMNS.width(equation.left) for equation in block.equations)
        rows = "\n".join(row for equation in block.equations for row in _rows(equation, room))
        table = f"<mtable class='aligned' displaystyle='true'>\n{rows}\n</mtable>"
        return f"<div class='formula'><math>{table}</math></div>"

    def table(self, table: Table) -> str:
        header = "".join(f"<th scope='col'>{self.words((cell,))}</th>" for cell in table.header)
        wholes = [max(len(_number(cell)[0]) for cell in column) for column in zip(*table.rows, strict=True)]
        rows = "\n".join(self._row(row, wholes) for row in table.rows)
        head = f"<thead><tr>{header}</tr></thead>"
        return f"<table class='numbers'>\n{head}\n<tbody>\n{rows}\n</tbody>\n</table>"

    def _row(self, row: Sequence[Formula | str], wholes: Sequence[int]) -> str:
        name = TEXT.write(row[0]) if isinstance(row[0], Symbol) else ""
        about = f" data-w='{name}' tabindex='0'" if name[:1] in ("w", "b") else ""
        return f"<tr{about}>{''.join(map(self._cell, row, wholes))}</tr>"

    def _cell(self, cell: Formula | str, whole: int) -> str:
        before, after = _number(cell)
        if not before:
            return f"<td>{self.words((cell,))}</td>"
        aligned = f"<span class='whole' style='min-width: {whole}ch'>{before}</span>"
        return f"<td class='number'>{aligned}{after}</td>"

    def picture(self, picture: Picture) -> str:
        return f"<figure class='drawing'>\n{svg.picture(picture)}\n</figure>"


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


def _rows(equation: Equation, room: int) -> Iterator[str]:
    left = MATHML.write(equation.left)
    for line in lines(equation, room, MATHML, COLUMNS):
        first = "<mspace width='1.2em'/>" if line.goes_on else "<mo>=</mo>"
        yield (
            f"<mtr><mtd style='text-align: right'>{left}</mtd>"
            f"<mtd style='text-align: left'><mrow>{first}{'<mo>=</mo>'.join(line.steps)}</mrow></mtd></mtr>"
        )
        left = ""


def _number(cell: Formula | str) -> tuple[str, str]:
    """What of a number stands before its decimal point, and the rest; nothing of what is no number."""
    if not isinstance(cell, Number):
        return "", ""
    text = TEXT.write(cell)
    whole = re.match(r"[^.e]*", text)
    return (whole[0], text[whole.end() :]) if whole else ("", "")


WRITER = HtmlWriter()
