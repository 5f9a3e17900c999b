"""A page in HTML, in Markdown and in LaTeX: what the templates ask of values, which they escape."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from runner import escaping
from runner.figures.drawing import Rendered
from runner.report.page import Page, Table

#: What a template may ask of a value, by name.
Filters: TypeAlias = dict[str, Callable[..., Any]]
MOST_TEX_ROWS = 40
NARROW = 5.0  # inches: a figure that a telephone can show whole
LONG = 24  # letters of a cell that may be broken anywhere on paper
LETTER = 0.64  # the width of a letter, in heights
UPRIGHT = 70  # heights of a letter: the width of a table that an upright sheet of paper holds
HEAVY = 400_000  # bytes of an SVG, beyond which the page takes the PNG


def html(page: Page) -> str:
    """The page whole in itself: style sheet, script and pictures stand in it."""
    asks: Filters = {"cell": cell, "exact": repr, "breakable": breakable, "ems": ems, "source": source}
    limits = {"NARROW": NARROW, "LONG": LONG, "UPRIGHT": UPRIGHT}
    return _filled("report.html.j2", escaping.html, asks, page=page, **limits)


def markdown(page: Page, folder: Path) -> str:
    """The page in `folder`, with links to its pictures; the best setting in bold."""
    asks: Filters = {"cell": cell, "fenced": _fenced, "link": partial(_link, folder=folder)}
    return _filled("report.md.j2", escaping.markdown, asks, page=page)


def latex(page: Page) -> str:
    """The table of results in LaTeX (booktabs), no wider than the page; the best, where there are more."""
    table = page.summary.most(MOST_TEX_ROWS)
    notes = ["bold: the best setting", "medians over seeds" if page.has_medians else "", table.note]
    said, booktabs = "; ".join(filter(None, notes)), Markup(_booktabs(table).strip())
    return _filled("results.tex.j2", escaping.latex, notes=said, table=booktabs)


def _filled(name: str, escape: Callable[[str], str], filters: Filters | None = None, **values: Any) -> str:
    """A template with `values`, each through `escape` unless it is Markup already."""

    def escaped(value: Any) -> Markup:
        return value if isinstance(value, Markup) else Markup(escape(str(value)))

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        finalize=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= filters or {}
    return environment.get_template(name).render(values)


def cell(value: Any) -> str:
    """A value of a table as a reader sees it: nothing for what is missing."""
    if value is None or value != value:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def breakable(name: str) -> Markup:
    """A column's name, which may go on in the next line after a dot or an underscore."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", escaping.html(name)))


def ems(table: Table) -> float:
    """The width of a table that is as narrow as its longest words let it be, in heights of its letters."""
    width = 0.0
    for name, values in table.rows.items():
        words = [*re.split(r"(?<=[._])", str(name)), *(cell(value)[:LONG] for value in values)]
        width += LETTER * max(map(len, words)) + 2 * 0.3  # with the space around it
    return width


def source(figure: Rendered) -> str:
    """A picture's content as a URL: the SVG, or the PNG where that is heavy."""
    by_kind = {path.suffix: path for path in figure.paths}
    chosen = by_kind[".svg"] if by_kind[".svg"].stat().st_size <= HEAVY else by_kind[".png"]
    kind = "svg+xml" if chosen.suffix == ".svg" else "png"
    return f"data:image/{kind};base64,{b64encode(chosen.read_bytes()).decode()}"


def _link(figure: Rendered, folder: Path) -> Markup:
    path = next(path for path in figure.paths if path.suffix == ".png")
    return Markup(path.relative_to(folder).as_posix())


def _fenced(text: str) -> Markup:
    """A block of code, fenced by more backticks than stand in it."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`+", text))])
    return Markup(f"{fence}\n{text.rstrip()}\n{fence}")


def _booktabs(table: Table) -> str:
    import pandas as pd

    rows = [[_tex_value(value, line.is_best) for value in line.values] for line in table.lines()]
    names = [escaping.latex(name.split(".")[-1].replace("_", " ")) for name in table.names]
    sides = "".join("r" if kind.kind in "fiu" else "l" for kind in table.rows.dtypes)
    return pd.DataFrame(rows, columns=names).style.hide().to_latex(column_format=sides, hrules=True)


def _tex_value(value: Any, bold: bool) -> str:
    text = "--" if cell(value) == "" else f"{value:.4g}" if isinstance(value, float) else cell(value)
    if power := re.fullmatch(r"(-?[\d.]+)e([+-]\d+)", text):
        formula = rf"${power[1]} \times 10^{{{int(power[2])}}}$"
        return rf"\boldmath{formula}" if bold else formula
    return rf"\textbf{{{escaping.latex(text)}}}" if bold else escaping.latex(text)
