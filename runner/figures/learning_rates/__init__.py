"""Final error, and how soon the error stays small, against the learning rate.

In the manner of Wortsman et al. 2023 (arXiv 2309.14322, figures 1 to 3). Here are the numbers;
``quality`` draws the left panel, ``steps`` the right one, ``caption`` has the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from runner.figures.figure import (
    DOUBLE,
    HUGE,
    SINGLE,
    Figure,
    Layout,
    Options,
    losses_of,
    needs_best,
    rounded,
)
from runner.figures.learning_rates.caption import caption
from runner.figures.learning_rates.lines import STEPS, few
from runner.figures.learning_rates.quality import draw_quality, limit_within
from runner.figures.learning_rates.steps import draw_steps, has_steps
from runner.figures.style.encoding import Keys, Looks
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
        "keys": Keys.of(runs, settings, options.color),
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

    So is that of an irregular run that came there late: it is low at the end, but not for long.
    """
    late = curves.reached > (1 - LATE) * curves.counts[-1]
    astray = results.lost | ((results.finished["ending"] == IRREGULAR) & late)
    return pd.Series(np.where(astray, np.inf, curves.reached), results.finished.index)


def _quartiles(
    by: list[pd.Series[Any]], values: pd.Series[float], names: tuple[str, str, str]
) -> pd.DataFrame:
    """Median and quartiles of each group under `names`; NaN where they are infinite."""
    finite = values.clip(-HUGE, HUGE)  # infinities cannot be interpolated
    quartiles = finite.groupby(by, sort=True).quantile(np.array([0.5, 0.25, 0.75])).unstack()
    return quartiles.where(quartiles.abs() < HUGE / 1e6).set_axis(list(names), axis=1)


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
    """Two panels over the rates: the metric, and the steps until it stays good; the first alone for few."""
    looks = Looks.of(table, table.attrs["keys"])
    draw_quality(axes[0], table, looks)
    if len(axes) > 1:
        draw_steps(axes[1], table, looks)
    looks.explain(axes, marked=few(table), notes=_sensitivities(axes[0], table))


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
    aspect = 0.8 if table.attrs["keys"].color else 0.7
    if not has_steps(table):
        return Layout(columns_wide=SINGLE, aspect=aspect)
    return Layout(columns=2, columns_wide=DOUBLE, aspect=aspect)


FIGURE = Figure(_applies, numbers, draw, caption, _layout, follows=("metric", "color", "threshold"))
