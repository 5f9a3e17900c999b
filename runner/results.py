"""A run's or a sweep's folder as tidy tables: read once, checked, and never all held at once.

Thousands of histories are read with pyarrow, a hundred files at a time, and only the columns that
are asked for. The error columns of 1,000 histories of 1,001 rows, on two cores: pyarrow's data sets
0.25 s, pyarrow file by file in threads 0.35 s, polars' scan 0.4 s, pandas 0.7 s
(``tests/benchmarks/figures.py``). pyarrow is taken because it leaves the interpreter to others as it
reads, so that figures are drawn meanwhile, and is imported in a third of the time.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runner.api import exact_floats
from runner.arrays import Array
from runner.errors import RunnerError, did_you_mean
from runner.history import ERROR, HISTORY, RESULT_COLUMNS, SUMMARY
from runner.running import swept_values

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.csv import ReadOptions

    from runner.experiment import Experiment

RUNS = "runs.csv"
STATUSES = ("completed", "diverged", "failed", "interrupted")
#: Errors are kept of all runs, of this many numbers altogether; longer histories are thinned evenly.
MOST_NUMBERS = 2**23
#: Files that are read at a time.
BATCH = 100
#: The longest number of a history in bytes, with its comma: ``-1.2345678901234567e-308,``.
LONGEST = 25


@dataclass(frozen=True)
class Errors:
    """The errors (R, T) at `steps` (T,); NaN where a run has no row, after its end too.

    `reached` (R,) is the first step of each run whose error is at most the threshold, or NaN; it
    is found on whole histories, before they are thinned.
    """

    steps: Array
    values: Array
    reached: Array


class Results:
    """What a folder holds. `runs` has a row a run, as ``runs.csv``; `swept` are the keys that vary."""

    def __init__(self, folder: str | Path) -> None:
        """Raises RunnerError for a folder without results, or with a table that is not one."""
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise RunnerError(f"{folder}: there is no such folder")
        self._experiments: dict[int, Experiment] = {}
        self._errors: Future[Errors] = Future()
        self._reader = Thread(target=self._read_errors, daemon=True)  # not waited for by who is interrupted
        self.is_sweep = not (self.folder / HISTORY).exists()
        self.runs = _table_of_runs(self.folder, self.is_sweep)
        named = list(self.runs.columns[1 : list(self.runs.columns).index("status")])
        self.swept = [key for key in named if self._varies(key)]
        for key in self.swept:
            self.runs[key] = _bare(self.runs[key])

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

    def best(self, metric: str = "final_error") -> int:
        """The row of the completed run with the best `metric`. Raises RunnerError where there is none."""
        values = self.runs.loc[self.runs["status"] == "completed", metric].dropna()
        if values.empty:
            raise RunnerError("no run is completed with a finite error")
        place = values.argmax() if higher_is_better(metric) else values.argmin()
        return int(values.index.to_numpy()[place])

    def experiment(self, run: int) -> Experiment:
        """The experiment of a run, rebuilt from the configuration in its folder."""
        from runner.api import load_run

        if run not in self._experiments:
            self._experiments[run] = load_run(self.path(run))
        return self._experiments[run]

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
        return _header(self.path(run) / HISTORY)

    def history(self, run: int, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A run's history, exactly; all columns, or the step and `columns`."""
        return next(self.histories([run], columns))

    def histories(self, runs: Sequence[int], columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """The histories of `runs`, in their order, a few at a time."""
        for history in self._histories(runs, columns):
            yield pd.DataFrame(history, copy=False)

    def _histories(self, runs: Sequence[int], columns: Sequence[str] | None) -> Iterator[dict[str, Array]]:
        folders = self.runs["directory"].loc[list(runs)]
        paths = [os.path.normpath(f"{self.folder}/{folder}/{HISTORY}") for folder in folders]
        for start in range(0, len(paths), BATCH):
            batch = paths[start : start + BATCH]
            if columns is not None:
                yield from _read_together(batch, [self.step, *columns])
            else:
                for header, alike in groupby(batch, key=_header):
                    yield from _read_together(list(alike), header)

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
        reached = np.full(len(runs), np.nan)
        for i, history in enumerate(self._histories(runs, ["error"])):
            at, error = history[self.step], history["error"]
            below = np.flatnonzero(error <= self.threshold)
            if below.size:
                reached[i] = at[below[0]]
            kept = _thinned(len(at), most)
            # equal steps are kept once: they are half of what is held
            steps.append(steps[-1] if steps and np.array_equal(steps[-1], at[kept]) else at[kept])
            values.append(error[kept])
        return _aligned(steps, values, reached)

    def check_metric(self, metric: str) -> None:
        """Raises RunnerError for a metric that the table of runs does not have."""
        known = [c for c in RESULT_COLUMNS if c in self.runs and c != "status"]
        if metric not in known:
            nearest = did_you_mean(metric, known)
            raise RunnerError(f"--metric {metric}{nearest}: these runs have {', '.join(known)}")

    def check_key(self, option: str, key: str) -> None:
        """Raises RunnerError for a key that was not swept."""
        if key not in self.swept:
            has = ", ".join(self.swept) or "none"
            raise RunnerError(f"{option} {key}{did_you_mean(key, self.swept)}: the swept keys are: {has}")


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
    return metric.endswith("accuracy")


def plain(value: Any) -> str:
    """A swept value as a reader writes it."""
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)


