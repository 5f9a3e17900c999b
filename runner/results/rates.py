"""What a sweep says of learning rates, a line of other settings at a time: how far the rate may be off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runner.nn.arrays import Array
from runner.records.names import higher_is_better
from runner.training.endings import ROUNDING

if TYPE_CHECKING:
    import pandas as pd

    from runner.results import Results

RATE = "learning_rate"
SENSITIVITY = "lr_sensitivity"
#: What lies within this share of the best is as good, as far as one should care.
NEAR = 0.1


def settings_along(results: Results) -> tuple[list[str], list[str]]:
    """The other swept keys: those that make lines of their own, and those that go along with the rate."""
    others = [key for key in results.keys if key != RATE and results.finished[key].nunique() > 1]
    values: Any = results.finished.groupby(RATE)[others].nunique() if others else {}
    along = [key for key in others if (values[key] <= 1).all()]
    return [key for key in others if key not in along], along


def initial(results: Results, metric: str) -> pd.Series[float]:
    """The metric of the finished runs before the first update, of errors as ``runs.csv`` has it."""
    import pandas as pd

    if metric in ("final_error", "best_error"):
        return results.finished["initial_error"]
    return pd.Series(results.curves(metric).values[:, 0], results.finished.index)


def rate_table(results: Results, metric: str) -> pd.DataFrame:
    """A row a line: the keys that make it, then its best rate, the metric there (a median over seeds), the
    range around it that is within NEAR, the least rate at which runs were lost, how many, and LR sensitivity.
    """
    import pandas as pd

    runs, (settings, _) = results.finished, settings_along(results)
    values = runs.assign(value=results.quality(metric), start=initial(results, metric), lost=results.lost)
    rows = []
    for marks, line in values.groupby(settings, sort=False) if settings else [((), values)]:
        row = _row(line.groupby(RATE), metric)
        rows.append(dict(zip(settings, marks, strict=True)) | row)
    return pd.DataFrame(rows)


def _row(by_rate: Any, metric: str) -> dict[str, Any]:
    """What there is to say of a line, by its runs at each rate; NaN where all of them were lost."""
    ends, starts = (by_rate[name].median().to_numpy() for name in ("value", "start"))
    costs, begun = (1 - ends, 1 - starts) if higher_is_better(metric) else (ends, starts)
    rates = np.array(list(by_rate.groups), dtype=float)
    lost, counts = by_rate["lost"].sum().to_numpy(), by_rate.size().to_numpy()
    soonest = np.lexsort((by_rate["best_epoch"].median().to_numpy(), costs))  # of equals, as in a ranking
    best, first = int(soonest[0]), int(np.argmax(lost > 0))
    low, high = near_best(costs, best)
    good, gone = np.isfinite(costs[best]), lost.any()
    return {
        "best_rate": rates[best] if good else np.nan,
        metric: ends[best] if good else np.nan,
        "near_from": rates[low] if good else np.nan,
        "near_to": rates[high] if good else np.nan,
        "lost_from": rates[first] if gone else np.nan,
        "lost_runs": f"{lost[first]} of {counts[first]}" if gone else "",
        SENSITIVITY: sensitivity(rates, costs, begun),
    }


def near_best(costs: Array, best: int | None = None) -> tuple[int, int]:
    """The first and the last place of those around the least of `costs` (T,) that are within NEAR of it.

    What is below ROUNDING is equal; of several least ones that at `best`, or the first.
    """
    good = costs <= max(ROUNDING, (1 + NEAR) * costs.min())
    best = int(np.argmin(costs)) if best is None else best
    away = np.flatnonzero(~good)
    return int(max(away[away < best], default=-1)) + 1, int(min(away[away > best], default=len(costs))) - 1


def sensitivity(rates: Array, costs: Array, begun: Array) -> float:
    """LR sensitivity: E[min(l(eta), l0) - l*], of errors l (T,) at rising rates (T,), l0 being `begun` (T,).

    The mean is over log eta: each rate stands for those that are nearest to it, and equal steps weigh
    alike. Wortsman et al. 2023, Small-scale proxies for large-scale Transformer training instabilities
    (arXiv 2309.14322), section 2.2. NaN where every run was lost, or of a single rate.
    """
    if len(rates) < 2 or not np.isfinite(costs).any():
        return float("nan")
    capped, weights = np.fmin(costs, begun), np.gradient(np.log(rates))
    return float(np.average(capped - capped.min(), weights=weights))
