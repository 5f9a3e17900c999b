"""What a report says, as plain values: nothing of it is escaped yet."""

from __future__ import annotations

import platform
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from runner.errors import RunnerError
from runner.records.names import MULTIRUN, higher_is_better
from runner.results.ranking import BLOWN_UP
from runner.results.rates import RATE, rate_table
from runner.training.endings import OFF_SCALE

if TYPE_CHECKING:
    import pandas as pd

    from runner.figures.drawing import Rendered
    from runner.results import Results

MOST_ROWS = 1000  # of the page's tables; the best ones, where there are more
PACKAGES = ("backprop-runner", "numpy", "hydra-core", "matplotlib", "pandas")


class Row(NamedTuple):
    """A row of a table; `status` says how its run ended, where the table does."""

    values: list[Any]
    is_best: bool
    status: str


@dataclass(frozen=True)
class Table:
    """Runs or settings: `best` are the rows of the best setting, `ranked` all rows, the best first."""

    rows: pd.DataFrame
    best: frozenset[int]
    ranked: Sequence[int]

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
            yield Row(values, index in self.best, status)


@dataclass(frozen=True)
class Page:
    """What a report says, before it is written in one language or another."""

    title: str
    facts: Sequence[tuple[str, str]]
    verdict: Sequence[tuple[str, str]]  # those of the facts that say what is best, and what to do
    runs: Table
    summary: Table  # a row a setting, in short; medians over seeds where there are any
    figures: Sequence[Rendered]
    command: str
    configuration: str
    rates: Table | None = None  # a row a line of settings along the learning rate

    @property
    def has_medians(self) -> bool:
        """Whether settings are no runs: they have repeats over the seed."""
        return "runs" in self.summary.rows

    @property
    def tables(self) -> list[tuple[str, Table]]:
        """The tables with their headings: settings first, where they are no runs."""
        tables = [("Settings", self.summary if self.has_medians else None), ("Learning rates", self.rates)]
        return [*((name, table) for name, table in tables if table), ("Runs", self.runs)]

    @property
    def drawn(self) -> list[Rendered]:
        """The figures that there are."""
        return [figure for figure in self.figures if figure.reason is None]

    @property
    def skipped(self) -> list[Rendered]:
        """The figures that there are not, with their reasons."""
        return [figure for figure in self.figures if figure.reason is not None]


def gather(results: Results, metric: str, figures: Sequence[Rendered]) -> Page:
    """What there is to say about a folder; nothing of it is escaped yet."""
    folder, verdict = results.folder.resolve(), [*results.verdict(metric), *results.advice(metric)]
    used = ", ".join(f"{p} {version(p)}" for p in PACKAGES) + f", Python {platform.python_version()}"
    facts = [
        ("folder", folder.name),
        ("runs", _counts(results)),
        *([("swept", ", ".join(results.swept))] if results.swept else []),
        *verdict,
        ("drawn with", used),
    ]
    title, flags = (f"Sweep {folder.name}", ["-m"]) if results.is_sweep else (f"Run {folder.name}", [])
    command = shlex.join(["backprop-runner", *flags, *_overrides(results)])
    runs, summary = (make(results, metric).most(MOST_ROWS) for make in (_runs, _summary))
    configuration, rates = _configuration(results), _rates(results, metric)
    return Page(title, facts, verdict, runs, summary, figures, command, configuration, rates)


def _counts(results: Results) -> str:
    """How many runs ended in which way."""
    states = Counter(str(outcome) for outcome in results.outcomes)
    meaning = f"; blown up: to {OFF_SCALE:,} times the first error or more" if BLOWN_UP in states else ""
    return ", ".join(f"{n:,} {s}" for s, n in states.items()) + meaning


def _runs(results: Results, metric: str) -> Table:
    """A row a run, as ``runs.csv`` has them, and how it ended; a setting is the best of several only."""
    ranking = results.ranking(metric)
    best = ranking.best.runs if ranking.best and len(ranking.settings) > 1 else ()
    rows = results.as_written(results.runs).drop(columns="directory").assign(status=results.outcomes)
    rows["ending"] = results.endings
    rows = rows.drop(columns=[name for name in ("ending", "period") if not rows[name].any()])
    return Table(rows, frozenset(best), results.in_order(metric))


def _summary(results: Results, metric: str) -> Table:
    """A row a setting: what it was, how it ended, its metrics; of repeats over the seed their medians."""
    metrics = [metric, *(name for name in results.metrics if name not in (metric, "best_error"))]
    if "seed" in results.swept and results.keys:
        return _medians(results, metrics)
    runs = _runs(results, metric)
    varied = [] if (runs.rows["status"] == "completed").all() else ["status"]
    ended = [name for name in ("ending", "period") if name in runs.rows]
    return replace(runs, rows=runs.rows[[*(results.swept or ["run"]), *varied, *ended, *metrics]])


def _medians(results: Results, metrics: Sequence[str]) -> Table:
    """A row a setting: how many runs it has, and its medians; none where at least half were lost."""
    runs, done = results.runs, results.outcomes == "completed"
    by = runs.groupby([runs[key].astype(object) for key in results.keys], sort=False).ngroup()
    counts: dict[str, pd.Series[Any]] = {"runs": done.groupby(by).size()}
    if not done.all():
        counts["completed"] = done.groupby(by).sum()
    if results.endings.any():
        counts["ended"] = results.endings.groupby(by).agg(_endings)
    medians = {name: results.quality(name).groupby(by).median() for name in metrics}
    finite = {name: values.mask(values.abs() == float("inf")) for name, values in medians.items()}
    rows = results.as_written(runs[results.keys]).groupby(by).first().assign(**counts, **finite)
    ranked = list(dict.fromkeys(by[results.in_order(metrics[0])].tolist()))
    best = ranked[:1] if results.ranking(metrics[0]).best else ()
    return Table(rows, frozenset(best), ranked)


def _endings(endings: Iterable[str]) -> str:
    """How the runs of a setting ended: in a word where all ended alike, else how many in which way."""
    counts = Counter(filter(None, endings))
    return ", ".join(f"{n} {ending}" if len(counts) > 1 else ending for ending, n in counts.most_common())


def _rates(results: Results, metric: str) -> Table | None:
    """A row a line of settings: its best rate, what is near it, where runs are lost, and LR sensitivity."""
    if RATE not in results.swept or results.finished[RATE].nunique() < 2:
        return None
    try:
        rows = rate_table(results, metric)
    except RunnerError:  # the figures have said what is wrong with a file
        return None
    ranked = list(rows[metric].sort_values(ascending=not higher_is_better(metric), kind="stable").index)
    best = ranked[:1] if len(rows) > 1 and rows[metric].notna().any() else ()
    rows = rows.drop(columns=[name for name in ("lost_from", "lost_runs") if not rows["lost_runs"].any()])
    return Table(results.as_written(rows), frozenset(best), ranked).most(MOST_ROWS)


def _overrides(results: Results) -> list[str]:
    """The overrides as Hydra wrote them down: of the sweep, or of the run."""
    path = results.folder / (MULTIRUN if results.is_sweep else ".hydra/overrides.yaml")
    if not path.is_file():
        return []
    try:
        loaded: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        task = loaded["hydra"]["overrides"]["task"] if results.is_sweep else loaded
        return [str(override) for override in task]
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: is not as Hydra wrote it: {error}") from None


def _configuration(results: Results) -> str:
    """The configuration of the run, or of a sweep's first one."""
    for run in results.runs.index:
        path = results.path(int(run)) / ".hydra" / "config.yaml"
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")
    return "not recorded"
