"""The page as HTML, in one file that needs nothing else, neither script nor fonts from elsewhere.

Formulas are MathML. To hover over a weight, to focus it or to follow its link marks its way to the
error: rules of the style sheet do that, so that it works where scripts do not run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any

from runner.explain.diagram import Picture
from runner.explain.document import (
    Block,
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
from runner.explain.formats import svg
from runner.explain.formats.latex import WIDTH
from runner.explain.notation.mathml import inner, mathml
from runner.explain.notation.names import Math

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


def render(sheet: Sheet) -> str:
    """The whole page."""
    explained = [b.parameter for b in sheet.blocks if isinstance(b, Heading) and b.parameter]
    body = "\n".join([f"<h1>{escape(sheet.title)}</h1>", *_sections(sheet.blocks)])
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>{escape(sheet.title)}</title>\n"
        f"<style>\n{STYLE}{svg.STYLE}\n{''.join(map(_marking, explained))}</style>\n"
        f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


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


def _sections(blocks: Sequence[Block]) -> Iterator[str]:
    """The blocks; those about one parameter together in a section of their own."""
    about: list[str | None] = []
    for block in blocks:
        heading = isinstance(block, Heading)
        about.append(
            block.parameter if isinstance(block, Heading) else about[-1] if about and not heading else None
        )
    for name, group in groupby(zip(about, blocks, strict=True), key=lambda pair: pair[0]):
        inside = "\n".join(_RENDERERS[type(block)](block) for _, block in group)
        if name:
            yield f"<section id='{name}' data-w='{name}' tabindex='0'>\n{inside}\n</section>"
        else:
            yield inside


def words(prose: Prose) -> str:
    return "".join(_unbroken(prose))


def _unbroken(prose: Prose) -> Iterator[str]:
    """The pieces, a sign of punctuation kept on the line of the formula before it."""
    rest = ""
    for piece, after in zip(prose, [*prose[1:], ""], strict=True):
        if isinstance(piece, str):
            yield escape(piece.removeprefix(rest))
            rest = ""
            continue
        follows = re.match(r"[,.:;]", after) if isinstance(after, str) else None
        rest = follows[0] if follows else ""
        formula = mathml(piece.latex)
        yield f"<span class='unbroken'>{formula}{rest}</span>" if rest else formula


def _heading(heading: Heading) -> str:
    return f"<h{heading.level}>{words(heading.words)}</h{heading.level}>"


def _paragraph(paragraph: Paragraph) -> str:
    return f"<p>{words(paragraph.words)}</p>"


def _equations(block: Equations) -> str:
    widest = max(one.left.set_width for one in block.equations)
    rows = "\n".join(
        row for one in block.equations for row in _rows(one, WIDTH - widest + one.left.set_width)
    )
    table = f"<mtable class='aligned' displaystyle='true'>\n{rows}\n</mtable>"
    return f"<div class='formula'><math>{table}</math></div>"


def _rows(one: Equation, width: int) -> Iterator[str]:
    for i, parts in enumerate(broken(one, width, set_width)):
        left = inner(one.left.latex) if i == 0 else ""
        shown = [inner(part.latex) for part in parts if part.text]
        first = "<mspace width='1.2em'/>" if parts[0].text == "" else "<mo>=</mo>"
        right = first + "<mo>=</mo>".join(shown)
        yield (
            f"<mtr><mtd style='text-align: right'>{left}</mtd>"
            f"<mtd style='text-align: left'><mrow>{right}</mrow></mtd></mtr>"
        )


def _table(table: Table) -> str:
    header = "".join(f"<th scope='col'>{words((cell,)) if cell else ''}</th>" for cell in table.header)
    wholes = [max(len(_number(row[i])[0]) for row in table.rows) for i in range(len(table.header))]
    rows = "\n".join(_table_row(row, wholes) for row in table.rows)
    return f"<table class='numbers'>\n<thead><tr>{header}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _table_row(row: Sequence[Math | str], wholes: Sequence[int]) -> str:
    first = row[0].text if isinstance(row[0], Math) else row[0]
    about = f" data-w='{first}' tabindex='0'" if first[:1] in ("w", "b") else ""
    return f"<tr{about}>{''.join(map(_cell, row, wholes))}</tr>"


def _number(cell: Math | str) -> tuple[str, str]:
    """What of a number stands before its decimal point, and the rest; nothing of what is no number."""
    text = cell.text if isinstance(cell, Math) else cell
    if not text.lstrip("−")[:1].isdigit():
        return "", ""
    whole, point, rest = text.partition(".")
    return (whole, point + rest) if point else (text.partition("e")[0], "".join(text.partition("e")[1:]))


def _cell(cell: Math | str, whole: int) -> str:
    before, after = _number(cell)
    if not before:
        return f"<td>{words((cell,)) if cell else ''}</td>"
    return f"<td class='number'><span class='whole' style='min-width: {whole}ch'>{before}</span>{after}</td>"


def _drawing(drawing: Picture) -> str:
    return f"<figure class='drawing'>\n{svg.picture(drawing)}\n</figure>"


_RENDERERS: dict[type, Callable[[Any], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Equations: _equations,
    Table: _table,
    Picture: _drawing,
}
