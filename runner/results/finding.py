"""Which learning rate to take: from trainings at many of them to one with its range, or to those to try next.

A rate is as good as the median of its runs and, where seeds differ, those at its next neighbours, in which
one that diverged or blew up is infinitely bad. What counts is how far that falls from the initial error, on
a log scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from runner.errors import ConfigError, RunnerError
from runner.records.lines import Line, as_csv, rows_of, swept_keys
from runner.records.names import FINISHED, RUNS
from runner.records.reading import read_runs_table
from runner.results.ranking import HELD_OUT, TRAINING, VALIDATION, cost, median
from runner.results.rates import RATE, sensitivity
from runner.training.endings import DIVERGED, IRREGULAR, OSCILLATING, ROUNDING

if TYPE_CHECKING:
    import pandas as pd

    from runner.training.experiment import Experiment

#: Rates a decade of the first round, and of the second, around the best and at the edge of stability.
COARSE, FINE = 4, 16
#: The rates of the first round, and the seeds, as ``conf/experiment/find_learning_rate.yaml`` has them.
RATES = tuple(float(f"{10 ** (step / COARSE):.6g}") for step in range(-4 * COARSE, COARSE + 1))
SEEDS = range(8)
#: Fine steps from a rate to each side within which other rates' runs count with its own.
NEIGHBOURS = 2
#: Rates whose error falls so far, of the best one's fall on a log scale, are as good as the best.
AS_GOOD = 0.95
#: Rates whose error falls so far may have a better one beside them.
PROMISING = 0.5
#: What rates can be compared by: what is trained for, or held-out examples.
BY = (TRAINING, VALIDATION, "test_error")
#: By examples to choose by, if there are any, else by what is trained for.
AUTO = "auto"
LEAST_RATES = 3
#: An irregular run that ends at so many times its best error does not settle; others are slow or uneven.
LOST_AGAIN = 2
#: The span is not widened beyond these.
LEAST, MOST = 1e-10, 1e5


def chosen_by(experiment: Experiment) -> str:
    """What the rates of an experiment are compared by where nobody says."""
    return VALIDATION if "validation" in experiment.data.held_out else TRAINING


@dataclass(frozen=True, repr=False)
class Finding:
    """A learning rate, the middle (on a log scale) of the range from `low` to `high` that is as good.

    `error` is the median over seeds at `rate`, by `metric`. Up to `largest_stable` most seeds settle at every
    rate tried; it is None where they do at none. `sensitivity` is that of :mod:`runner.results.rates`, and
    `tried` the least and the greatest rate. `lines` are those of all trainings.
    """

    rate: float
    low: float
    high: float
    error: float
    metric: str
    largest_stable: float | None
    sensitivity: float
    tried: tuple[float, float]
    lines: tuple[Line, ...] = field(repr=False)

    def __repr__(self) -> str:
        stable = "none" if self.largest_stable is None else f"{self.largest_stable:g}"
        found = f"learning rate {self.rate:g}, as good from {self.low:g} to {self.high:g}"
        of = f"{self.metric} {self.error:.6g} over {len(self.lines)} runs"
        return f"<Finding: {found}, largest stable {stable}; {of}>"

    @property
    def range(self) -> tuple[float, float]:
        """The rates between which all are as good."""
        return self.low, self.high

    @property
    def runs(self) -> pd.DataFrame:
        """All trainings, a row each, as ``runs.csv`` has them; nothing of them is on disk."""
        table = as_csv(rows_of(self.lines, swept_keys(self.lines)))
        return read_runs_table(Path(RUNS), table).drop(columns=["seconds", "directory"])


@dataclass(frozen=True)
class Curve:
    """What came of the rates tried, in ascending order (K of them).

    `errors` are medians over seeds by `metric`, infinite where at least half diverged or blew up, and
    `smoothed` those with the neighbours up to NEIGHBOURS fine steps away: of many, a lucky one is not best.
    Where all seeds give the same (`alike`) there is no luck, and no smoothing.
    `initial` is the median error before training; `settled` says where most seeds settle.
    """

    metric: str
    rates: Sequence[float]
    errors: Sequence[float]
    smoothed: Sequence[float]
    settled: Sequence[bool]
    initial: float
    alike: bool

    @classmethod
    def of(cls, lines: Sequence[Line], metric: str) -> Curve:
        """Of trainings that differ in learning rate and seed. Raises RunnerError where none has a result."""
        runs: dict[float, list[Line]] = {}
        for line in lines:
            if line.status in FINISHED:
                runs.setdefault(float(line.swept[RATE]), []).append(line)
        if not runs:
            raise RunnerError("no training has a result, so that no learning rate can be found")
        rates = sorted(runs)
        costs = {rate: [cost(line, metric) for line in runs[rate]] for rate in rates}
        alike = all(len(of_rate) > 1 and len(set(of_rate)) == 1 for of_rate in costs.values())
        reach = 0.0 if alike else (NEIGHBOURS + 0.1) / FINE
        near = {rate: [r for r in rates if abs(_decades(rate, r)) <= reach] for rate in rates}
        return cls(
            metric,
            rates,
            [median(costs[rate]) for rate in rates],
            [median(chain(*(costs[r] for r in near[rate]))) for rate in rates],
            [2 * sum(map(settles, runs[rate])) > len(runs[rate]) for rate in rates],
            median(line.result("initial_error") for rate in rates for line in runs[rate]),
            alike,
        )

    @property
    def falls(self) -> list[float]:
        """How far the error falls at each rate, as a logarithm; below ROUNDING all errors are equal."""
        return [_log(self.initial) - _log(error) for error in self.smoothed]

    @property
    def best(self) -> int:
        """The place of the rate whose error falls farthest; of equals the least."""
        falls = self.falls
        return falls.index(max(falls))

    @property
    def as_good(self) -> tuple[int, int]:
        """The places of the first and the last rate around the best between which all are as good."""
        falls, low = self.falls, self.best
        high, enough = low, AS_GOOD * falls[low]
        while low > 0 and falls[low - 1] >= enough:
            low -= 1
        while high + 1 < len(falls) and falls[high + 1] >= enough:
            high += 1
        return low, high

    @property
    def last_settled(self) -> int | None:
        """The place of the last rate that settles before one does not; None where none settles."""
        at = self.settled.index(True) if True in self.settled else None
        while at is not None and at + 1 < len(self.rates) and self.settled[at + 1]:
            at += 1
        return at


def _decades(rate: float, other: float) -> float:
    """How far one rate is above another; their ratio may be beyond all numbers."""
    return math.log10(other) - math.log10(rate)


def _log(error: float) -> float:
    return math.log(max(error, ROUNDING))


def settles(line: Line) -> bool:
    """Whether a run neither diverged nor blew up, nor swings for ever."""
    swings = line.ending == IRREGULAR and line.result("final_error") > LOST_AGAIN * line.result("best_error")
    lost = math.isinf(cost(line, TRAINING)) or line.ending in (DIVERGED, OSCILLATING)
    return not (lost or swings)


def next_rates(curve: Curve) -> list[float]:
    """The rates to try next: a decade more where the best is at an edge, else finer ones where it matters.

    None once both are done.
    """
    if curve.falls[curve.best] <= 0:
        return _wider(curve.rates, -1)
    low, high = curve.as_good
    wider = _wider(curve.rates, -1) if low == 0 else []
    wider += _wider(curve.rates, 1) if high == len(curve.rates) - 1 else []
    return sorted(wider) or _finer(curve)


def _wider(rates: Sequence[float], direction: int) -> list[float]:
    """A decade more below (`direction` −1) or above (1), spaced as the first round, within the bounds."""
    edge = rates[0] if direction < 0 else rates[-1]
    wider = [_rounded(edge * 10 ** (direction * step / COARSE)) for step in range(1, COARSE + 1)]
    return [rate for rate in wider if LEAST <= rate <= MOST]


def _finer(curve: Curve) -> list[float]:
    """FINE rates a decade between the best, its range or the edge of stability, and their neighbours.

    Where seeds are alike, a rate between two others may be much better than both, so there too.
    """
    (low, high), stable, falls = curve.as_good, curve.last_settled, curve.falls
    gaps = {low - 1, curve.best - 1, curve.best, high} | (set() if stable is None else {stable})
    if curve.alike:
        good = [at for at, fall in enumerate(falls) if fall >= PROMISING * max(falls)]
        gaps |= {gap for at in good for gap in (at - 1, at)}
    finer: set[float] = set()
    for at, (below, above) in enumerate(pairwise(curve.rates)):
        parts = math.ceil(_decades(below, above) * FINE - 0.1) if at in gaps else 1
        finer |= {_rounded(below ** (1 - part / parts) * above ** (part / parts)) for part in range(1, parts)}
    return sorted(finer - set(curve.rates))


def _rounded(rate: float) -> float:
    return float(f"{rate:.6g}")


def finding(lines: Sequence[Line], metric: str) -> Finding:
    """The learning rate to take. Raises RunnerError where no rate brings the error below its start."""
    curve = Curve.of(lines, metric)
    rates = curve.rates
    if curve.falls[curve.best] <= 0:
        span = f"from {rates[0]:g} to {rates[-1]:g}"
        raise RunnerError(
            f"no learning rate {span} brings the {curve.metric.replace('_', ' ')} below its start of "
            f"{curve.initial:.6g}; look at the data (data.scale=standard), the weights and the loss"
        )
    low, high = curve.as_good
    middle = math.sqrt(rates[low]) * math.sqrt(rates[high])
    at = min(range(low, high + 1), key=lambda place: abs(_decades(rates[place], middle)))
    stable = curve.last_settled
    return Finding(
        rates[at],
        rates[low],
        rates[high],
        curve.errors[at],
        curve.metric,
        None if stable is None else rates[stable],
        sensitivity(np.array(rates), np.array(curve.errors), np.full(len(rates), curve.initial)),
        (rates[0], rates[-1]),
        tuple(lines),
    )


def refuse_unfit(experiment: Experiment, key: str, rates: Sequence[float], metric: str) -> None:
    """Raises ConfigError where no learning rate can be found for an experiment from `rates`, of `key`."""
    if not rates or not 0 < min(rates) <= max(rates) < math.inf:
        raise ConfigError(key, next((r for r in rates if not 0 < r < math.inf), None), "must be above 0")
    if len(set(rates)) < LEAST_RATES:
        raise ConfigError(key, list(rates), f"must be {LEAST_RATES} or more, to find one between them")
    if experiment.epochs == 0:
        raise ConfigError("epochs", 0, "must be at least 1, for a learning rate to be found")
    if metric in HELD_OUT and (part := metric.partition("_")[0]) not in experiment.data.held_out:
        raise ConfigError(
            f"data.{part}_fraction", 0, f"must be above 0, for rates to be compared by {metric}"
        )


def find(
    rates: Sequence[float], metric: str, measure: Callable[[Sequence[float]], Sequence[Line]]
) -> Finding:
    """Rounds of trainings at `rates`, then at the next ones, until there are none; what they found.

    `measure` trains at rates and returns a line a training. Raises what :func:`finding` raises.
    """
    lines: list[Line] = []
    while rates:
        lines += measure(rates)
        rates = next_rates(Curve.of(lines, metric))
    return finding(lines, metric)
