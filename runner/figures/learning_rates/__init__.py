"""Final error, and how soon the error stays small, against the learning rate.

In the manner of Wortsman et al. 2023 (arXiv 2309.14322, figures 1 to 3). Here are the numbers;
``quality`` draws the left panel, ``steps`` the right one, ``caption`` has the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.figure import (
    DOUBLE,
    HUGE,
    Figure,
    Layout,
    Options,
    losses_of,
    needs_best,
    rounded,
)
from runner.figures.learning_rates.caption import caption
from runner.figures.learning_rates.lines import BANDED, SEEDS, STEPS, few
from runner.figures.learning_rates.quality import draw_quality, drawn_of, limit_within
from runner.figures.learning_rates.steps import draw_steps, has_steps
from runner.figures.style.axes import rate_axis
from runner.figures.style.encoding import Looks
from runner.figures.style.labels import label
from runner.figures.style.lost import rate_limits
from runner.figures.style.panels import Grid, panel_keys, same_heights, share
from runner.records.histories import Errors, NotShownError
from runner.results import Results
from runner.results.levels import Level
from runner.results.ranking import LOST, median
from runner.results.rates import RATE, SENSITIVITY, initial, rate_table, settings_along
from runner.training.endings import DIVERGED, IRREGULAR, OFF_SCALE, OSCILLATING

LATE = 0.1  # of the epochs
#: How runs end that will never settle; those that blew up are counted apart.
UNSETTLED = (OSCILLATING, IRREGULAR, DIVERGED)


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a learning rate and setting: medians over seeds, with bands.

    A run that diverged or blew up counts as infinitely bad; where the median is, the cell is empty. `best`
    marks the row of the best setting; the steps are those until the metric stays at the level that counts
    as learnt. What is said of a line (its LR sensitivity) stands on each of its rows.
    """
    runs, metric = results.finished, results.metric(options.metric)
    settings, along = settings_along(results)
    by = [runs[key] for key in [*settings, RATE]]
    origin = Level(options.threshold, "--threshold") if options.threshold else results.level(metric)
    soon = _soon(results, results.curves(metric, options.threshold))
    columns = [
        _quartiles(by, results.quality(metric), (metric, "low", "high")),
        _quartiles(by, soon, (STEPS, "steps_low", "steps_high")),
        *(
            _seeds(by, values, name)
            for values, name in zip((results.quality(metric), soon), SEEDS, strict=True)
        ),
        runs["run"].groupby(by).size().rename("runs"),
        initial(results, metric).groupby(by).median().rename("initial"),
        *(ended.groupby(by).sum().rename(name) for name, ended in _ends(results).items()),
        runs["run"].groupby(by).min().rename("first_run"),
    ]
    table = pd.concat(columns, axis=1).reset_index()
    if table[metric].isna().all():
        raise NotShownError(f"at least half of the runs at every rate diverged, blew up or have no {metric}")
    best = results.ranking(metric).settings[0]
    table["best"] = table["first_run"] == results.runs.at[min(best.runs), "run"]
    lines = rate_table(results, metric)
    table = table.merge(lines[[*settings, SENSITIVITY]], how="left" if settings else "cross")
    said: dict[Any, Any] = {
        "keys": panel_keys(results, options, settings),
        "settings": settings,
        "along": along,
    }
    said |= {"near": _near(table, lines, settings), "limit": _limit(results, best.middle), "level": origin}
    table.attrs = _said(results, metric) | said
    return table


def _said(results: Results, metric: str) -> dict[Any, Any]:
    """What the picture and its caption have to know of the sweep as a whole."""
    return {
        "metric": metric,
        "unit": results.unit,
        "verdict": results.verdict(metric),
        "top": OFF_SCALE * median(results.finished["initial_error"]),
        "losses": losses_of(results),
    }


def _soon(results: Results, curves: Errors) -> pd.Series[float]:
    """From when on each run is at the level, infinity where it was lost.

    So is that of a run that swings or wanders and came there late: it is low at the end, but not for long.
    """
    late = curves.reached > (1 - LATE) * curves.counts[-1]
    astray = results.lost | (results.finished["ending"].isin([OSCILLATING, IRREGULAR]) & late)
    return pd.Series(np.where(astray, np.inf, curves.reached), results.finished.index)


def _quartiles(
    by: list[pd.Series[Any]], values: pd.Series[float], names: tuple[str, str, str]
) -> pd.DataFrame:
    """Median and quartiles of each group under `names`; NaN where they are infinite."""
    finite = values.clip(-HUGE, HUGE)  # infinities cannot be interpolated
    quartiles = finite.groupby(by, sort=True).quantile(np.array([0.5, 0.25, 0.75])).unstack()
    return quartiles.where(quartiles.abs() < HUGE / 1e6).set_axis(list(names), axis=1)


