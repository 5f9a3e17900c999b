"""A run's or a sweep's folder as tidy tables: read once, checked, and never all held at once."""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.errors import RunnerError, did_you_mean
from runner.nn.arrays import Array
from runner.ranking import (
    METRICS,
    Ranking,
    blown_up,
    cost,
    default_metric,
    higher_is_better,
    median,
    rank,
    soonest,
    verdict,
)
from runner.records.histories import Errors, NotShownError, aligned, every, header_of, read_columns
from runner.records.runs_table import bare, one_line, parameters_of, plain, table_of_runs
from runner.records.writing import HISTORY, PARAMETERS, RUNS, refuse_changed

if TYPE_CHECKING:
    from runner.training.experiment import Experiment

#: The column of a history whose numbers a metric sums up.
COLUMNS = {"final_error": "error", "best_error": "error"} | {
    name: name for name in ("test_error", "accuracy", "test_accuracy")
}
#: How runs end of which nothing is to be compared, as `Results.outcomes` says it.
DIVERGED, BLOWN_UP = LOST = ("diverged", "blown up")
#: Errors are kept of all runs, of this many numbers altogether; longer histories are thinned evenly.
MOST_NUMBERS = 2**23
#: Keys whose values may change the columns of a history, by their first words; and those of them that cannot.
SHAPING = ("network", "data", "experiment", "log")
SHAPELESS = (
    "network.activation",
    "network.output_activation",
    "network.weights",
    "data.seed",
    "data.noise",
    "data.points",
    "data.scale",
    "data.test_fraction",
    "log.every",
)


