"""One page of a run's or a sweep's folder, as HTML, Markdown and a LaTeX table.

``report.html`` needs neither network nor script: the images stand in it; where scripts are on, its
table can be sorted. Whatever comes from configurations or files is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner.commands import write_named
from runner.figures import FORMATS, NAMES, read_ahead

if TYPE_CHECKING:
    from runner.figures.figure import Options
    from runner.figures.options import Look
    from runner.report.page import Page

PICTURES = "report"  # the folder beside the page, of pictures that are its own


def write_report(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    only: Sequence[str] = (),
    look: Look | None = None,
    options: Options | None = None,
) -> Page:
    """Writes ``report.html``, ``report.md`` and ``results.tex`` into `out` (the folder itself).

    Its pictures go into a folder of their own there, PICTURES, which no other command writes into.
    Raises RunnerError for what is no result.
    """
    from runner.results import Results

    results = Results(folder)
    metric = results.metric(options.metric if options else None)
    read_ahead(results, only, metric, options.threshold if options else None)  # while matplotlib is imported
    from runner.figures.drawing import draw_figures
    from runner.report.markup import html, latex, markdown
    from runner.report.page import gather

    target = results.folder if out is None else Path(out)
    pictures = target / PICTURES
    drawn = draw_figures(results, pictures, only=only, formats=FORMATS, look=look, options=options)
    page = gather(results, metric, sorted(drawn, key=lambda figure: NAMES.index(figure.name)))
    target.mkdir(parents=True, exist_ok=True)
    texts = {"report.html": html(page), "report.md": markdown(page, target), "results.tex": latex(page)}
    for name, text in texts.items():
        write_named(target / name, text.encode())
    return page
