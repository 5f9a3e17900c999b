"""A page in HTML, in Markdown and in LaTeX: what the templates ask of values, which they escape."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from runner import escaping
from runner.figures.drawing import Rendered
from runner.report.page import Page, title_of
from runner.report.tables import MOST_ROWS, Table

if TYPE_CHECKING:
    import pandas as pd

#: What a template may ask of a value, by name.
Filters: TypeAlias = dict[str, Callable[..., Any]]
MOST_TEX_ROWS = 40
NARROW = 5.0  # inches: a figure that a telephone can show whole
LONG = 24  # letters of a cell that may be broken anywhere on paper
LETTER = 0.64  # the width of a letter, in heights
UPRIGHT = 70  # heights of a letter: the width of a table that an upright sheet of paper holds
#: The page asks nobody for anything, and runs no script but its own.
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '{}'; "
    "base-uri 'none'; form-action 'none'"
)
#: The scripts that draw, in their order.
LIVE = (
    "vendor/uPlot.iife.min.js",
    *(f"scripts/{name}.js" for name in ("charts", "plots", "curves", "linked", "parallel", "frames")),
)
MANY = 200  # rows of a table that is laid out only where it is seen
HEAVY = 400_000  # bytes of an SVG, beyond which the page takes the PNG


def html(page: Page) -> str:
    """The page whole in itself: style sheet, scripts, their numbers and pictures stand in it."""
    asks: Filters = {"cell": cell, "exact": repr, "breakable": breakable, "ems": ems, "source": source}
    asks |= {"title": title_of, "rendered": rendered, "data": data}
    values: dict[str, Any] = {
        "NARROW": NARROW,
        "LONG": LONG,
        "UPRIGHT": UPRIGHT,
        "MANY": MANY,
        "MOST_ROWS": MOST_ROWS,
    }
    script = scripts(page)
    policy = Markup(POLICY.format(digest(script)))
    values |= {"script": script, "policy": policy, "sheet": style_sheet(page)}
    return _filled("report.html.j2", escaping.html, asks, page=page, **values)


def markdown(page: Page, folder: Path) -> str:
    """The page in `folder`, with links to its pictures; the best setting in bold."""
    asks: Filters = {"cell": cell, "fenced": _fenced, "link": partial(_link, folder=folder)}
    asks |= {"title": title_of, "as_it_is": Markup}
    return _filled("report.md.j2", escaping.markdown, asks, page=page, MOST_ROWS=MOST_ROWS)


def latex(page: Page) -> str:
    """The table of settings in LaTeX (booktabs), no wider than the page; the best, where there are more."""
    table = page.settings.most(MOST_TEX_ROWS)
    notes = [
        page.sentence,
        "The best setting is bold",
        "numbers are medians over seeds" if page.has_medians else "",
    ]
    said = "; ".join(filter(None, [*notes[1:], table.note]))
    caption = Markup(escaping.latex(f"{page.sentence} {said}."))
    return _filled("results.tex.j2", escaping.latex, caption=caption, table=Markup(_booktabs(table).strip()))


def csv(page: Page) -> str:
    """The table of settings, whole, its numbers as they are."""
    return page.settings.rows.to_csv(index=False, lineterminator="\n")


def rendered(notes: str) -> Markup:
    """The user's Markdown as HTML: what looks like HTML is text, and there are no pictures."""
    from markdown_it import MarkdownIt

    return Markup(MarkdownIt("commonmark", {"html": False}).enable("table").disable("image").render(notes))


def data(values: Any) -> Markup:
    """Values as JSON that stands in a page: nothing in it can end the element that it is in."""
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def scripts(page: Page) -> Markup:
    """What the page runs, in one element: the tables' and, where there are numbers, uPlot and its charts'."""
    here = Path(__file__).parent
    names = ["scripts/tables.js", *(LIVE if page.live else [])]
    paths = [here / name for name in names]
    return Markup("\n".join(path.read_text(encoding="utf-8").strip() for path in paths))


def style_sheet(page: Page) -> Markup:
    """The page's style sheet, after uPlot's where that is there."""
    here = Path(__file__).parent
    paths = [*([here / "vendor/uPlot.min.css"] if page.live else []), here / "templates/style.css"]
    return Markup("\n".join(path.read_text(encoding="utf-8").strip() for path in paths))


def digest(script: str) -> str:
    """What a Content-Security-Policy calls a script by."""
    return "sha256-" + b64encode(sha256(f"\n{script}\n".encode()).digest()).decode()


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

    bold = [line.is_best for line in table.lines()]
    columns = {place: _tex_column(values, bold) for place, (_, values) in enumerate(table.rows.items())}
    names = [escaping.latex(name.split(".")[-1].replace("_", " ")) for name in table.names]
    sides = "".join("r" if kind.kind in "fiu" else "l" for kind in table.rows.dtypes)
    tabular = pd.DataFrame(columns).set_axis(names, axis=1).style.hide()
    return tabular.to_latex(column_format=sides, hrules=True)


def _tex_column(values: pd.Series[Any], bold: Sequence[bool]) -> list[str]:
    """The cells of a column; what a number lacks behind its point, against the others, is there unseen."""
    if values.dtype.kind != "f":
        texts = [escaping.latex(cell(value)) or "--" for value in values]
        return [rf"\textbf{{{text}}}" if strong else text for text, strong in zip(texts, bold, strict=True)]
    written = "{:.3e}" if any("e" in f"{value:.4g}" for value in values) else "{:.4g}"
    numbers = [_parts(written.format(value)) for value in values]
    longest = (max((part[place] for part in numbers), key=len, default="") for place in (1, 2))
    fraction, power = longest
    return [_tex_number(n, fraction, power, strong) for n, strong in zip(numbers, bold, strict=True)]


def _parts(number: str) -> tuple[str, str, str]:
    """What stands before a number's decimal point, from there on, and its power of ten."""
    mantissa, _, exponent = number.replace("nan", "--").partition("e")
    whole, point, digits = mantissa.partition(".")
    return re.sub(r"^-(?=\d)", "$-$", whole), point + digits, str(int(exponent)) if exponent else ""


def _tex_number(number: tuple[str, str, str], fraction: str, power: str, bold: bool) -> str:
    """A cell whose decimal point stands where those of its column do, whose longest parts are given."""
    whole, digits, exponent = number
    text = rf"\textbf{{{whole}{digits}}}" if bold else whole + digits
    if lacking := fraction[len(digits) :]:
        text += rf"\phantom{{{lacking}}}"
    if exponent:
        unseen = rf"\phantom{{{power[len(exponent) :]}}}"
        text += rf"${{}} \times 10^{{{exponent}{unseen}}}$".replace(r"\phantom{}", "")
    elif power:
        text += rf"\phantom{{${{}} \times 10^{{{power}}}$}}"
    return text
