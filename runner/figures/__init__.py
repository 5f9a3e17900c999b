"""Figures of runs and sweeps: a file or a folder a figure, and only here is matplotlib known.

Each offers ``FIGURE``, a :class:`runner.figures.figure.Figure`: whether it applies, a function
that makes the numbers, one that draws them on given Axes, and one that writes the caption. Drawing
never trains.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.figures.figure import Figure
    from runner.results import Results

#: Every figure, in the order in which a report shows them.
NAMES = (
    "learning_rates",
    "bifurcation",
    "learning_curves",
    "stability",
    "effect",
    "heatmap",
    "trainability",
    "comparison",
    "importance",
    "weight_paths",
    "gradients",
    "network",
    "backprop",
    "decision_boundary",
    "fit",
    "confusion",
    "landscape",
)
#: Those that show the errors of every run of a sweep, from the first on.
OF_ALL_ERRORS = ("learning_rates", "learning_curves")
#: Those that read the history of every run. They are drawn last, in this order: reading takes its time.
OF_ALL_RUNS = ("bifurcation", "trainability", *OF_ALL_ERRORS)
STYLES = ("paper", "slides")
FILM = "gif"
FORMATS = ("png", "pdf", "svg", FILM)


def load(name: str) -> Figure:
    """The figure `name`, imported on first use."""
    return import_module(f"runner.figures.{name}").FIGURE


def draw(source: Any, name: str, *, ax: Any = None, **chosen: Any) -> Any:
    """Draws the figure `name` of a folder or of runs, on `ax` if given: see :mod:`runner.figures.on_axes`."""
    from runner.figures import on_axes

    return on_axes.draw(source, name, ax=ax, **chosen)


def read_ahead(
    results: Results, only: Sequence[str] = (), metric: str | None = None, level: float | None = None
) -> None:
    """Begins to read what the figures in `only` (or all) wait for longest, beside what else is done.

    Not where they are shared out among processes: nobody forks beside a thread.
    """
    from runner.figures.sharing import processes

    if processes(results, only) > 1:
        return
    if results.is_sweep and not results.sources and set(only or NAMES).intersection(OF_ALL_ERRORS):
        results.read_ahead(results.metric(metric), level)
