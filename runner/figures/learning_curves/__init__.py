"""Error against epoch, training and held out: a line a run, or a median over seeds; a panel a word.

Here is which lines are drawn; ``lines`` has their numbers, ``picture`` draws them, ``caption`` has the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runner.data.parts import TRAINING
from runner.figures.figure import Figure, Layout, Options, evenly, needs_finished
from runner.figures.learning_curves.caption import caption
from runner.figures.learning_curves.lines import (
    BANDED,
    POINTS,
    Curve,
    chosen_by,
    curves_of,
    lines_of,
    one_run,
    stacked,
)
from runner.figures.learning_curves.picture import draw
from runner.figures.style.encoding import CURVE, Keys, Looks
from runner.figures.style.legends import legend_line
from runner.figures.style.panels import READABLE, Grid, named_lines, panel_keys
from runner.records.histories import Errors, NotShownError
from runner.records.names import without_part
from runner.results import COLUMNS, Results

MANY = 100  # lines of a panel; beyond, a sample of them is drawn
SAMPLE = 50


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a point: `line` (its setting), `kind` (run, median, seed), the swept values, what is drawn.

    That is the column of the histories that the metric sums up, and its held-out twin, as `curve` tells:
    the row of the best held-out value is marked, `best`. For medians of 5 seeds or more, `low` and `high` are
    the quartiles; of fewer each seed is a line. A diverged run counts as infinitely bad from its end on.
    `named` are the best, the median and the worst setting of a panel of many lines.
    """
    metric = results.metric(options.metric)
    if not results.is_sweep:
        lines = one_run(results, base := without_part(COLUMNS[metric]))
        keys = Keys(CURVE if len(lines) > 1 else None)
        return stacked(results, lines, base, {"keys": keys, "runs": 1, "settings": 1, "primary": TRAINING})
    errors = _errors(results, metric)
    primary = next(name for name, column in _curves(results, metric).items() if column == COLUMNS[metric])
    primary = next(iter(errors)) if len(errors) == 1 else primary
    keys = panel_keys(results, options, dashes=len(errors) == 1)
    groups = _groups(results)
    settings = _settings(results, metric, groups, keys, len(errors))
    lines = [line for setting in settings for line in _lines(results, metric, setting, errors, primary)]
    column = COLUMNS[metric] if len(errors) == 1 else without_part(COLUMNS[metric])
    said = {"keys": keys, "runs": len(results.finished), "settings": len(groups), "primary": primary}
    return stacked(results, lines, column, said)


def _lines(
    results: Results, metric: str, setting: Setting, errors: dict[str, Errors], primary: str
) -> Iterator[dict[str, Any]]:
    """The lines of a setting: its curves, or the primary one alone, and those of its seeds."""
    for name, all_runs in errors.items():
        if name == primary or setting.whole:
            marked, spread = name == chosen_by(errors) and setting.whole, name == primary and setting.spread
            values = all_runs.values[setting.at]
            curve = Curve(name, metric, all_runs.counts, values, marked, spread, setting.most)
            for line in lines_of(results, curve, setting.at):
                yield setting.marks | line


def _errors(results: Results, metric: str) -> dict[str, Errors]:
    """What is drawn of all runs, by the name of the curve; one without a name where no part is held out."""
    curves = {name: "final_error" if of == "error" else of for name, of in _curves(results, metric).items()}
    if len(curves) == 1 or not set(curves.values()) <= set(results.metrics):
        return {"": results.curves(metric)}
    try:
        return {name: results.curves(other) for name, other in curves.items()}
    except NotShownError:  # of some runs alone
        return {"": results.curves(metric)}


def _curves(results: Results, metric: str) -> dict[str, str]:
    """The names of what is drawn beside a metric, and the columns of the histories that they are."""
    return curves_of(without_part(COLUMNS[metric]), results.metrics)


@dataclass(frozen=True)
class Setting:
    """Runs that make a line, by their places `at` among the finished ones, and what is said of it.

    `whole` is one that is drawn with all its curves, `spread` one of which seeds are shown; each line has at
    `most` so many points.
    """

    at: NDArray[np.intp]
    marks: dict[str, Any]
    whole: bool
    spread: bool
    most: int


def _settings(
    results: Results, metric: str, groups: Sequence[Any], keys: Keys, curves: int
) -> Iterator[Setting]:
    """The settings that are drawn, panel by panel: all, or of very many a sample and those that are named."""
    runs, repeats = results.finished, max(map(len, groups)) > 1
    firsts = runs.iloc[[at[0] for at in groups]]
    swept, rows = results.keys if repeats else results.swept, firsts.to_dict("records")
    ranked = enumerate(results.ranking(metric).settings)  # equals as everywhere: the soonest first
    costs = {run: at if np.isfinite(each.cost) else np.inf for at, each in ranked for run in each.runs}
    cost = np.array([costs[run] for run in firsts.index])
    for panel in Grid.of(firsts, keys).parts(firsts.assign(line=np.arange(len(groups)))):
        lines = panel["line"].to_numpy()
        few = len(lines) * curves <= READABLE
        named = {} if few else {int(lines[i]): name for name, i in named_lines(cost[lines]).items()}
        for i in lines if len(lines) <= MANY else _sample(panel, results, named):
            marks = {key: rows[i][key] for key in swept}
            marks |= {"line": i if repeats else firsts.index[i], "named": named.get(i, "")}
            spread = few or (i in named and len(groups[i]) >= BANDED)
            yield Setting(groups[i], marks, few or i in named, spread, POINTS if few else POINTS // 4)


def _groups(results: Results) -> list[Any]:
    """Places of the runs that differ in nothing but their seed."""
    runs = results.finished
    places = np.arange(len(runs))
    if "seed" not in results.swept:
        return list(places[:, None])
    if not results.keys:
        return [places]
    by_keys = pd.Series(places).groupby([runs[key].astype(object).to_numpy() for key in results.keys])
    return [group.to_numpy() for _, group in by_keys]


def _sample(panel: pd.DataFrame, results: Results, named: dict[int, str]) -> list[int]:
    """SAMPLE of a panel's lines, evenly spread over the values of the first swept key, and those named."""
    order = panel.sort_values(results.keys[:1], kind="stable")["line"].to_numpy()
    return sorted({*order[evenly(len(order), SAMPLE)].tolist(), *named})


def _layout(table: pd.DataFrame) -> Layout:
    """High enough for a legend beside the panels: a line a colour, and those of the two curves."""
    keys = table.attrs["keys"]
    layout, shades = Grid.of(table, keys).layout(), Looks.of(table, keys).shades
    twins = table["curve"].nunique() > 1 and keys.color != CURVE
    if not twins or layout.columns == 1 or shades is None or shades.is_map:
        return layout
    return layout.at_least((4 + len(shades.values)) * legend_line())


FIGURE = Figure(
    needs_finished, numbers, draw, caption, _layout, follows=("metric", "color", "col", "row", "xlim", "ylim")
)