class Results:
    """What a folder holds. `runs` has a row a run, as ``runs.csv``; `swept` are the keys that vary."""

    def __init__(self, folder: str | Path) -> None:
        """Raises RunnerError for a folder without results, or with a table that is not one."""
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise RunnerError(f"{folder}: there is no such folder")
        self._experiments: dict[int, Experiment] = {}
        self._parameters: dict[int, pd.DataFrame] = {}
        self._checked: set[str] = set()
        self._curves: dict[str, Future[Errors]] = {}
        self._rankings: dict[str, Ranking] = {}
        self.is_sweep = not (self.folder / HISTORY).exists()
        self.runs = table_of_runs(self.folder, self.is_sweep)
        named = list(self.runs.columns[1 : list(self.runs.columns).index("status")])
        self.swept = [key for key in named if self._varies(key)]
        self._written: dict[str, dict[Any, str]] = {}  # what runs.csv has, where values are read as others
        for key in self.swept:
            written = self.runs[key]
            found = bare(written)
            if found is not written:
                self._written[key] = dict(zip(found, written, strict=True))
                self.runs[key] = found

    def _varies(self, key: str) -> bool:
        return bool(self.runs[key].astype(str).nunique() > 1)

    @property
    def keys(self) -> list[str]:
        """The swept keys, but for the seed: it makes repeats, not settings."""
        return [key for key in self.swept if key != "seed"]

    @cached_property
    def finished(self) -> pd.DataFrame:
        """The runs that have a result: completed or diverged, in order."""
        return self.runs[self.runs["status"].isin(["completed", "diverged"])]

    @cached_property
    def outcomes(self) -> pd.Series[Any]:
        """How every run ended: its status, but BLOWN_UP where it came to its end off the scale."""
        status = self.runs["status"]
        off_scale = pd.Series(list(map(blown_up, self._lines)), self.runs.index, dtype=bool)
        return status.mask(off_scale & (status == "completed"), BLOWN_UP)

    @cached_property
    def completed(self) -> pd.DataFrame:
        """The runs that can be compared: they came to their end, and did not blow up."""
        return self.runs[self.outcomes == "completed"]

    @cached_property
    def lost(self) -> pd.Series[bool]:
        """Which of the finished runs diverged or blew up."""
        return self.outcomes[self.finished.index].isin(LOST)

    def marks(self, run: int) -> dict[str, Any]:
        """What tells a run's rows from those of others: its number and its swept values."""
        return dict(self.runs.loc[run, ["run", *self.swept]])

    def as_written(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with swept values as ``runs.csv`` has them, so that the two can be joined."""
        keys = [key for key in self._written if key in table]
        return table.assign(**{key: table[key].map(self._written[key]) for key in keys}) if keys else table

    @property
    def rows(self) -> list[int]:
        """The finished runs, by their rows in `runs`."""
        return [int(row) for row in self.finished.index.to_numpy()]

    def path(self, run: int) -> Path:
        """The folder of a run, by its row in `runs`."""
        return self.folder / str(self.runs.at[run, "directory"])

    def name(self, run: int, keys: Sequence[str] | None = None) -> str:
        """A run as its swept values say it, or those of `keys`, as ``runs.csv`` has them."""
        values = {key: self.runs.at[run, key] for key in (self.swept if keys is None else keys)}
        as_written = {key: self._written.get(key, {}).get(value, value) for key, value in values.items()}
        return ", ".join(f"{key}={plain(value)}" for key, value in as_written.items())

    def experiment(self, run: int) -> Experiment:
        """The experiment of a run, rebuilt from the configuration in its folder."""
        import yaml

        from runner.config.compose import load_run
        from runner.records.about import OtherFileError

        if run not in self._experiments:
            path = self.path(run) / ".hydra" / "config.yaml"
            if not path.is_file():
                raise NotShownError(f"there is no {path}")
            try:
                self._experiments[run] = load_run(self.path(run))
            except OtherFileError:
                raise
            except (yaml.YAMLError, UnicodeDecodeError, RunnerError) as error:
                raise RunnerError(f"{path}: {one_line(error)}") from None
        return self._experiments[run]

    def parameters(self, run: int) -> pd.DataFrame:
        """Every weight and bias of a run, before and after. Raises RunnerError where they are not whole."""
        if run not in self._parameters:
            table = parameters_of(self.path(run) / PARAMETERS)
            refuse_changed(self.path(run) / PARAMETERS)
            self._parameters[run] = table
        return self._parameters[run]

    @cached_property
    def with_weights(self) -> list[int]:
        """The finished runs whose weights were recorded."""
        return sorted(run for runs in self._alike.values() if self._weights(runs[0]) for run in runs)

    def weight_names(self) -> list[str]:
        """The weights and biases of the first run whose history has any."""
        return self._weights(self.with_weights[0]) if self.with_weights else []

    def like(self, run: int) -> list[int]:
        """The finished runs whose histories have the step and the weights of `run`, of as large a network."""
        groups = self._alike.values()
        alike = [runs for runs in groups if run in runs or self._shape(runs[0]) == self._shape(run)]
        return sorted(r for runs in alike for r in runs)

    @cached_property
    def _alike(self) -> dict[Any, list[int]]:
        """The finished runs by those swept values that may change the columns of a history."""
        keys = [key for key in self.swept if key.split(".")[0] in SHAPING and key not in SHAPELESS]
        groups: dict[Any, list[int]] = {}
        values = self.finished[keys].astype(str).itertuples(name=None)
        for run, *marks in values:
            groups.setdefault(tuple(marks), []).append(int(run))
        return groups

    def _weights(self, run: int) -> list[str]:
        return [name for name in self.header(run)[1:] if re.fullmatch(r"[wb]\d+", name)]

    def _shape(self, run: int) -> tuple[object, ...]:
        table = self.parameters(run)
        return self.header(run)[0], self._weights(run), table[["layer", "to", "from"]].to_numpy().tolist()

    @cached_property
    def _lines(self) -> list[dict[Any, Any]]:
        """What ranking has to know of each run, in the order of `runs`."""
        told = ["run", "status", "initial_error", "final_error", "best_epoch", *METRICS, *self.keys]
        return self.runs[[name for name in dict.fromkeys(told) if name in self.runs]].to_dict("records")

    def metric(self, asked: str | None = None) -> str:
        """The metric that runs are compared by: as asked for, else the test error, if all hold a part out.

        Raises RunnerError for one that these runs do not have.
        """
        if asked is None:
            return default_metric(self._lines)
        if not self.finished.empty:
            self.check_metric(asked)
        return asked

    def ranking(self, metric: str | None = None) -> Ranking:
        """The settings by `metric`, the best first; runs are told by their rows in `runs`."""
        metric = self.metric(metric)
        if metric not in self._rankings:
            self._rankings[metric] = rank(self._lines, self.keys, metric)
        return self._rankings[metric]

    def verdict(self, metric: str | None = None) -> list[tuple[str, str]]:
        """What there is to say of the best setting: pairs of a heading and a text; of one run nothing."""
        return verdict(self._lines, self.keys, self.metric(metric), lambda run: self.name(run, self.keys))

    def quality(self, metric: str) -> pd.Series[float]:
        """The metric of the finished runs as they are compared: infinitely bad where they diverged."""
        costs = [cost(self._lines[row], metric) for row in self.rows]
        return pd.Series(costs, self.finished.index) * (-1.0 if higher_is_better(metric) else 1.0)

    def middles(self, metric: str | None = None, among: Sequence[int] | None = None) -> list[int]:
        """The rows of the settings' median runs, the best first; those in `among`, where that is given.

        Settings of which at least half of the runs diverged have none.
        """
        found = [setting.middle for setting in self.ranking(metric).settings if np.isfinite(setting.cost)]
        shown = set(found if among is None else among)
        return [run for run in found if run in shown]

    def best(self, metric: str | None = None, among: Sequence[int] | None = None) -> int:
        """The row of the median run of the best setting, of those whose median run is in `among`.

        Raises RunnerError where there is none.
        """
        for run in self.middles(metric, among):
            return run
        raise RunnerError("at least half of the runs of every setting diverged")

    def best_name(self, metric: str | None = None, among: Sequence[int] | None = None) -> str:
        """The run of `best` as a caption says it: its setting, and which of its seeds; else nothing."""
        found = self.middles(metric, among)
        if not found or not self.is_sweep:
            return ""
        run, ranking = found[0], self.ranking(metric)
        by, count = ranking.metric.replace("_", " "), len(ranking.of(run).runs)
        seed = self.name(run, ["seed"] if "seed" in self.swept else []) or f"run {run}"
        middle = f"{seed}, the median of {count} seeds" if count > 1 else ""
        if not self.keys:
            return f"the median run by {by} ({middle})"
        told = "; ".join(filter(None, [self.name(run, self.keys), middle]))
        if run != ranking.settings[0].middle:
            return f"the best setting by {by} of those that can be shown ({told})"
        return f"the best setting by {by} ({told}{soonest(ranking)})"

    def in_order(self, metric: str | None = None) -> list[int]:
        """All rows: the best setting's first, of each its best run first; those without a result last."""
        ranked = [run for setting in self.ranking(metric).settings for run in setting.runs]
        return ranked + sorted(set(self.runs.index) - set(ranked))

    def level(self, metric: str) -> float:
        """The `metric` that counts as learnt: 1 % of the initial error, or 99 % right.

        It is what half of the runs reach, as far as ``runs.csv`` tells, where no run gets to such an
        error, or not half of them to such an accuracy.
        """
        done = self.completed
        if done.empty:
            return float("nan")
        there = done["best_error" if metric == "final_error" else metric].dropna()
        if higher_is_better(metric):
            return min(0.99, median(there))
        goal = 0.01 * median(done["initial_error"])
        return goal if (there <= goal).any() else median(there)

    @cached_property
    def step(self) -> str:
        """What the histories count: epoch or update."""
        return self.header(self.rows[0])[0]

    def header(self, run: int) -> list[str]:
        """The columns of a run's history."""
        return header_of(self.path(run) / HISTORY)

    def history(self, run: int, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A run's history, exactly; all columns, or the step and `columns`."""
        return next(self.histories([run], columns, self.header(run)[0]))

    def histories(
        self, runs: Sequence[int], columns: Sequence[str] | None = None, step: str | None = None
    ) -> Iterator[pd.DataFrame]:
        """The histories of `runs`, in their order, a few at a time. `step` is what they count."""
        for history in self._histories(runs, columns, step):
            yield pd.DataFrame(history, copy=False)

    def _histories(
        self, runs: Sequence[int], columns: Sequence[str] | None, step: str | None = None
    ) -> Iterator[dict[str, Array]]:
        names = None if columns is None else [step or self.step, *columns]
        paths = self._paths(runs)
        for path, history in zip(paths, read_columns(paths, names), strict=True):
            if path not in self._checked:
                _refuse_changed(path)
                self._checked.add(path)
            yield history

    def _paths(self, runs: Sequence[int]) -> list[str]:
        folders = self.runs["directory"].loc[list(runs)]
        return [os.path.normpath(f"{self.folder}/{folder}/{HISTORY}") for folder in folders]

    @property
    def errors(self) -> Errors:
        """The errors of the finished runs, all of them read in one pass."""
        return self.curves("final_error")

    def curves(self, metric: str) -> Errors:
        """What `metric` sums up, of the finished runs at every step, all of it read in one pass."""
        self.read_ahead(metric)
        return self._curves[COLUMNS[metric]].result()

    def read_ahead(self, metric: str) -> None:
        """Begins to read `curves` beside what else is done. What is wrong is raised by `curves`."""
        column = COLUMNS[metric]
        if column not in self._curves:
            self._curves[column] = Future()
            # not waited for by who is interrupted
            Thread(target=self._read_curves, args=(column,), daemon=True).start()

    def _read_curves(self, column: str) -> None:
        try:
            self._curves[column].set_result(self._all_curves(column))
        except BaseException as error:  # of whatever kind: somebody waits for it
            self._curves[column].set_exception(error)

    def _all_curves(self, column: str) -> Errors:
        runs = self.rows
        most = max(2, MOST_NUMBERS // max(1, len(runs)))
        steps: list[Array] = []
        values: list[Array] = []
        reached = np.full(len(runs), np.inf)
        metric = "final_error" if column == "error" else column
        level, more = self.level(metric), higher_is_better(metric)
        for i, history in enumerate(self._histories(runs, [column])):
            at, value = history[self.step], history[column]
            reached[i] = _first_there(at, value, level, more)
            kept = every(len(at), most)
            # equal steps are kept once: they are half of what is held
            steps.append(steps[-1] if steps and np.array_equal(steps[-1], at[kept]) else at[kept])
            values.append(value[kept])
        return aligned(steps, values, reached)

    @property
    def note(self) -> str:
        """What a caption has to say of runs that are not there; nothing where all have a result."""
        missing = Counter(status for status in self.runs["status"] if status not in ("completed", "diverged"))
        found = ", ".join(f"{count:,} {status}" for status, count in missing.items())
        parts = (
            [f"{missing.total():,} of {len(self.runs):,} runs have no result ({found})"] if missing else []
        )
        if self.is_sweep and not (self.folder / RUNS).is_file():
            parts.append(f"The sweep has not ended; shown are its {len(self.finished):,} runs so far")
        return "".join(f" {part}." for part in parts)

    @property
    def metrics(self) -> list[str]:
        """The metrics that these runs have."""
        return [name for name in METRICS if name in self.runs and self.runs[name].notna().any()]

    def check_metric(self, metric: str) -> None:
        """Raises RunnerError for a metric that these runs do not have, or by which none is better."""
        if not self.metrics:
            raise RunnerError(f"{self.folder}: no run has a result yet")
        if metric not in self.metrics:
            nearest = did_you_mean(metric, self.metrics)
            raise RunnerError(f"--metric {metric}{nearest}: these runs have {', '.join(self.metrics)}")

    def check_key(self, option: str, key: str, or_weights: Sequence[str] = ()) -> None:
        """Raises RunnerError for a key that was not swept, and is none of the weights either."""
        if key not in self.swept and key not in or_weights:
            has = ", ".join(self.swept) or "none"
            more = f"; the weights: {or_weights[0]} to {or_weights[-1]}" if or_weights else ""
            raise RunnerError(
                f"{option} {key}{did_you_mean(key, self.swept)}: the swept keys are: {has}{more}"
            )


def read_runs(folder: str | Path) -> pd.DataFrame:
    """A sweep's table of runs, rebuilt from its folders where there is none yet; a run's single row."""
    return Results(folder).runs


def read_histories(folder: str | Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The histories of all finished runs as one tidy table, with the run's number and swept values."""
    results = Results(folder)
    runs = results.rows
    parts = []
    for run, history in zip(runs, results.histories(runs, columns), strict=True):
        parts.append(pd.DataFrame({**results.marks(run), **history}, index=history.index))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _refuse_changed(path: str) -> None:
    """Raises RunnerError where a history is not as it was written, with the row at fault if one is."""
    try:
        refuse_changed(path)
    except RunnerError:
        deque(read_columns([path], None), maxlen=0)
        raise


def _first_there(steps: Array, values: Array, level: float, more: bool) -> float:
    """The first step whose value is at most the level, or at least if `more`; infinity where none is."""
    there = np.flatnonzero(values >= level if more else values <= level)
    return float(steps[there[0]]) if there.size else np.inf