# --- the table of runs -----------------------------------------------------------------------


def _table_of_runs(folder: Path, is_sweep: bool) -> pd.DataFrame:
    path = folder / (RUNS if is_sweep else SUMMARY)
    if path.is_file():
        table = _read_table(path)
        if not is_sweep:  # the line of a sweep's run says where it is from there
            table = table.drop(columns=list(table.columns[1 : list(table.columns).index("status")]))
            table["directory"] = "."
    elif is_sweep:
        table = _from_folders(folder)
    else:
        raise RunnerError(f"{folder}: the run is not finished; there is no {SUMMARY}")
    if table.empty:
        raise RunnerError(f"{folder}: the sweep has no runs yet; there is nothing to draw")
    table["directory"] = table["directory"].astype(str)
    return table.sort_values("run", kind="stable", ignore_index=True)


def _read_table(path: Path) -> pd.DataFrame:
    try:
        floats = exact_floats(pd.__version__)
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], **floats)
    except (ValueError, OSError) as error:
        raise RunnerError(f"{path}: cannot be read as CSV: {error}") from None
    for column in ("run", "status", "final_error", "initial_error", "best_error", "directory"):
        if column not in table:
            raise RunnerError(f"{path}: is not a table of runs; it has no column '{column}'")
    unknown = table.loc[~table["status"].isin(STATUSES), "status"]
    if len(unknown):
        raise RunnerError(
            f"{path}, line {unknown.index[0] + 2}: status '{unknown.iloc[0]}' "
            f"is none of {', '.join(STATUSES)}"
        )
    for column in [c for c in ("run", *RESULT_COLUMNS) if c in table and c != "status"]:
        numbers = pd.to_numeric(table[column], errors="coerce")
        wrong = table.index[numbers.isna() & table[column].notna()]
        if len(wrong):
            value = str(table.at[wrong[0], column])
            raise RunnerError(f"{path}, line {wrong[0] + 2}, column {column}: '{value}' is not a number")
        table[column] = numbers
    return table


def _from_folders(folder: Path) -> pd.DataFrame:
    """The table that a sweep has not written yet, from the folders of its runs."""
    numbered = (path for path in folder.iterdir() if path.name.isdigit() and path.is_dir())
    jobs = sorted(numbered, key=lambda path: int(path.name))
    if not jobs and not (folder / "multirun.yaml").exists():
        raise RunnerError(f"{folder}: is neither the folder of a run nor of a sweep: no {HISTORY}, no {RUNS}")
    parts = [_read_table(j / SUMMARY) if (j / SUMMARY).exists() else _unfinished(j) for j in jobs]
    if not parts:
        return pd.DataFrame()
    keys = dict.fromkeys(c for p in parts for c in p.columns[1 : list(p.columns).index("status")])
    others = dict.fromkeys(c for p in parts for c in p.columns if c not in keys and c != "run")
    table = pd.concat([p.dropna(axis=1, how="all") for p in parts], ignore_index=True)
    table = table.reindex(columns=["run", *keys, *others])
    table["directory"] = [job.name for job in jobs]
    return table


def _unfinished(job: Path) -> pd.DataFrame:
    """The row of a run without a result, from the overrides that Hydra wrote."""
    import yaml

    path = job / ".hydra" / "overrides.yaml"
    overrides = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    swept = swept_values(map(str, overrides or []))
    status = "failed" if (job / ERROR).exists() else "interrupted"
    numbers = dict.fromkeys(("initial_error", "final_error", "best_error"), np.nan)
    row = {"run": int(job.name), **swept, "status": status, **numbers, "directory": job.name}
    frame = pd.DataFrame([row])
    for key in swept:
        numeric = pd.to_numeric(frame[key], errors="coerce")
        frame[key] = numeric if numeric.notna().all() else frame[key]
    return frame


def _bare(values: pd.Series[Any]) -> pd.Series[Any]:
    """Lists of one number, as sizes of a single hidden layer are, as numbers."""
    found = [re.fullmatch(r"\[\s*([-+.\deE]+)\s*\]", str(value)) for value in values]
    if all(found):
        return pd.to_numeric(pd.Series([f[1] for f in found if f], index=values.index))
    return values


