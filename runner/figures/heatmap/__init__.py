"""A metric over two swept keys, a cell a pair of values; a panel for each value of others.

Here are the numbers and the words; ``picture`` draws them. Accuracies stay accuracies, however near 1, where
lines would be drawn as error rates: in cells numbers are read, and lightness needs no axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import matplotlib as mpl
import pandas as pd

from runner.figures.figure import (
    DOUBLE,
    HUGE,
    PAGE,
    Figure,
    Layout,
    Options,
    losses_of,
    needs_best,
    spread_of,
    star,
)
from runner.figures.heatmap.picture import MOST_NUMBERED, draw, has_room
from runner.figures.style.encoding import Keys
from runner.figures.style.labels import spoken
from runner.figures.style.panels import Grid, few_valued
from runner.figures.trajectories import is_weight
from runner.records.histories import NotShownError
from runner.records.names import higher_is_better, starting, words_of
from runner.results import Results
from runner.results.ranking import LOST, median
from runner.results.rates import RATE
from runner.training.endings import OFF_SCALE, ROUNDING

ASPECT = 0.74  # of a panel


def _plane(results: Results, options: Options) -> tuple[str, str]:
    """The keys across and upwards: as asked for, else the rate and the first that were swept; "" for none."""
    asked, panels = [options.x, options.y], [options.col, options.row]
    left = [key for key in results.keys if key not in [*asked, *panels]]
    rest = iter(sorted(left, key=lambda key: key != RATE))
    x, y = (key or next(rest, "") for key in asked)
    return x, y


def _panels(results: Results, options: Options, plane: Sequence[str]) -> Keys:
    """The keys of panels: as asked for, else of the others those that have few values, words first."""
    rest = [key for key in results.keys if key not in plane]
    if options.col or options.row:
        col, row = (key if key in rest else None for key in (options.col, options.row))
    else:
        few = few_valued(results.runs, rest)[:2]
        few.sort(key=lambda key: -results.runs[key].nunique())
        col, row, *_ = [*few, None, None]
    return Keys(None, rest=tuple(key for key in rest if key not in (col, row)), col=col, row=row)


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a cell: the median of the metric over its finished runs, and how its runs ended.

    A run that diverged or blew up counts as infinitely bad: a cell of which at least half of the runs did
    has no metric. `best` marks the cell of the best setting.
    """
    plane = _plane(results, options)
    roles = _panels(results, options, plane)
    keys = [*plane, *(key for key in (roles.col, roles.row) if key)]
    runs, metric = results.runs, results.metric(options.metric)
    quality, best = results.quality(metric), results.best(metric)
    rows = []
    for values, group in runs.groupby([runs[key].astype(object) for key in keys], sort=True):
        states = results.outcomes[group.index].value_counts()
        middle = median(quality.reindex(group.index).dropna().tolist())
        ends = (int(states.get(outcome, 0)) for outcome in ("completed", *LOST))
        rows.append((*values, middle, len(group), *ends, best in group.index))
    table = pd.DataFrame(rows, columns=[*keys, metric, "runs", "completed", "diverged", "blown_up", "best"])
    table[metric] = table[metric].where(table[metric].abs() < HUGE / 1e6)
    if table[metric].isna().all():
        raise NotShownError(f"at least half of the runs of every cell diverged, blew up or have no {metric}")
    table.attrs = {
        "plane": plane,
        "keys": roles,
        "metric": metric,
        "over": [key for key in results.swept if key not in keys],
        "verdict": results.verdict(metric),
        "top": OFF_SCALE * median(results.finished["initial_error"]),
        "losses": losses_of(results),
    }
    return table


def _caption(table: pd.DataFrame) -> str:
    (x, y), roles, metric, over = (table.attrs[name] for name in ("plane", "keys", "metric", "over"))
    panels = [key for key in (roles.col, roles.row) if key]
    text = f"{starting(words_of(metric))} over {spoken(x)} and {spoken(y)}"
    text += f", a panel for each value of {' and '.join(map(spoken, panels))}" if panels else ""
    if (table["runs"] > 1).any():
        text += (
            f"; each cell the median of {spread_of(table['runs'])} runs (over {', '.join(map(spoken, over))})"
        )
    text += star(table.attrs["verdict"])
    if not higher_is_better(metric) and (table[metric] < ROUNDING).any():
        text += f". Errors below {ROUNDING:g} are round-off, and drawn as equal"
    missing = table[table[metric].isna()]
    lost = missing["diverged"] + missing["blown_up"]
    if table.attrs["losses"]:
        text += f". {table.attrs['losses']}"
    if lost.any():
        text += "; hatched cells: at least half of the runs did"
    if (lost == 0).any():
        text += ". White cells with a dot: no result"
    absent = prod(table[[x, y, *panels]].nunique()) - len(table)
    if absent:
        text += f". White cells with a dash: {absent} combinations that were not in the sweep"
    return text + "."


def _applies(results: Results, options: Options) -> str | None:
    if not results.is_sweep:
        return "it needs a sweep over two keys, and this is one run"
    for option, key in (("--x", options.x), ("--y", options.y)):
        if key and is_weight(key) and key not in results.swept:
            return f"{option} {key} is a weight, not a swept key"
    if not all(_plane(results, options)):
        panels = {options.col, options.row}.intersection(results.keys)
        besides = "the seed and those of panels" if panels else "the seed"
        return f"it needs two swept keys besides {besides}, and there is {len(results.keys) - len(panels)}"
    return needs_best(results, options)


def _layout(table: pd.DataFrame) -> Layout:
    """One panel is as wide as the page where only so its numbers have room."""
    width = float(mpl.rcParams["figure.figsize"][0])
    if len(grid := Grid.of(table, table.attrs["keys"])) > 1 or len(table) > MOST_NUMBERED:
        return grid.layout(ASPECT)
    wide = not has_room(table, width) and has_room(table, PAGE)
    return Layout(columns_wide=DOUBLE, aspect=ASPECT / 2) if wide else Layout(aspect=ASPECT)


FIGURE = Figure(_applies, numbers, draw, _caption, _layout, follows=("metric", "x", "y", "col", "row"))
