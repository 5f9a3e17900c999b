"""How sure a number over seeds is: bootstrap intervals, and what the seeds do not tell from the best."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from runner.nn.arrays import Array
from runner.records.names import higher_is_better
from runner.results.comparing import CONFIDENT, apart

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from runner.results.runs import Runs

    Statistic: TypeAlias = Callable[[Array], Array]

#: With fewer seeds no interval is given: resamples of so few hold too few different medians.
LEAST_SEEDS = 5
RESAMPLES = 2000
CONFIDENCE = 0.95
HUGE = 1e300
MOST_HELD = 10_000_000  # numbers of resamples at once


def middle(values: Array) -> Array:
    """The median along the last axis."""
    return _trimmed(values, (values.shape[-1] - 1) // 2)


def interquartile_mean(values: Array) -> Array:
    """The mean of the middle half along the last axis: a quarter, rounded down, is cut at either end.

    Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice", section 4.3.
    """
    return _trimmed(values, values.shape[-1] // 4)


def _trimmed(values: Array, cut: int) -> Array:
    """The mean along the last axis without the `cut` least and largest; infinite where one of the rest is."""
    ordered = np.sort(np.clip(values, -HUGE, HUGE), axis=-1)
    return _unclipped(ordered[..., cut : values.shape[-1] - cut].mean(axis=-1))


def interval(values: Array, statistic: Statistic = middle) -> tuple[float, float]:
    """The 95 % bootstrap interval of a sample (N,); NaN below LEAST_SEEDS, and an end may be infinite.

    Percentiles of the bootstrap, further out by as much as Student's quantiles of N values are beyond the
    normal ones: resamples of few vary less than samples do (Hesterberg 2015, "What Teachers Should Know
    About the Bootstrap", section 4.1). Of normal, exponential and lognormal samples of ten and more it
    holds the median, and the interquartile mean, in 93 to 97 %; percentiles alone, and BCa's, in 91 % and up.
    """
    ((low, high),) = intervals(values[None], statistic)
    return float(low), float(high)


def intervals(values: Array, statistic: Statistic = middle) -> Array:
    """The :func:`interval` of every sample in `values` (S, N), as (S, 2): each as if it were alone.

    In whatever order: the same numbers have the same interval.
    """
    if values.shape[1] < LEAST_SEEDS:
        return np.full((len(values), 2), np.nan)
    many = max(1, MOST_HELD // (RESAMPLES * values.shape[1]))
    values = np.sort(values, axis=1)
    parts = [_intervals(values[at : at + many], statistic) for at in range(0, len(values), many)]
    return np.concatenate(parts)


def _intervals(values: Array, statistic: Statistic) -> Array:
    count = values.shape[1]
    tail = 0.5 * math.erfc(student_quantile(count - 1, (1 + CONFIDENCE) / 2) / math.sqrt(2))
    rng = np.random.default_rng(0)  # the same resamples of every sample, on every day
    resamples = values[:, rng.integers(0, count, (RESAMPLES, count))]
    with np.errstate(over="ignore"):
        found = np.clip(statistic(resamples), -HUGE, HUGE)
        return _unclipped(np.percentile(found, [100 * tail, 100 * (1 - tail)], axis=-1).T)


@cache
def student_quantile(freedom: int, probability: float) -> float:
    """The t that Student's distribution of so many degrees of `freedom` is below with `probability` > ½."""
    low, high = 0.0, math.pi / 2  # θ = arctan(t / √freedom), which all of the probability is between
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 2 * probability - 1 else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def _within(angle: float, freedom: int) -> float:
    """The probability of |t| < √freedom · tan(angle): Abramowitz and Stegun 1964, 26.7.3 and 26.7.4."""
    sine, cosine = math.sin(angle), math.cos(angle)
    term, first = (cosine, 2) if freedom % 2 else (1.0, 1)
    total = term if freedom > 1 else 0.0
    for k in range(first, freedom - 2, 2):
        term *= cosine * cosine * k / (k + 1)
        total += term
    return 2 / math.pi * (angle + sine * total) if freedom % 2 else sine * total


def _unclipped(values: Array) -> Array:
    """What lies beyond all numbers as infinite: infinities can be neither averaged nor interpolated."""
    return np.where(np.abs(values) > HUGE / 1e6, np.copysign(np.inf, values), values)


def settings_table(results: Runs, metric: str) -> pd.DataFrame:
    """A row a setting that has a result, the best first, by the row of its median run in ``results.runs``.

    The swept keys; the `metric`: its median over seeds; `low` and `high`: the interval of that, NaN below
    LEAST_SEEDS; `n` runs, of which `diverged` diverged or blew up; `distinguishable`: whether the ranks of
    its runs and the best setting's are apart (None for the best itself, and where either has one run).
    Lost runs are infinitely bad, and so may be a median or an end.
    """
    settings, quality = results.ranking(metric).settings, results.quality(metric)
    sign = -1.0 if higher_is_better(metric) else 1.0
    samples = [np.array(quality[list(setting.runs)], dtype=np.float64) for setting in settings]
    costs = [list(sign * sample) for sample in samples]
    table = results.runs.loc[[setting.middle for setting in settings], results.keys]
    table[metric] = [sign * setting.cost for setting in settings]
    ends = intervals_of(samples)
    told = [_told_apart(costs[0], of) if at else None for at, of in enumerate(costs)]
    return table.assign(
        low=ends[:, 0],
        high=ends[:, 1],
        n=[len(sample) for sample in samples],
        diverged=[int(results.lost[list(setting.runs)].sum()) for setting in settings],
        distinguishable=np.array(told, dtype=object),
    )


def _told_apart(best: Sequence[float], other: Sequence[float]) -> bool | None:
    return None if min(len(best), len(other)) < 2 else apart(best, other) >= CONFIDENT


def intervals_of(samples: Sequence[Array], statistic: Statistic = middle) -> Array:
    """The :func:`intervals` of samples (N,) of which some may be longer than others, (S, 2)."""
    ends = np.full((len(samples), 2), np.nan)
    for length in {len(sample) for sample in samples}:
        alike = [at for at, sample in enumerate(samples) if len(sample) == length]
        ends[alike] = intervals(np.stack([samples[at] for at in alike]), statistic)
    return ends
