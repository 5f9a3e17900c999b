"""A folder's table of runs: how they ended, what they are compared by, and which setting is the best."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.errors import RunnerError, did_you_mean
from runner.overrides import bare, plain
from runner.records.lines import Line
from runner.records.names import (
    COMPLETED,
    FINISHED,
    HISTORY,
    INTERRUPTED,
    METRICS,
    RUNS,
    higher_is_better,
)
from runner.records.runs_table import runs_now
from runner.records.stores import stored
from runner.results.advice import Advice, advice, ending_of
from runner.results.levels import Level, level_of
from runner.results.ranking import (
    BLOWN_UP,
    LOST,
    Ranking,
    blown_up,
    cost,
    default_metric,
    median,
    rank,
    verdict,
)

if TYPE_CHECKING:
    import pandas as pd

#: Values that stand for another, by their keys, and what a reader calls it.
STANDING_FOR = {"batch_size": {"null": "full"}}


class Runs:
    """The runs of a folder. `runs` has a row a run, as ``runs.csv``; `swept` are the keys that vary.

    `is_interrupted` tells that a signal has ended a run alone.
    """

    is_interrupted = False

    def __init__(self, folder: str | Path) -> None:
        """Raises RunnerError for a folder without results, or with a table that is not one."""
        self.folder = Path(folder)
        if at := stored(folder):
            raise RunnerError(
                f"{folder}: is in the files of a sweep without folders; write it first, with "
                f"backprop-export {at.store.sweep} --run {at.run}"
            )
        if not self.folder.is_dir():
            raise RunnerError(f"{folder}: there is no such folder")
        self._rankings: dict[str, Ranking] = {}
        self.sources: tuple[str, ...] = ()  # of several folders, what each is called
        self.unlike: list[str] = []  # in which of their data and budgets these differ
        self.is_sweep = not (self.folder / HISTORY).exists()
        self.has_ended = not self.is_sweep or (self.folder / RUNS).is_file()
        self.runs = runs_now(self.folder, self.is_sweep)
        if not self.is_sweep and self.runs.at[0, "status"] == INTERRUPTED:
            self.is_interrupted = True
            self.runs["status"] = COMPLETED  # it is shown as far as it is
        keys = self.runs.loc[:, :"status"].columns[1:-1]
        self.swept = [key for key in keys if self.runs[key].astype(str).nunique() > 1]
        self._written: dict[str, dict[Any, str]] = {}  # what runs.csv has, where values are read as others
        for key in self.swept:
            written = self.runs[key]
            values = bare(written.replace(STANDING_FOR[key]) if key in STANDING_FOR else written)
            if values is not written:
                self._written[key] = dict(zip(values, written, strict=True))
                self.runs[key] = values

    @property
    def keys(self) -> list[str]:
        """The swept keys, but for the seed: it makes repeats, not settings."""
        return [key for key in self.swept if key != "seed"]

    @property
    def metrics(self) -> list[str]:
        """The metrics that these runs have."""
        return [name for name in METRICS if name in self.runs and self.runs[name].notna().any()]

    @cached_property
    def finished(self) -> pd.DataFrame:
        """The runs that have a result: completed or diverged, in order."""
        return self.runs[self.runs["status"].isin(FINISHED)]

    @cached_property
    def outcomes(self) -> pd.Series[Any]:
        """How every run ended: its status, but BLOWN_UP where it came to its end off the scale."""
        status = self.runs["status"]
        off_scale = np.array([blown_up(line) for line in self._lines], dtype=bool)
        return status.mask(off_scale & (status == "completed"), BLOWN_UP)

    @cached_property
    def endings(self) -> pd.Series[str]:
        """How every run ended, one of ENDINGS; DIVERGED where it blew up, nothing where that is not known."""
        import pandas as pd

        return pd.Series(list(map(ending_of, self._lines)), self.runs.index, dtype=object)

    @cached_property
    def completed(self) -> pd.DataFrame:
        """The runs that can be compared: they came to their end, and did not blow up."""
        return self.runs[self.outcomes == "completed"]

    @cached_property
    def lost(self) -> pd.Series[bool]:
        """Which of the finished runs diverged or blew up."""
        return self.outcomes[self.finished.index].isin(LOST)

    @property
    def rows(self) -> list[int]:
        """The finished runs, by their rows in `runs`."""
        return [int(row) for row in self.finished.index.to_numpy()]

    def marks(self, run: int) -> dict[str, Any]:
        """What tells a run's rows from those of others: its number and its swept values."""
        return dict(self.runs.loc[run, ["run", *self.swept]])

    def as_written(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with swept values as ``runs.csv`` has them, so that the two can be joined."""
        keys = [key for key in self._written if key in table]
        return table.assign(**{key: table[key].map(self._written[key]) for key in keys}) if keys else table

    def name(self, run: int, keys: Sequence[str] | None = None) -> str:
        """A run as its swept values say it, or those of `keys`, as ``runs.csv`` has them."""
        values = {key: self.runs.at[run, key] for key in (self.swept if keys is None else keys)}
        as_written = {key: self._written.get(key, {}).get(value, value) for key, value in values.items()}
        return ", ".join(f"{key}={plain(value)}" for key, value in as_written.items())

    @cached_property
    def _lines(self) -> list[Line]:
        """What ranking has to know of each run, in the order of `runs`."""
        results = [name for name in ("epochs", "initial_error", "best_epoch", *METRICS) if name in self.runs]
        rows: Any = self.runs.to_dict("records")
        return [
            Line(
                row["run"],
                {key: row[key] for key in self.keys},
                row["status"],
                {name: row[name] for name in results},
                row["directory"],
                row["ending"],
            )
            for row in rows
        ]

    @cached_property
    def _default_metric(self) -> str:
        return default_metric(self._lines)

    def metric(self, asked: str | None = None) -> str:
        """The metric that runs are compared by: as asked for, else the first of ``ranking.PREFERRED`` that
        all have.

        Raises RunnerError for one that these runs do not have.
        """
        if asked is None:
            return self._default_metric
        if not self.finished.empty and asked not in self.metrics:
            nearest, has = did_you_mean(asked, self.metrics), ", ".join(self.metrics)
            said = f"--metric {asked}{nearest}: these runs have {has}"
            raise RunnerError(said if has else f"{self.folder}: no run has a result yet")
        return asked

    def ranking(self, metric: str | None = None) -> Ranking:
        """The settings by `metric`, the best first; runs are told by their rows in `runs`."""
        metric = self.metric(metric)
        if metric not in self._rankings:
            self._rankings[metric] = rank(self._lines, self.keys, metric)
        return self._rankings[metric]

    def verdict(self, metric: str | None = None) -> list[tuple[str, str]]:
        """What there is to say of the best setting: pairs of a heading and a text; of one run nothing."""
        return verdict(self._lines, self.keys, self.ranking(metric), lambda run: self.name(run, self.keys))

    def advice(self, metric: str | None = None) -> list[Advice]:
        """How the runs ended and what follows from it; of one run nothing."""
        return advice(self._lines, self.keys, self.ranking(metric), lambda run: self.name(run, self.keys))

    def quality(self, metric: str) -> pd.Series[float]:
        """The metric of the finished runs as they are compared: infinitely bad where they diverged."""
        import pandas as pd

        costs = [cost(self._lines[row], metric) for row in self.rows]
        return pd.Series(costs, self.finished.index) * (-1.0 if higher_is_better(metric) else 1.0)

    def middles(self, metric: str | None = None, among: Sequence[int] | None = None) -> list[int]:
        """The rows of the settings' median runs, the best first; those in `among`, where that is given.

        Settings of which at least half of the runs diverged have none.
        """
        middles = self.ranking(metric).middles
        wanted = None if among is None else set(among)
        return [run for run in middles if wanted is None or run in wanted]

    def best(self, metric: str | None = None, among: Sequence[int] | None = None) -> int:
        """The row of the median run of the best setting, of those whose median run is in `among`.

        Raises RunnerError where there is none.
        """
        if middles := self.middles(metric, among):
            return middles[0]
        raise RunnerError("at least half of the runs of every setting diverged")

    def best_name(self, metric: str | None = None, among: Sequence[int] | None = None) -> str:
        """The run of `best` as a caption says it: its setting, and which of its seeds; else nothing."""
        middles = self.middles(metric, among)
        if not middles or not self.is_sweep:
            return ""
        run, ranking = middles[0], self.ranking(metric)
        count = len(ranking.of(run).runs)
        seed = self.name(run, ["seed"] if "seed" in self.swept else []) or f"run {run}"
        middle = f"{seed}, the median of {count} seeds" if count > 1 else ""
        if not self.keys:
            return f"the median run by {ranking.words} ({middle})"
        setting = "; ".join(filter(None, [self.name(run, self.keys), middle]))
        if run != ranking.settings[0].middle:
            return f"the best setting by {ranking.words} of those that can be shown ({setting})"
        return f"the best setting by {ranking.words} ({setting}{ranking.soonest})"

    def in_order(self, metric: str | None = None) -> list[int]:
        """All rows: the best setting's first, of each its best run first; those without a result last."""
        ranked = [run for setting in self.ranking(metric).settings for run in setting.runs]
        return ranked + sorted(set(self.runs.index) - set(ranked))

    def level(self, metric: str) -> Level:
        """The `metric` that counts as learnt, which at least half of the settings end at."""
        metric = "final_error" if metric == "best_error" else metric  # what is best is not kept to
        costs = [cost(line, metric) for line in self._lines]
        return level_of(self.ranking(metric), costs, median(self.completed["initial_error"]))
