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

#: Metrics over training and held-out examples, of which the first two that there are stand beside each other.
TWINS = (
    ("final_error", "validation_error", "test_error"),
    ("accuracy", "validation_accuracy", "test_accuracy"),
    ("r2", "validation_r2", "test_r2"),
    ("rmse", "validation_rmse", "test_rmse"),
)
#: What a row is: the median over a setting's seeds, one of these, or any other run.
MEDIAN, SEED, OTHER = "median", "seed", "other"


def measures_of(results: Runs, metric: str) -> list[str]:
    """The metric, with its twin over the other examples where there is one: training first."""
    first, *others = next((names for names in TWINS if metric in names), (metric,))
    others = [metric] if metric in others else others
    has = [name for name in (first, *others) if name == metric or name in results.metrics]
    return has[:2]


def effect_table(results: Runs, keys: Sequence[str], metric: str) -> pd.DataFrame:
    """A row a point: the `key`, its `value` as text, the `measure`, the `layer`, and the `number`.

    For each value the best setting by `metric` that has it: its MEDIAN over `runs` seeds, with the ends `low`
    and `high` of the interval of that, and its seeds (SEED) themselves; and all other runs with that value
    (OTHER), by the metric alone. `lost` are runs that diverged or blew up; they have no number, nor has a
    median where half of them are, or an end that is infinite.
    """
    import pandas as pd

    settings = results.ranking(metric).settings
    points = {measure: _points(results, measure) for measure in measures_of(results, metric)}
    rows: list[dict[str, Any]] = []
    for key in keys:
        column = results.runs[key].to_dict()
        having: dict[Any, list[Setting]] = {}
        for setting in settings:
            having.setdefault(column[setting.middle], []).append(setting)
        for value in in_order(having):
            best, *others = having[value]
            marks = {"key": key, "value": plain(value)}
            for measure, of_runs in points.items():
                rows += _of_setting([of_runs[run] for run in best.runs], marks | {"measure": measure})
            more = marks | {"measure": metric, "layer": OTHER}
            rows += [more | points[metric][run] for setting in others for run in setting.runs]
    return pd.DataFrame(_with_intervals(rows)).replace([np.inf, -np.inf], np.nan)


def _points(results: Runs, measure: str) -> dict[int, dict[str, Any]]:
    """What there is to say of each run by itself; of all at once, as tables are slow one run at a time."""
    numbers = results.quality(measure)
    columns = (results.lost[numbers.index], results.runs.loc[numbers.index, "run"])
    return {
        run: {"number": number, "runs": 1, "lost": int(lost), "run": name}
        for run, number, lost, name in zip(numbers.index, numbers, *columns, strict=True)
    }


def _of_setting(seeds: list[dict[str, Any]], marks: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a setting: its median, which keeps the sample of its interval, and its seeds."""
    sample = np.array([seed["number"] for seed in seeds], dtype=np.float64)
    middle = marks | {"layer": MEDIAN, "number": median(sample), "runs": len(seeds)}
    lost = sum(seed["lost"] for seed in seeds)
    return [middle | {"lost": lost, "sample": sample}, *(marks | {"layer": SEED} | seed for seed in seeds)]


def _with_intervals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the intervals of their samples in their place."""
    medians = [row for row in rows if row["layer"] == MEDIAN]
    samples: list[Array] = [row.pop("sample") for row in medians]
    for row, (low, high) in zip(medians, intervals_of(samples), strict=True):
        row |= {"low": low, "high": high}
    return rows
