"""Which setting of a sweep is the best: one answer for its last word, its report and every figure.

A setting is what runs share that differ in nothing but their seed, and it is as good as the median of
its runs. All of it is found from lines of ``runs.csv``, as plain data: a sweep's last word does not
wait for pandas.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import overload

import numpy as np

from runner.nn.arrays import Array, Numbers
from runner.records.lines import Line
from runner.records.names import COMPLETED, DIVERGED, FINISHED, STOPPED, higher_is_better, words_of
from runner.training.endings import OFF_SCALE, ROUNDING

#: What training itself would choose by; and examples to choose by, where a part is held out for that.
TRAINING, VALIDATION = "final_error", "validation_error"
#: The metrics of examples that were not trained on: those to choose by, and those to tell of what was chosen.
CHOOSING = ("validation_error", "validation_accuracy", "validation_r2", "validation_rmse")
HELD_OUT = (*CHOOSING, "test_error", "test_accuracy", "test_r2", "test_rmse")
#: What runs are compared by where nobody says: the first that all of them have.
PREFERRED = (VALIDATION, "test_error", TRAINING)
#: What a run that came to its end so is said to be; and how runs end of which nothing is to be compared.
BLOWN_UP = "blown up"
LOST = (DIVERGED, BLOWN_UP)


@dataclass(frozen=True)
class Setting:
    """Runs that differ in nothing but their seed, by their places among the lines, the best first.

    `cost` is the median of their costs (see :func:`cost`), `epoch` that of their best epochs.
    """

    runs: tuple[int, ...]
    cost: float
    epoch: float

    @property
    def middle(self) -> int:
        """The place of the median run; of two, the better."""
        return self.runs[(len(self.runs) - 1) // 2]


@dataclass(frozen=True)
class Settings(Sequence[Setting]):
    """S settings in order, each made when it is asked for: a million runs may have as many.

    `places` are those of the runs, of one setting after the other; `starts`, `counts`, `costs` and `epochs`
    (S,) say where in them those of each begin, how many there are, and their medians.
    """

    places: Numbers
    starts: Numbers
    counts: Numbers
    costs: Array
    epochs: Array

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, at: int) -> Setting: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Setting]: ...

    def __getitem__(self, at: int | slice) -> Setting | Sequence[Setting]:
        if isinstance(at, slice):
            return [self[one] for one in range(len(self))[at]]
        runs = self.places[self.starts[at] :][: self.counts[at]]
        return Setting(tuple(runs.tolist()), float(self.costs[at]), float(self.epochs[at]))


@dataclass(frozen=True)
class Ranking:
    """The settings that have a result, the best by `metric` first.

    Of equal ones, the one that was soonest at its best (by the median of ``best_epoch``) stands first,
    then that of the first run.
    """

    metric: str
    settings: Sequence[Setting]

    @property
    def best(self) -> Setting | None:
        """The best setting; None where at least half of the runs of each diverged."""
        first = next(iter(self.settings), None)
        return first if first and math.isfinite(first.cost) else None

    @cached_property
    def middles(self) -> list[int]:
        """The median runs of the settings in order, but of those of which at least half diverged."""
        return [setting.middle for setting in self.settings if math.isfinite(setting.cost)]

    @property
    def soonest(self) -> str:
        """Of how many equals the best is the first, as a sentence goes on to say it."""
        equals = len(self.not_above(self.settings[0].cost))
        return f"; the soonest at its best of {equals:,} equals" if equals > 1 else ""

    @property
    def words(self) -> str:
        """The metric as a sentence has it."""
        return words_of(self.metric)

    def not_above(self, cost: float) -> list[Setting]:
        """The settings that cost no more than that."""
        return list(takewhile(lambda setting: setting.cost <= cost, self.settings))

    def value(self, setting: Setting) -> float:
        """The metric of a setting."""
        return -setting.cost if higher_is_better(self.metric) else setting.cost

    def of(self, run: int) -> Setting:
        """The setting of the run at a place."""
        return next(setting for setting in self.settings if run in setting.runs)


def rank(lines: Sequence[Line], keys: Sequence[str], metric: str) -> Ranking:
    """Ranks the settings of `lines`, in job order; `keys` are the swept ones, but for the seed."""
    costs = np.array([cost(line, metric) for line in lines], dtype=np.float64)
    epochs = np.array([line.result("best_epoch") for line in lines], dtype=np.float64)
    epochs[np.isnan(epochs)] = np.inf  # what is unknown is no sooner
    places, alike = np.flatnonzero(~np.isnan(costs)), _alike(lines, keys)
    dearest_last = places[np.lexsort((epochs[places], costs[places], alike[places]))]
    latest_last = places[np.lexsort((epochs[places], alike[places]))]
    _, starts, counts = np.unique(alike[dearest_last], return_index=True, return_counts=True)
    cost_of = _medians(costs[dearest_last], starts, counts)
    epoch_of = _medians(epochs[latest_last], starts, counts)
    first_of = np.minimum.reduceat(dearest_last, starts) if len(starts) else starts
    order = np.lexsort((first_of, epoch_of, cost_of))
    return Ranking(
        metric, Settings(dearest_last, starts[order], counts[order], cost_of[order], epoch_of[order])
    )


def _alike(lines: Sequence[Line], keys: Sequence[str]) -> Numbers:
    """A number a line (N,), equal where the lines have equal values of all keys."""
    alike = np.zeros(len(lines), dtype=np.intp)
    for key in keys:
        numbers: dict[str, int] = {}
        texts = (str(line.swept.get(key)) for line in lines)
        of_key = np.fromiter((numbers.setdefault(text, len(numbers)) for text in texts), np.intp, len(lines))
        _, alike = np.unique(alike * len(numbers) + of_key, return_inverse=True)
    return alike


def _medians(values: Array, starts: Numbers, counts: Numbers) -> Array:
    """The medians of groups of `values`, which are in order within each."""
    below, above = values[starts + (counts - 1) // 2], values[starts + counts // 2]
    with np.errstate(over="ignore"):
        between = (below + above) / 2
    return np.where(np.isfinite(between), between, below / 2 + above / 2)  # their sum is beyond all numbers


def cost(line: Line, metric: str) -> float:
    """How bad a run is by `metric`: lower is better, infinite where it diverged, blew up or has none.

    NaN for a run without a result: it failed or was interrupted.
    """
    if line.status not in FINISHED:
        return math.nan
    value = line.result(metric)
    if line.status == DIVERGED or blown_up(line) or math.isnan(value):
        return math.inf
    return -value if higher_is_better(metric) else value


def blown_up(line: Line) -> bool:
    """Whether a run ended OFF_SCALE times or more above where it began."""
    return line.result("final_error") >= OFF_SCALE * max(ROUNDING, line.result("initial_error"))


def default_metric(lines: Sequence[Line]) -> str:
    """What runs are compared by where nobody says: the first of PREFERRED that all have."""
    done = [line for line in lines if line.status == COMPLETED]
    has = (name for name in PREFERRED if done and not any(math.isnan(line.result(name)) for line in done))
    return next(has, TRAINING)


def tested(metric: str) -> str | None:
    """What tells of what a metric has chosen: its twin over the test part; None of any other metric."""
    return metric.replace("validation", "test") if metric in CHOOSING else None


def verdict(
    lines: Sequence[Line], keys: Sequence[str], ranking: Ranking, name: Callable[[int], str]
) -> list[tuple[str, str]]:
    """What there is to say of the best setting: pairs of a heading and a text, none of a single run.

    `ranking` is that of the lines by the `keys`; `name` says the setting of the run at a place. Where the
    metric is of held-out examples and training error would have chosen worse, it is said what.
    """
    if not ranking.settings or sum(line.status in (*FINISHED, STOPPED) for line in lines) < 2:
        return []
    best, several = ranking.best, any(_differ(lines, key) for key in keys)
    heading = f"best setting by {ranking.words}" if several else ranking.words
    if best is None:
        some = any(line.status == COMPLETED for line in lines)
        return [(heading, "none, at least half of the runs of each diverged")] if some else []
    count, which = len(best.runs), f"run {lines[best.middle].run}"
    which = which if count == 1 else f"the median of {count} seeds, {which} in the middle"
    at = f" at {name(best.middle)}" if several else ""
    text = f"{ranking.value(best):.6g}{at} ({which}{ranking.soonest})"
    return [(heading, text), *_tested(lines, ranking), *_otherwise(lines, keys, ranking, name)]


def _differ(lines: Sequence[Line], key: str) -> bool:
    return any(line.swept.get(key) != lines[0].swept.get(key) for line in lines)


def _tested(lines: Sequence[Line], ranking: Ranking) -> list[tuple[str, str]]:
    """What the examples that nothing was chosen by say of the best setting: its median over seeds."""
    measure = tested(ranking.metric)
    if measure is None or ranking.best is None:
        return []
    number = median(lines[run].result(measure) for run in ranking.best.runs)
    return [] if math.isnan(number) else [(f"its {words_of(measure)}", f"{number:.6g}")]


def _otherwise(
    lines: Sequence[Line], keys: Sequence[str], ranking: Ranking, name: Callable[[int], str]
) -> list[tuple[str, str]]:
    """What training error would have chosen, if that is worse by the held-out metric."""
    trained = rank(lines, keys, TRAINING).best if ranking.metric in HELD_OUT else None
    if trained is None or ranking.best is None:
        return []
    chosen = ranking.of(trained.runs[0])
    if not chosen.cost > ranking.best.cost:
        return []
    text = f"{name(chosen.middle)}, with a {ranking.words} of {ranking.value(chosen):.6g}"
    return [("training error would choose", text)]


def median(values: Iterable[float]) -> float:
    """The median of some numbers, of which some may be infinite; NaN of none."""
    ordered = sorted(map(float, values))
    middle = len(ordered) // 2
    if len(ordered) % 2 or not ordered:
        return ordered[middle] if ordered else math.nan
    below, above = ordered[middle - 1], ordered[middle]
    between = (below + above) / 2
    return between if math.isfinite(between) else below / 2 + above / 2  # their sum is beyond all numbers
