"""The files of a run: exact decimals, fixed columns, bounded memory, whole or not there.

``history.csv`` grows under a temporary name and is renamed when the run has ended;
``summary.csv`` is written last, so a folder that has one is complete. A temporary name is of one
writer alone: a worker that outlives a killed sweep never meets the one that resumes it.

Numbers are the shortest decimals that read back to the same float64. orjson writes them from a
NumPy array in half the time that polars takes and a third of pyarrow's (``tests/benchmarks/csv_writers.py``;
the README has the figures), and is imported in a millisecond (polars takes 500).
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import orjson

from runner.arrays import Array
from runner.errors import RunnerError
from runner.experiment import Experiment
from runner.network import parameter_names
from runner.training import METRICS, Result, columns

HISTORY, PARAMETERS, SUMMARY, ERROR = "history.csv", "parameters.csv", "summary.csv", "error.txt"
#: A sweep's own files: its table, and Hydra's record of what was asked for.
RUNS, MULTIRUN = "runs.csv", "multirun.yaml"
#: At the end of the name of a file until it is whole.
PART = ".part"

RESULT_COLUMNS = (
    "status",
    "epochs",
    "initial_error",
    "final_error",
    "best_error",
    "best_epoch",
    *METRICS,
    "seconds",
)


class RunFiles:
    """A sink that writes ``history.csv`` into each run's folder, and the other files at its end."""

    def __init__(self, folders: Sequence[str | Path], experiment: Experiment) -> None:
        """`folders` are those of the stack's runs, in order; `experiment` any one of the stack's."""
        self.folders = [str(folder) for folder in folders]
        self.experiment = experiment
        self.part = f".{os.urandom(4).hex()}{PART}"
        self.header = ",".join([experiment.log.unit, *columns(experiment)]).encode() + b"\n"
        self.begun = [False] * len(self.folders)

    def write(self, run: int, steps: Sequence[int], rows: Array) -> None:
        """Appends rows (T, columns) to the history of `run`; see :class:`runner.training.Sink`."""
        text = b"%d,%%b\n"
        self._append(run, _template(text, tuple(steps)) % tuple(_decimals(rows)))

    def _append(self, run: int, lines: bytes) -> None:
        begun, self.begun[run] = self.begun[run], True
        # never "ab": it would begin the file anew if another process had cleared it away
        with open(f"{self.folders[run]}/{HISTORY}{self.part}", "r+b" if begun else "xb") as f:
            f.seek(0, os.SEEK_END)
            f.write(lines if begun else self.header + lines)

    def finish(self, run: int, result: Result, line: Mapping[str, object]) -> None:
        """Puts the run's files in their places; `line` is its line of ``runs.csv``."""
        folder = self.folders[run]
        if not self.begun[run]:  # diverged before its first row
            self._append(run, b"")
        os.rename(f"{folder}/{HISTORY}{self.part}", f"{folder}/{HISTORY}")
        one = self.experiment
        write_whole(
            f"{folder}/{PARAMETERS}",
            _parameters(one.sizes, one.biases is not None, result.initial, result.final),
        )
        write_whole(f"{folder}/{SUMMARY}", table([line]))

    def discard(self) -> None:
        """Removes what there is of runs that are not whole: those without a summary."""
        for folder in self.folders:
            discard(folder)


def discard(folder: str | Path) -> None:
    """Removes what a run that is not whole has left in its folder: one without a summary."""
    if not os.path.exists(f"{folder}/{SUMMARY}"):
        for name in (HISTORY, PARAMETERS):
            Path(folder, name).unlink(missing_ok=True)
        clear_parts(folder)


def refuse_finished(folder: str | Path) -> None:
    """Raises RunnerError where a folder holds a finished run: nobody writes there again."""
    if os.path.exists(f"{folder}/{SUMMARY}"):
        raise RunnerError(f"{folder}: already holds the result of a run; name another folder, or remove it")


def clear_parts(folder: str | Path) -> None:
    """Removes files that were never finished: of a process that was killed."""
    for path in Path(folder).glob(f"*{PART}"):
        path.unlink(missing_ok=True)


def write_whole(path: str | Path, content: bytes) -> None:
    """Writes a file so that it is never seen half-written: another name first, then a rename."""
    part = f"{path}.{os.getpid()}{PART}"
    with open(part, "wb") as f:
        f.write(content)
    os.rename(part, path)


def summary(run: int, swept: Mapping[str, object], result: Result, directory: str) -> dict[str, object]:
    """A run's line of ``runs.csv``: its number, swept keys, how it ended, and its folder."""
    known = {**vars(result), **result.metrics}
    ended = {reached(name, swept): known[name] for name in RESULT_COLUMNS if name in known}
    return {"run": run, **swept, **ended, "directory": directory}


def reached(name: str, swept: Container[str]) -> str:
    """The column of a result: its name, unless a swept key has it (``epochs``, as a rule)."""
    return f"{name}_reached" if name in swept else name


def table(lines: Iterable[Mapping[str, object]], header: Sequence[str] | None = None) -> bytes:
    """Lines as CSV with a header; a number that is not finite, or not there, is an empty cell."""
    lines = list(lines)
    header = header or list(lines[0])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(line.get(name)) for name in header] for line in lines)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return "" if isinstance(value, float) and not math.isfinite(value) else value


def _decimals(rows: Array) -> list[bytes]:
    """Each row of (T, columns) as comma-separated shortest decimals."""
    return orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].split(b"],[")


@lru_cache(maxsize=8)
def _template(text: bytes, steps: tuple[int, ...]) -> bytes:
    """A bytes template with a line a step, so that one ``%`` puts in all the numbers."""
    return b"".join([text % step for step in steps])


def _parameters(sizes: Sequence[int], has_biases: bool, initial: Array, final: Array) -> bytes:
    template = _parameter_template(tuple(sizes), has_biases)
    return template % tuple(_decimals(np.ascontiguousarray(np.stack([initial, final], axis=1))))


@lru_cache(maxsize=8)
def _parameter_template(sizes: tuple[int, ...], has_biases: bool) -> bytes:
    names = parameter_names(sizes, has_biases)
    lines = [f"{p.name},{p.layer},{p.to},{p.from_},%b\n" for p in names]
    return ("name,layer,to,from,initial,final\n" + "".join(lines)).encode()


#: A line of ``parameters.csv``: name, layer, to, from, initial, final.
ParameterRow: TypeAlias = tuple[str, int, int, int, float, float]


def read_parameters(folder: str | Path) -> list[ParameterRow]:
    """The rows of a run's ``parameters.csv``: name, layer, to, from, initial, final.

    Raises OSError where there is none, ValueError where it is not such a file.
    """
    try:
        with open(Path(folder) / PARAMETERS, newline="", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        return [
            (r["name"], int(r["layer"]), int(r["to"]), int(r["from"]), float(r["initial"]), float(r["final"]))
            for r in rows
        ]
    except (KeyError, TypeError, csv.Error) as error:
        raise ValueError(f"not the parameters of a run: {error}") from None
