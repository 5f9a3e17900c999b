"""What a figure is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from runner.errors import RunnerError, did_you_mean
from runner.figures import load
from runner.figures.options import Look
from runner.nn.arrays import Array
from runner.records.names import DIVERGED, FINISHED, STOPPED, higher_is_better
from runner.results import Results
from runner.results.ranking import BLOWN_UP
from runner.training.endings import OFF_SCALE

#: What swept keys may be asked to tell, and what a figure says that cannot.
ROLES = {
    "color": "the lines that it draws are not told apart by it",
    "col": "it draws no panels of it",
    "row": "it draws no panels of it",
}
MOST_PANELS = 6  # a side
#: Columns of a journal, in widths of one: 1 is a single column, 2 the page.
SINGLE, DOUBLE = 1, 2
PAGE = 7.2  # inches: the width of a page of two columns


@dataclass(frozen=True)
class Options:
    """What a user may choose; None is no choice.

    The metric, which swept key (or weight) goes where, the level of the metric that counts as learnt, the
    epochs whose weights are shown, and the ends of axes. `frames` is set by who makes a film: at most so
    many epochs; `counts` by who puts paths beside other lines: counts at which they have a point.
    """

    metric: str | None = None
    x: str | None = None
    y: str | None = None
    color: str | None = None
    col: str | None = None
    row: str | None = None
    compare: str | None = None
    threshold: float | None = None
    epochs: tuple[float, ...] | None = None
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    frames: int | None = None
    counts: tuple[float, ...] | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The choices that were made, by their names."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @property
    def ends(self) -> dict[str, tuple[float, float]]:
        """The ends of axes that were chosen, by "x" and "y"."""
        return {which: ends for which, ends in (("x", self.xlim), ("y", self.ylim)) if ends is not None}


@dataclass(frozen=True)
class Layout:
    """The panels of a figure: `rows` x `columns`, `columns_wide` journal columns, `aspect` of a panel."""

    rows: int = 1
    columns: int = 1
    columns_wide: int = SINGLE
    aspect: float = 0.68
    panels: int | None = None  # where the last row is not full

    def at_least(self, height: float) -> Layout:
        """The same with panels so high that the page is, in inches; of a wide one."""
        return replace(self, aspect=max(self.aspect, height / self.rows * self.columns / PAGE))


Draw: TypeAlias = Callable[[Sequence[Axes], pd.DataFrame], None]


@dataclass(frozen=True)
class Figure:
    """`applies` returns None, or the reason why not.

    `numbers` makes all that is drawn, as one table; what is no column of it (the names of axes)
    stands in its ``attrs``. `draw` reads only that table. `moment` adds what differs from one moment of
    training to the next, all that a film draws anew. `caption` says what bands are, and of how many.
    `follows` names the options that the figure follows: with another it is not drawn. A figure of one run
    follows the metric where it shows the best run of a sweep; of a run alone, that is the best of one.
    `several`: it takes several folders as well as one.
    """

    applies: Callable[[Results, Options], str | None]
    numbers: Callable[[Results, Options], pd.DataFrame]
    draw: Draw
    caption: Callable[[pd.DataFrame], str]
    layout: Callable[[pd.DataFrame], Layout] = lambda _: Layout()
    follows: Sequence[str] = ()
    several: bool = False
    moment: Draw = lambda _axes, _table: None

    def refuses(self, options: Options) -> str | None:
        """The reason why the figure would drop one of `options`; None where it follows them all."""
        dropped = [f"--{name}" for name in options.given if name not in self.follows]
        return f"it does not take {' and '.join(dropped)}" if dropped else None


def needs_finished(results: Results, _options: Options | None = None) -> str | None:
    """The reason why nothing can be drawn: no run has ended."""
    return "no run has a result yet" if results.finished.empty else None


def needs_best(results: Results, options: Options) -> str | None:
    """The reason why no setting is the best: every run, or half of those of each, diverged or blew up."""
    if (reason := needs_finished(results)) or results.ranking(options.metric).best:
        return reason
    which = "at least half of the runs of every setting" if len(results.completed) else "every run"
    return f"{which} {verb_of(results.outcomes)}"


def check_options(results: Results, options: Options, only: Sequence[str] = ()) -> None:
    """Raises RunnerError for a choice that no figure of these results could follow, or one in `only`."""
    metric = results.metric(options.metric)
    if options.threshold and options.threshold > 1 and higher_is_better(metric):
        raise RunnerError(f"--threshold {options.threshold:g}: must be at most 1, as {metric} is")
    for role in (*ROLES, "compare"):
        if key := getattr(options, role):
            _check_role(results, f"--{role}", key)
    if options.col and options.col == options.row:
        raise RunnerError(f"--col {options.col} --row {options.row}: panels need two different ones")
    if options.color and options.color in (options.col, options.row):
        raise RunnerError(f"--color {options.color}: its values are panels, as asked for")
    for option, key in (("--x", options.x), ("--y", options.y)):
        if key and not results.finished.empty:
            _check_key(results, option, key, or_weights=results.weight_names())
    if options.x and options.x == options.y:
        raise RunnerError(f"--x {options.x} --y {options.y}: a plane needs two different ones")
    for name in only:
        if refused := load(name).refuses(options):
            raise RunnerError(f"--only {name}: {refused}")


def check_labels(results: Results, look: Look, names: Collection[str]) -> None:
    """Raises RunnerError for a label of what is neither a column of these results nor one of `names`."""
    known = [*results.swept, *results.runs.columns, *names, "epoch", "update"]
    for key in look.labels:
        if key not in known:
            swept = ", ".join(results.swept) or "none"
            said = f"--labels {key}{did_you_mean(key, known)}: must be a swept key, a metric or an axis"
            raise RunnerError(f"{said}; the swept keys are: {swept}")


def _check_role(results: Results, option: str, key: str) -> None:
    """Raises RunnerError for a key that cannot tell lines or panels apart."""
    _check_key(results, option, key)
    if key not in results.keys:
        said = f"{option} {key}: seeds are repeats"
        raise RunnerError(f"{said}; they become a median and its band")
    if option in ("--col", "--row") and (count := results.runs[key].nunique()) > MOST_PANELS:
        raise RunnerError(
            f"{option} {key}: has {count} values, and there are at most {MOST_PANELS} panels a side"
        )


def _check_key(results: Results, option: str, key: str, or_weights: Sequence[str] = ()) -> None:
    if key not in results.swept and key not in or_weights:
        has = ", ".join(results.swept) or "none"
        more = f"; the weights: {or_weights[0]} to {or_weights[-1]}" if or_weights else ""
        nearest = did_you_mean(key, results.swept)
        raise RunnerError(f"{option} {key}{nearest}: the swept keys are: {has}{more}")


def drops_role(numbers: pd.DataFrame, options: Options) -> str | None:
    """The reason why a figure would tell other keys by colour or by panels than it was asked to."""
    for role, what in ROLES.items():
        if (key := getattr(options, role)) and getattr(numbers.attrs["keys"], role) != key:
            return f"--{role} {key}: {what}"
    return None


HUGE = 1e300


def quantiles(values: Array, at: Sequence[float]) -> Array:
    """Quantiles over the runs, (len(at), ...) of (R, ...), of values of which some may be infinite.

    Between a finite and an infinite value the quantile is infinite; NaN stands for no value.
    """
    finite = np.clip(values, -HUGE, HUGE)  # infinities cannot be interpolated
    with np.errstate(invalid="ignore"):
        quantile = np.full((len(at), *values.shape[1:]), np.nan)
        some = ~np.isnan(finite).all(axis=0)
        of = np.nanquantile if np.isnan(finite).any() else np.quantile  # the first goes column by column
        quantile[:, some] = of(finite[:, some], at, axis=0)
    return np.where(np.abs(quantile) > HUGE / 1e6, np.copysign(np.inf, quantile), quantile)


def rounded(value: float) -> str:
    """Two digits of a number as a reader writes them: 620, not 6.2e+02."""
    return f"{float(f'{value:.2g}'):g}"


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """The places of `most` of so many things, evenly, the first and the last always; all of few."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def groups_of(table: pd.DataFrame, keys: Sequence[str]) -> list[pd.DataFrame]:
    """The rows that share their values of `keys`; all of them where there are no keys."""
    return [group for _, group in table.groupby(list(keys))] if keys else [table]


