"""A run's or a sweep's folder as tidy tables: read once, checked, and never all held at once."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import cached_property
from itertools import groupby
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.arrays import Array
from runner.errors import RunnerError, did_you_mean
from runner.histories import Errors, NotShownError, aligned, every, header_of, read_columns
from runner.history import HISTORY, PARAMETERS, RUNS
from runner.tables import bare, one_line, parameters_of, plain, table_of_runs

if TYPE_CHECKING:
    from runner.experiment import Experiment

#: What runs can be compared by, and whether more of it is better.
METRICS = {
    "final_error": False,
    "best_error": False,
    "test_error": False,
    "accuracy": True,
    "test_accuracy": True,
}
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
        self._reached: dict[int, float] = {}
        self._errors: Future[Errors] = Future()
        self._reader = Thread(target=self._read_errors, daemon=True)  # not waited for by who is interrupted
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

    def name(self, run: int) -> str:
        """A run as its swept values say it."""
        return ", ".join(f"{key}={plain(self.runs.at[run, key])}" for key in self.swept)

    def experiment(self, run: int) -> Experiment:
        """The experiment of a run, rebuilt from the configuration in its folder."""
        import yaml

        from runner.api import load_run

        if run not in self._experiments:
            path = self.path(run) / ".hydra" / "config.yaml"
            if not path.is_file():
                raise NotShownError(f"there is no {path}")
            try:
                self._experiments[run] = load_run(self.path(run))
            except (yaml.YAMLError, UnicodeDecodeError, RunnerError) as error:
                raise RunnerError(f"{path}: {one_line(error)}") from None
        return self._experiments[run]

    def parameters(self, run: int) -> pd.DataFrame:
        """Every weight and bias of a run, before and after. Raises RunnerError where they are not whole."""
        if run not in self._parameters:
            self._parameters[run] = parameters_of(self.path(run) / PARAMETERS)
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

    def best(self, metric: str = "final_error", among: Sequence[int] | None = None) -> int:
        """The row of the completed run with the best `metric`, of those in `among` or of all.

        Of equals it is the one that was soonest at the threshold, then the first. Raises RunnerError
        where there is none.
        """
        return self._leaders(metric, among)[0]

    def best_name(self, metric: str, among: Sequence[int] | None = None) -> str:
        """The best run as its swept values say it, and of how many equals it is the first."""
        leaders = self._leaders(metric, among)
        name = self.name(leaders[0])
        return name + (f"; the soonest of {len(leaders)} equals" if len(leaders) > 1 else "")

    def _leaders(self, metric: str, among: Sequence[int] | None) -> list[int]:
        """The rows of all runs that share the best `metric`, the best of them first."""
        values = self.runs.loc[self.runs["status"] == "completed", metric].dropna()
        if among is not None:
            values = values[values.index.isin(among)]
        if values.empty:
            raise RunnerError("no run is completed with a finite error")
        leaders = values.index[values == (values.max() if METRICS[metric] else values.min())].tolist()
        if len(leaders) == 1:
            return leaders
        soon = self.reached(leaders)
        return sorted(leaders, key=lambda run: (soon[run], run))

    def reached(self, runs: Sequence[int]) -> dict[int, float]:
        """The first step of each of `runs` whose error is at most the threshold; infinite where none is."""
        new = [run for run in runs if run not in self._reached]
        if new and self._errors.done() and self._errors.exception() is None:
            soon = np.nan_to_num(self._errors.result().reached, nan=np.inf)
            self._reached.update(zip(self.rows, soon.tolist(), strict=True))
        elif new:  # few of many: the others are not waited for
            for step, alike in groupby(new, key=lambda run: self.header(run)[0]):
                found = list(alike)
                histories = read_columns(self._paths(found), [step, "error"])
                for run, history in zip(found, histories, strict=True):
                    self._reached[run] = _first_below(history[step], history["error"], self.threshold)
        return {run: self._reached[run] for run in runs}

    @cached_property
    def threshold(self) -> float:
        """The error that counts as learnt: 1 % of the initial one, or what half of the runs reach."""
        done = self.finished[self.finished["status"] == "completed"]
        if done.empty:
            return float("nan")
        goal = 0.01 * float(done["initial_error"].median())
        return goal if (done["best_error"] <= goal).any() else float(done["best_error"].median())

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
        return read_columns(self._paths(runs), names)

    def _paths(self, runs: Sequence[int]) -> list[str]:
        folders = self.runs["directory"].loc[list(runs)]
        return [os.path.normpath(f"{self.folder}/{folder}/{HISTORY}") for folder in folders]

    @property
    def errors(self) -> Errors:
        """The errors of the finished runs, all of them read in one pass."""
        self.read_ahead()
        return self._errors.result()

    def read_ahead(self) -> None:
        """Begins to read `errors` beside what else is done. What is wrong is raised by `errors`."""
        if self._reader.ident is None:
            self._reader.start()

    def _read_errors(self) -> None:
        try:
            self._errors.set_result(self._all_errors())
        except BaseException as error:  # of whatever kind: somebody waits for it
            self._errors.set_exception(error)

    def _all_errors(self) -> Errors:
        runs = self.rows
        most = max(2, MOST_NUMBERS // max(1, len(runs)))
        steps: list[Array] = []
        values: list[Array] = []
        reached = np.full(len(runs), np.inf)
        for i, history in enumerate(self._histories(runs, ["error"])):
            at, error = history[self.step], history["error"]
            reached[i] = _first_below(at, error, self.threshold)
            kept = every(len(at), most)
            # equal steps are kept once: they are half of what is held
            steps.append(steps[-1] if steps and np.array_equal(steps[-1], at[kept]) else at[kept])
            values.append(error[kept])
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


def higher_is_better(metric: str) -> bool:
    return METRICS[metric]


def _first_below(steps: Array, errors: Array, threshold: float) -> float:
    """The first step whose error is at most the threshold; infinity where none is."""
    below = np.flatnonzero(errors <= threshold)
    return float(steps[below[0]]) if below.size else np.inf
