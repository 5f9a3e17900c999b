"""The tables of a report, as plain values: settings, learning rates, runs, and what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from runner.errors import RunnerError
from runner.files import kept
from runner.overrides import plain
from runner.records.names import ERROR, FAILED, higher_is_better
from runner.results import intervals
from runner.results.ranking import CHOOSING, HELD_OUT, LOST, tested
from runner.results.rates import NEAR, RATE, SENSITIVITY, rate_table

if TYPE_CHECKING:
    import pandas as pd

    from runner.results import Results

MOST_ROWS = 1000  # of the page's tables; the best ones, where there are more
LOW, HIGH, LEVEL, AGAINST = "low", "high", "epochs_to_level", "against_best"
#: What AGAINST says of a setting; nothing where there are no seeds to tell by.
BEST, ALIKE, WORSE = "the best", "not distinguishable", "worse"


class Row(NamedTuple):
    """A row of a table; `status` says how its run ended, where the table does; `setting` is its number."""

    values: list[Any]
    is_best: bool
    status: str
    setting: int | None = None


@dataclass(frozen=True)
class Table:
    """Runs or settings: `best` are the rows of the best setting, `ranked` all rows, the best first.

    `said` is what a reader has to know of its columns, a sentence each; `settings` the number of each
    row's setting.
    """

    rows: pd.DataFrame
    best: frozenset[int]
    ranked: Sequence[int]
    said: Sequence[str] = ()
    settings: Mapping[int, int] = field(default_factory=dict)

    def most(self, count: int) -> Table:
        """The table as it is, or the best `count` of its rows, the best first."""
        few = len(self.rows) > count
        return replace(self, rows=self.rows.loc[list(self.ranked[:count])]) if few else self

    @property
    def note(self) -> str:
        """What there is to say of rows that are left out; nothing where all are there."""
        few, total = len(self.rows), len(self.ranked)
        return f"the best {few:,} of {total:,}; runs.csv has all runs" if few < total else ""

    @property
    def names(self) -> list[str]:
        """What the columns are called."""
        return list(map(str, self.rows.columns))

    def lines(self) -> Iterator[Row]:
        """The rows, one after the other."""
        statuses = self.rows["status"].astype(str) if "status" in self.rows else [""] * len(self.rows)
        for (index, *values), status in zip(self.rows.itertuples(name=None), statuses, strict=True):
            yield Row(values, index in self.best, status, self.settings.get(index))


class Failure(NamedTuple):
    """Runs that failed for one reason: how many, the first of them by its swept values, and why."""

    runs: int
    first: str
    reason: str


def runs_of(results: Results, metric: str) -> Table:
    """A row a run, the best first: the swept keys, the metric, how it ended and all else of ``runs.csv``.

    A column of which every run has the same is left out, and said.
    """
    ranking = results.ranking(metric)
    best = ranking.best.runs if ranking.best and len(ranking.settings) > 1 else ()
    rows = results.as_written(results.runs).drop(columns="directory").assign(status=results.outcomes)
    rows["ending"] = results.endings
    rows = rows.drop(columns=[name for name in ("ending", "period") if not rows[name].any()])
    ordered = [*dict.fromkeys(["run", *results.swept, metric, *rows.columns])]
    same = _constant(rows, ["run", "status", metric, *results.swept]) if len(rows) > 1 else {}
    said = (
        [f"The same in every run: {', '.join(f'{k}={plain(v)}' for k, v in same.items())}."] if same else []
    )
    rows = rows[[name for name in ordered if name in rows and name not in same]]
    ranked = _by_metric(results, metric)
    return Table(rows.loc[ranked], frozenset(best), ranked, said, _numbers(setting_of(results)))


def _numbers(settings: pd.Series[int]) -> dict[int, int]:
    return dict(zip(settings.index.tolist(), settings.tolist(), strict=True))


def _constant(rows: pd.DataFrame, but: Sequence[str]) -> dict[str, Any]:
    """The columns, not those of `but`, that have one value in all rows, with it."""
    values = {str(name): rows[name].dropna().unique() for name in rows if name not in but}
    return {name: value[0] for name, value in values.items() if len(value) == 1 and rows[name].notna().all()}


def _by_metric(results: Results, metric: str) -> list[int]:
    """All rows by the metric of each, the best first, equals as their settings stand; those without last."""
    costs = results.quality(metric) * (-1.0 if higher_is_better(metric) else 1.0)
    order = results.in_order(metric)
    return sorted(order, key=lambda row: float(costs.get(row, np.inf)))


def settings_of(results: Results, metric: str, threshold: float | None = None) -> Table:
    """A row a setting, the best first: what it was, its runs, the median of `metric` and how sure that is.

    Then the medians of the other metrics, when it was learnt, and how its runs ended.
    """
    runs, outcomes, by = results.runs, results.outcomes, setting_of(results)
    sizes, lost = outcomes.groupby(by).size(), outcomes.isin(LOST)
    columns: dict[str, pd.Series[Any]] = {"runs": sizes} if len(sizes) < len(runs) else {}
    if lost.any():
        columns["diverged"] = lost.groupby(by).sum()
    sure, said = _sure(results, metric, by)
    reached, which = _reached(results, metric, threshold)
    columns |= {metric: _medians(results, metric, by), **sure}
    kept_back = [
        name for name in HELD_OUT if tested(metric) and name not in CHOOSING
    ]  # of the best, findings
    others = (name for name in results.metrics if name not in (metric, "best_error", *kept_back))
    columns |= {name: _medians(results, name, by) for name in others}
    if reached is not None:
        columns[LEVEL] = _finite(reached.groupby(by).median())
    if results.endings.any():
        columns["ended"] = results.endings.groupby(by).agg(_endings)
    rows = results.as_written(runs[results.keys or ["run"]]).groupby(by).first().assign(**columns)
    ranked = list(dict.fromkeys(by[results.in_order(metric)].tolist()))
    best = ranked[:1] if results.ranking(metric).best else ()
    return Table(rows.loc[ranked], frozenset(best), ranked, [*said, *which], {i: i for i in ranked})


def setting_of(results: Results) -> pd.Series[int]:
    """The number of each run's setting: that of the runs which differ in nothing but their seed."""
    import pandas as pd

    runs = results.runs
    if not results.keys:
        return pd.Series(0 if "seed" in results.swept else np.arange(len(runs)), runs.index)
    return runs.groupby([runs[key].astype(object) for key in results.keys], sort=False).ngroup()