# --- histories -------------------------------------------------------------------------------


def _read_together(paths: Sequence[str], names: Sequence[str]) -> Iterator[dict[str, Array]]:
    """The columns `names` of histories, in their order. Raises RunnerError as `_read` does."""
    import pyarrow as pa
    from pyarrow import csv as arrow
    from pyarrow import dataset

    types = _types(names)
    layout = dataset.CsvFileFormat(
        read_options=_blocks(paths[0]),
        convert_options=arrow.ConvertOptions(column_types=types, null_values=[]),
    )
    try:
        histories = dataset.dataset(list(paths), schema=pa.schema(types), format=layout)
        table = histories.to_table(columns=[*names, "__filename"])
    except (pa.ArrowInvalid, OSError):  # in one of them
        yield from (_read(path, names) for path in paths)
        return
    lengths = dict.fromkeys(paths, 0)
    for chunk in filter(len, table["__filename"].chunks):
        lengths[chunk[0].as_py()] += len(chunk)
    together = {name: table[name].to_numpy() for name in names}
    ends = np.cumsum(list(lengths.values()))
    # What is absent is null, and so is an absent column.
    if any(table[name].null_count for name in names) or not all(lengths.values()) or _fault(together, ends):
        yield from (_read(path, names) for path in paths)  # says of which what is wrong
        return
    for start, end in pairwise([0, *ends.tolist()]):
        yield {name: values[start:end] for name, values in together.items()}


def _read(path: str, names: Sequence[str]) -> dict[str, Array]:
    """The columns `names` of a history. Raises RunnerError naming the file and what is wrong in it."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    convert = arrow.ConvertOptions(include_columns=names, column_types=_types(names), null_values=[])
    try:
        table = arrow.read_csv(path, _blocks(path), convert_options=convert)
    except KeyError:
        missing = next(name for name in names if name not in _header(path))
        raise RunnerError(f"{path}: has no column '{missing}'") from None
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: is not a history as it was written: {error}") from None
    except OSError:
        raise RunnerError(f"{path}: there is no such file, or it cannot be read") from None
    history = {name: table[name].to_numpy() for name in names}
    if fault := _fault(history, []):
        raise RunnerError(f"{path}: {fault}")
    return history


def _types(names: Sequence[str]) -> dict[str, pa.DataType]:
    import pyarrow as pa

    return {names[0]: pa.int64(), **dict.fromkeys(names[1:], pa.float64())}


def _blocks(path: str) -> ReadOptions:
    """pyarrow wants a row to fit into a block."""
    from pyarrow.csv import ReadOptions

    return ReadOptions(use_threads=False, block_size=max(2**20, LONGEST * (len(_header(path)) + 1)))


def _fault(histories: dict[str, Array], ends: Sequence[int] | Array) -> str | None:
    """What is wrong with the numbers of histories, one after the other, that end before `ends`."""
    (step, steps), *others = histories.items()
    if not len(steps):
        return "has no rows"
    falls = np.flatnonzero(np.diff(steps) <= 0) + 1  # where the next history begins
    if not np.isin(falls, ends).all():
        return f"column '{step}' does not increase from row to row"
    for name, values in others:
        if not np.isfinite(values).all():
            return f"column '{name}' has a number that is not finite"
    return None


def _header(path: str | Path) -> list[str]:
    """The columns of a history. Raises RunnerError where there is no such text."""
    try:
        with open(path, newline="", encoding="utf-8") as f:
            return next(csv.reader(f), [])
    except (OSError, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: cannot be read: {error}") from None


def _thinned(length: int, most: int) -> slice | np.ndarray[Any, np.dtype[np.intp]]:
    """At most `most` or so of the rows, evenly, the last always."""
    stride = -(-length // most)
    if stride <= 1:
        return slice(None)
    return np.unique(np.append(np.arange(0, length, stride), length - 1))


def _aligned(steps: Sequence[Array], values: Sequence[Array], reached: Array) -> Errors:
    """Runs of unlike lengths or steps in one array (R, T)."""
    if not steps:
        return Errors(np.empty(0), np.empty((0, 0)), reached)
    distinct = {id(s): s for s in steps}
    union = np.unique(np.concatenate(list(distinct.values())))
    places = {key: np.searchsorted(union, s) for key, s in distinct.items()}
    together = np.full((len(steps), len(union)), np.nan)
    for row, s, v in zip(together, steps, values, strict=True):
        row[places[id(s)]] = v
    return Errors(union, together, reached)


def thinned(frame: pd.DataFrame, most: int = 1000) -> pd.DataFrame:
    """At most `most` or so of the rows, evenly, the last always."""
    return frame.iloc[_thinned(len(frame), most)]