def _seeds(by: list[pd.Series[Any]], values: pd.Series[float], prefix: str) -> pd.DataFrame:
    """The value of each seed of the groups, in their order, a column each; none where one has no or many."""
    groups = values.groupby(by, sort=True)
    if not 1 < groups.size().max() < BANDED:
        return pd.DataFrame(index=groups.size().index)
    numbered = values.where(np.isfinite(values)).groupby([*by, groups.cumcount() + 1]).first().unstack()
    return numbered.add_prefix(prefix)


def _ends(results: Results) -> dict[str, pd.Series[bool]]:
    """Which of the finished runs ended how, by the column that counts them."""
    outcomes = results.outcomes[results.finished.index]
    ends = {end.replace(" ", "_"): outcomes == end for end in LOST}
    return ends | {"unsettled": results.finished["ending"].isin(UNSETTLED) & ~results.lost}


def _near(table: pd.DataFrame, lines: pd.DataFrame, settings: Sequence[str]) -> tuple[float, float]:
    """The rates around the best setting's between which its line is as good."""
    best = table[table["best"]]
    line = lines.merge(best[list(settings)]) if settings else lines
    return float(line["near_from"].iloc[0]), float(line["near_to"].iloc[0])


def _limit(results: Results, run: int) -> float | None:
    """The largest stable rate at the end of `run`, where curvature was logged and there is one."""
    limits = results.runs.get("stability_limit")
    limit = np.nan if limits is None else float(limits[run])
    return limit if np.isfinite(limit) and limit > 0 else None


def draw(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    """Panels over the rates: the metric, and beside or below it the steps until it stays good."""
    keys, drawn = table.attrs["keys"], drawn_of(table)
    looks, grid = Looks.of(table, keys), Grid.of(table, keys)
    upper, lower = _arranged(axes, grid)
    for ax, part in zip(upper, grid.parts(drawn), strict=True):
        draw_quality(ax, part, looks, drawn)
    for ax, part in zip(lower, grid.parts(table), strict=False):
        draw_steps(ax, part, looks, table)
    for panels in filter(None, (upper, lower)):
        same_heights(panels)
    for ax in axes:
        rate_axis(ax, np.unique(table[RATE]).tolist(), *rate_limits(table))
        ax.set_xlabel(label(RATE))
    if len(grid) > 1:
        grid.finish(upper)
        _share(upper, lower, side_by_side=grid.shape[0] == 1)
    looks.explain(axes, marked=few(table), notes=_sensitivities(axes[0], table))


def _arranged(axes: Sequence[Axes], grid: Grid) -> tuple[Sequence[Axes], Sequence[Axes]]:
    """The panels of the metric, and those of the steps to their right, or below where they are abreast."""
    if len(axes) == len(grid):
        return axes, []
    return (axes[: len(grid)], axes[len(grid) :]) if grid.shape[0] == 1 else (axes[::2], axes[1::2])


def _share(upper: Sequence[Axes], lower: Sequence[Axes], side_by_side: bool) -> None:
    """Leaves out labels that the panels of the steps say, too."""
    for at, ax in enumerate(lower):
        share(ax, left=not side_by_side or at == 0, below=side_by_side or at == len(lower) - 1)
        for word in ax.texts if side_by_side and at else []:
            word.set_visible(word.get_gid() != "never named")
    for at, ax in enumerate(upper if lower and side_by_side else []):
        share(ax, left=at == 0, below=False)


def _sensitivities(ax: Axes, table: pd.DataFrame) -> tuple[str, dict[Any, str]]:
    """LR sensitivity for the legend, where each of its names is a line; of a line alone, above the panel."""
    keys, settings = table.attrs["keys"], table.attrs["settings"]
    if not settings:
        if np.isfinite(value := table[SENSITIVITY].iloc[0]):
            limit = limit_within(ax, table) or np.inf  # whose name stands there, too
            side: dict[str, Any] = {"loc": "right" if limit**2 < np.prod(ax.get_xlim()) else "left"}
            ax.set_title(f"LR sensitivity {rounded(value)}", fontsize="small", pad=3, **side)
        return "", {}
    if settings != [keys.color]:
        return "", {}
    values = table.drop_duplicates(keys.color).set_index(keys.color)[SENSITIVITY].dropna()
    return " (LR sensitivity)", {key: f" ({rounded(value)})" for key, value in values.items()}


def _applies(results: Results, options: Options) -> str | None:
    if RATE not in results.swept:
        return "the learning rate was not swept"
    if reason := needs_best(results, options):
        return reason
    if results.finished[RATE].nunique() < 2:
        return "runs of one learning rate only have a result"
    return None


def _layout(table: pd.DataFrame) -> Layout:
    grid = Grid.of(table, table.attrs["keys"])
    down, across = grid.shape
    alone = grid.layout(0.8 if table.attrs["keys"].color else 0.7)
    if not has_steps(table):
        return alone
    if across == 1:
        return Layout(down, 2, DOUBLE, alone.aspect)
    return replace(alone, rows=2, panels=2 * len(grid))


FIGURE = Figure(
    _applies,
    numbers,
    draw,
    caption,
    _layout,
    follows=("metric", "color", "col", "row", "threshold", "xlim", "ylim"),
)