def _medians(results: Results, metric: str, by: pd.Series[int]) -> pd.Series[float]:
    return _finite(results.quality(metric).groupby(by).median())


def _finite(values: pd.Series[float]) -> pd.Series[float]:
    """Nothing where at least half of the runs were lost."""
    return values.where(np.isfinite(values))


def _sure(results: Results, metric: str, by: pd.Series[int]) -> tuple[dict[str, pd.Series[Any]], list[str]]:
    """The interval of each setting's median, and whether the seeds tell it from the best; what those are."""
    table = intervals.settings_table(results, metric)
    table.index = by[table.index]
    columns: dict[str, pd.Series[Any]] = {}
    said = []
    if np.isfinite(table[[LOW, HIGH]].to_numpy(dtype=float)).any():
        columns |= {name: _finite(table[name].astype(float)) for name in (LOW, HIGH)}
        said.append(f"{LOW}, {HIGH}: the 95 % bootstrap interval of the median of {metric}.")
    if table["distinguishable"].notna().any():
        words = {True: WORSE, False: ALIKE}
        against = table["distinguishable"].map(lambda apart: words.get(apart, ""))
        against.iloc[0] = BEST if results.ranking(metric).best else against.iloc[0]
        columns[AGAINST] = against
        said.append(f"{AGAINST}: whether the ranks of the seeds tell it from the best (at 95 %).")
    return columns, said


def _endings(endings: Iterable[str]) -> str:
    """How the runs of a setting ended: in a word where all ended alike, else how many in which way."""
    counts = Counter(filter(None, endings))
    return ", ".join(f"{n} {ending}" if len(counts) > 1 else ending for ending, n in counts.most_common())


def _reached(
    results: Results, metric: str, threshold: float | None
) -> tuple[pd.Series[float] | None, list[str]]:
    """The count from which on each finished run keeps to the level of the metric, and what that is."""
    import pandas as pd

    if not results.is_sweep or results.ranking(metric).best is None:  # where all were lost, none learnt
        return None, []
    try:
        reached = pd.Series(results.curves(metric, threshold).reached, results.finished.index)
    except RunnerError:  # the figures have said what is wrong with a file
        return None, []
    level = results.level(metric)
    value, origin = (level.value, level.origin) if threshold is None else (threshold, "as asked for")
    which = f"{results.unit} from which on {metric} stays at {value:g} ({origin})"
    return reached, [f"{LEVEL}: the median {which}; empty where half of the runs do not get there."]


def rates_of(results: Results, metric: str) -> Table | None:
    """A row a line of settings: its best rate, what is near it, where runs are lost, and LR sensitivity."""
    if RATE not in results.swept or results.finished[RATE].nunique() < 2:
        return None
    try:
        rows = rate_table(results, metric)
    except RunnerError:  # the figures have said what is wrong with a file
        return None
    if rows[metric].isna().all():  # every run was lost, which the findings say
        return None
    ranked = list(rows[metric].sort_values(ascending=not higher_is_better(metric), kind="stable").index)
    best = ranked[:1] if len(rows) > 1 else ()
    rows = rows.drop(columns=[name for name in ("lost_from", "lost_runs") if not rows["lost_runs"].any()])
    return Table(results.as_written(rows), frozenset(best), ranked, list(_said_of_rates(rows, metric)))


def _said_of_rates(rows: pd.DataFrame, metric: str) -> Iterator[str]:
    """What the columns of a table of rates are."""
    near = f"near_from, near_to: the rates around it within {100 * NEAR:g} %"
    yield f"best_rate: where the median of {metric} is best; {near}."
    if "lost_from" in rows:
        yield "lost_from, lost_runs: the least rate at which runs diverged or blew up, and how many there."
    mean = "in the mean over the logarithm of the rate"
    yield f"{SENSITIVITY}: by how much {metric} is worse than its best, {mean}."


def failures_of(results: Results) -> list[Failure]:
    """What failed, by the reasons that the runs left in ``error.txt``."""
    groups: dict[str, list[int]] = {}
    for run in results.runs.index[results.runs["status"] == FAILED]:
        groups.setdefault(_reason(results, int(run)), []).append(int(run))
    return [Failure(len(runs), results.name(runs[0]), reason) for reason, runs in groups.items()]


def _reason(results: Results, run: int) -> str:
    try:
        text = kept(results.place(run) / ERROR).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "no reason was recorded"
    return text.strip() or "no reason was recorded"
