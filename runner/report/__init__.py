"""One page of a run's or a sweep's folder, as HTML, Markdown and a LaTeX table.

``report.html`` needs neither network nor script: the images stand in it. Where scripts are on, curves are
drawn by them, tables can be sorted and filtered. Whatever comes from configurations or files is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import RunnerError
from runner.figures import NAMES, read_ahead
from runner.files import kept, refuse_links

if TYPE_CHECKING:
    from runner.figures.figure import Options
    from runner.figures.options import Look
    from runner.report.page import Page

PICTURES = "report"  # the folder beside the page, of pictures that are its own
FORMATS = ("png", "pdf", "svg")
PAGES = ("report.html", "report.md", "results.tex", "settings.csv")
NOTES = "notes.md"  # the user's own, beside the page or in the folder: stands on top of it


def write_report(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    only: Sequence[str] = (),
    look: Look | None = None,
    options: Options | None = None,
) -> Page:
    """Writes ``report.html``, ``.md``, ``results.tex`` and ``settings.csv`` into `out` (the folder itself).

    Its pictures go into a folder of their own there, PICTURES, which no other command writes into.
    Raises RunnerError for what is no result.
    """
    from runner.results import Results

    results = Results(folder)
    metric = results.metric(options.metric if options else None)
    read_ahead(results, only, metric, options.threshold if options else None)  # while matplotlib is imported
    from runner.commands import write_named
    from runner.figures.drawing import draw_figures
    from runner.report.markup import csv, html, latex, markdown
    from runner.report.naming import Called
    from runner.report.page import gather

    target = results.folder if out is None else Path(out)
    pictures = target / PICTURES
    if out is None:
        refuse_links(target, pictures, *(target / name for name in PAGES))
    drawn = draw_figures(results, pictures, only=only, formats=FORMATS, look=look, options=options)
    figures = sorted(drawn, key=lambda figure: NAMES.index(figure.name))
    called = Called(look.labels if look else {})
    page = gather(results, metric, figures, options, _notes(target, results.folder), called)
    target.mkdir(parents=True, exist_ok=True)
    texts = (html(page), markdown(page, target), latex(page), csv(page))
    for name, text in zip(PAGES, texts, strict=True):
        write_named(target / name, text.encode(errors="backslashreplace"))
    return page


def _notes(*folders: Path) -> str:
    """The user's notes, in the first of `folders` that has any. Raises RunnerError for what is no text."""
    for path in (folder / NOTES for folder in folders):
        if path.is_file():
            try:
                return kept(path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise RunnerError(f"{path}: is not text in UTF-8: {error}") from None
    return ""
