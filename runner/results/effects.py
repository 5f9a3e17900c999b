"""What a swept key does to a metric: each of its values at its best of all else, and all runs with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.nn.arrays import Array
from runner.overrides import in_order, plain
from runner.results.intervals import intervals_of
from runner.results.ranking import Setting, median

if TYPE_CHECKING:
    import pandas as pd

    from runner.results.runs import Runs

#: Metrics over training and held-out examples that are shown beside each other.
PAIRS = (
    ("final_error", "test_error"),
    ("accuracy", "test_accuracy"),
    ("r2", "test_r2"),
    ("rmse", "test_rmse"),
)
#: What a row is: the median over a setting's seeds, one of these, or any other run.
MEDIAN, SEED, OTHER = "median", "seed", "other"


def measures_of(results: Runs, metric: str) -> list[str]:
    """The metric, with its twin over the other examples where there is one: training first."""
    twins = next((pair for pair in PAIRS if metric in pair), (metric,))
    return [name for name in twins if name == metric or name in results.metrics]


def effect_table(results: Runs, keys: Sequence[str], metric: str) -> pd.DataFrame:
    """A row a point: the `key`, its `value` as text, the `measure`, the `layer`, and the `number`.

    For each value the best setting by `metric` that has it: its MEDIAN over `runs` seeds, with the ends `low`
    and `high` of the interval of that, and its seeds (SEED) themselves; and all other runs with that value
    (OTHER), by the metric alone. `lost` are runs that diverged or blew up; they have no number, nor has a
    median where half of them are, or an end that is infinite.
    """
    import pandas as pd

    settings, quality = results.ranking(metric).settings, results.quality(metric)
    rows: list[dict[str, Any]] = []
    for key in keys:
        values = {setting: results.runs.at[setting.middle, key] for setting in settings}
        for value in in_order(values.values()):
            best, *others = [setting for setting in settings if values[setting] == value]
            marks = {"key": key, "value": plain(value)}
            for measure in measures_of(results, metric):
                rows += _of_setting(results, best, measure, marks)
            rest = quality[[run for setting in others for run in setting.runs]]
            more = marks | {"measure": metric, "layer": OTHER}
            rows += [more | _point(results, run, number) for run, number in rest.items()]
    return pd.DataFrame(_with_intervals(rows)).replace([np.inf, -np.inf], np.nan)


def _of_setting(results: Runs, setting: Setting, measure: str, marks: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a setting: its median, which keeps the sample of its interval, and its seeds."""
    sample = results.quality(measure)[list(setting.runs)]
    seeds = [marks | {"measure": measure, "layer": SEED} | _point(results, *pair) for pair in sample.items()]
    middle = marks | {"measure": measure, "layer": MEDIAN, "number": median(sample), "runs": len(sample)}
    lost = int(results.lost[list(setting.runs)].sum())
    return [middle | {"lost": lost, "sample": np.array(sample, dtype=np.float64)}, *seeds]


def _point(results: Runs, run: Any, number: float) -> dict[str, Any]:
    return {"number": number, "runs": 1, "lost": int(results.lost[run]), "run": results.runs.at[run, "run"]}


def _with_intervals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the intervals of their samples in their place."""
    medians = [row for row in rows if row["layer"] == MEDIAN]
    samples: list[Array] = [row.pop("sample") for row in medians]
    for row, (low, high) in zip(medians, intervals_of(samples), strict=True):
        row |= {"low": low, "high": high}
    return rows
