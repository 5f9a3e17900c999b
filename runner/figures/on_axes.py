"""A figure on Axes of one's own, of a folder or of runs in memory: no file is written, no pyplot touched."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from runner.errors import RunnerError, about, did_you_mean
from runner.figures import NAMES, load
from runner.figures.drawing import draw_moment, numbers_of, paint
from runner.figures.figure import Layout, check_labels, check_options, note_of
from runner.figures.options import CHOICES, LIMITS, Look, checked, look_in, options_in
from runner.figures.style.labels import LABELS, called
from runner.figures.style.sheets import in_force
from runner.records.histories import NotShownError
from runner.results import Results

#: How figures may look, beside what they show.
LOOKS = ("style", "width", "labels")


def draw(source: Any, name: str, *, ax: Any = None, **chosen: Any) -> Any:
    """Draws the figure `name` of `source`: a folder, several, a run, or the runs of a sweep in memory.

    On `ax` (Axes, as many as it has panels, or a figure or subfigure to put them into) it is drawn in the
    style in force, and that or these Axes are returned; without, a matplotlib figure in the style of
    ``backprop-figures``, which is none of pyplot's: a notebook shows it once. `chosen` are the options of
    the command: ``metric="test_error"``, ``epochs=[0, 3]``, ``ylim=(0, 1)``, ``style="slides"``.
    Raises RunnerError for others, and where the figure does not apply.
    """
    checked("name", [name], NAMES)
    with _speaking_python(), _results(source) as results:
        look, options = _look(chosen), options_in(_arguments(chosen))
        check_options(results, options)
        check_labels(results, look, LABELS)
        figure = load(name)
        try:
            table = numbers_of(results, figure, options)
        except NotShownError as error:
            raise about(name, error) from None
        with _style(ax, chosen, look):
            if ax is None:
                picture = paint(figure, table, look.width, options.ends)
                picture.caption = figure.caption(table) + note_of(results)
                return picture
            axes = _axes(ax, name, figure.layout(table))
            figure.draw(axes, table)
            draw_moment(figure, axes, table, options.ends)
    return axes[0] if isinstance(ax, Axes) else axes


def _style(ax: Any, chosen: Mapping[str, Any], look: Look) -> AbstractContextManager[object]:
    """That of the command for a figure of its own; that in force for Axes, unless one is asked for."""
    if ax is None or "style" in chosen:
        return in_force(look)
    return called(look.labels)


def _axes(ax: Any, name: str, layout: Layout) -> list[Axes]:
    """The Axes to draw on. Raises RunnerError where they are not as many as the figure has panels."""
    count = layout.panels or layout.rows * layout.columns
    if isinstance(ax, FigureBase):
        grid = list(np.ravel(ax.subplots(layout.rows, layout.columns)))
        for spare in grid[count:]:
            spare.remove()
        return grid[:count]
    axes = list(np.ravel(np.array(ax, dtype=object)))
    if len(axes) != count or not all(isinstance(one, Axes) for one in axes):
        needs = f"{count} Axes" if count > 1 else "one Axes"
        ways = f"figure.subplots({layout.rows}, {layout.columns}), or a figure or subfigure of its own"
        raise RunnerError(f"ax: {name} needs {needs} here, and {len(axes)} came: {ways}")
    return axes


def _arguments(chosen: Mapping[str, Any]) -> Namespace:
    """The choices as the command line has them. Raises RunnerError for one that there is not."""
    known = [*CHOICES, *LIMITS, *LOOKS]
    if unknown := [key for key in chosen if key not in known]:
        nearest = did_you_mean(unknown[0], known)
        raise RunnerError(f"unknown key {unknown[0]}{nearest}; figures have {', '.join(known)}")
    texts = {key: _text(value) for key, value in chosen.items() if key not in LOOKS}
    return Namespace(**dict.fromkeys([*CHOICES, *LIMITS]) | texts)


def _look(chosen: Mapping[str, Any]) -> Look:
    labels = [f"{key}={text}" for key, text in (chosen.get("labels") or {}).items()]
    style, width = chosen.get("style", Look.style), chosen.get("width")
    return look_in(Namespace(style=style, width=None if width is None else str(width), labels=labels))


def _text(value: Any) -> str | None:
    if isinstance(value, np.ndarray | Sequence) and not isinstance(value, str):
        return ",".join(map(str, value))
    return None if value is None else str(value)


@contextmanager
def _speaking_python() -> Iterator[None]:
    """The options of the command are keywords here, in messages too."""
    try:
        yield
    except RunnerError as error:
        text = re.sub(r"--(\w+) (?!and\b)(?=\S)", r"\1=", str(error))
        raise RunnerError(re.sub(r"--(\w+)", r"\1", text)) from None


@contextmanager
def _results(source: Any) -> Iterator[Results]:
    """The runs of a folder, of several, or of those in memory, which are in a folder for as long."""
    from runner.api.run import Run
    from runner.api.saving import save
    from runner.api.sweep import Sweep

    if isinstance(source, str | PathLike):
        yield Results(Path(source))
        return
    if isinstance(source, Run):
        with TemporaryDirectory() as folder:
            save(source, path := Path(folder, "run"))
            yield Results(path)
        return
    runs = list(source)
    if not all(isinstance(run, Run) for run in runs):
        from runner.results.several import Several

        yield Several([str(folder) for folder in runs])
        return
    with TemporaryDirectory() as folder:
        yield Results(Sweep(runs).save(folder))