def counted(number: int, noun: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def verb_of(outcomes: pd.Series[Any]) -> str:
    """What lost runs did: ``diverged``, ``blew up``, or ``diverged or blew up``."""
    verbs = {DIVERGED: "diverged", BLOWN_UP: "blew up"}
    return " or ".join(verb for outcome, verb in verbs.items() if (outcomes == outcome).any())


def losses_of(results: Results) -> str:
    """``3 of 20 runs diverged, 1 blew up (…)``: what a caption says of lost runs; nothing without any."""
    counts = results.outcomes.value_counts()
    verbs = {DIVERGED: "diverged", BLOWN_UP: f"blew up (to {OFF_SCALE:,} times the first error or more)"}
    lost = {verb: counts[outcome] for outcome, verb in verbs.items() if outcome in counts}
    if not results.is_sweep:
        return "".join(f"The run {verb}" for verb in lost)
    said = ", ".join(f"{count:,} {verb}" for verb, count in lost.items())
    return said.replace(" ", f" of {counted(len(results.finished), 'run')} ", 1)


def note_of(results: Results) -> str:
    """What a caption says of runs that are not there; nothing where all have a result."""
    missing = Counter(status for status in results.runs["status"] if status not in FINISHED)
    counts = ", ".join(f"{count:,} {status}" for status, count in missing.items())
    if results.is_interrupted:
        return f" The run was interrupted after epoch {results.runs['epochs'].to_numpy()[0]:,.0f}."
    what = "were stopped early" if {*missing} == {STOPPED} else f"have no result ({counts})"
    text = f" {missing.total():,} of {len(results.runs):,} runs {what}." if missing else ""
    if not results.has_ended:
        text += f" The sweep has not ended; shown are its {len(results.finished):,} runs so far."
    return text


def spread_of(counts: pd.Series[int]) -> str:
    """``3``, or ``2 to 3``."""
    return " to ".join(f"{count}" for count in sorted({counts.min(), counts.max()}))


def star(verdict: Sequence[tuple[str, str]]) -> str:
    """What a caption says of the star that marks the best, by what there is to say of it."""
    said = "; ".join(f"{heading}: {text}" for heading, text in verdict)
    return f". The star marks the {said}" if said else ""
