"""The files of a run: exact decimals, fixed columns, bounded memory, whole or not there.

``history.csv`` grows under a temporary name and is renamed when the run has ended;
``summary.csv`` is written last, with the size and the checksum of each of the others: a run is done
where they are as it says. A temporary name is of one writer alone: a worker that outlives a killed
sweep never meets the one that resumes it.

Numbers are the shortest decimals that read back to the same float64. orjson writes them from a
NumPy array in half the time that polars takes and a third of pyarrow's (``tests/benchmarks/csv_writers.py``;
the README has the figures), and is imported in a millisecond (polars takes 500).
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import zlib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import orjson

from runner.errors import RunnerError
from runner.nn.arrays import Array
from runner.nn.network import Network
from runner.training.experiment import FINAL_MEASURES, Experiment, columns
from runner.training.recorder import Trained

HISTORY, PARAMETERS, SUMMARY, ERROR = "history.csv", "parameters.csv", "summary.csv", "error.txt"
#: With what a run was made and of what: see :mod:`runner.records.about`.
ABOUT = "about.yaml"
#: A sweep's own files: its table, and Hydra's record of what was asked for.
RUNS, MULTIRUN = "runs.csv", "multirun.yaml"
#: At the end of the name of a file until it is whole.
PART = ".part"
#: A run's files, of which its summary tells what was written; and all that it may leave in its folder.
FILES = (HISTORY, PARAMETERS, ABOUT)
LEFT = (SUMMARY, *FILES, ERROR)
#: A run that took as many seconds is on the disk before it counts as done. To sync a shorter one would
#: cost more than to train it again after a power cut, where its checksums tell that it is not whole.
WORTH_SYNCING = 2.0

_PIECE = 2**20  # bytes of a file that are read at a time
_BINARY = getattr(os, "O_BINARY", 0)  # there is a system that has others
_APPEND = os.O_WRONLY | os.O_APPEND | _BINARY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_MODE = 0o666  # less what the user's mask takes away
_PART = re.compile(
    rf"({'|'.join(map(re.escape, (*LEFT, RUNS, MULTIRUN)))})\.[0-9a-f]+{re.escape(PART)}", re.ASCII
)

RESULT_COLUMNS = (
    "status",
    "epochs",
    "initial_error",
    "final_error",
    "best_error",
    "best_epoch",
    *FINAL_MEASURES,
    "seconds",
)


class Sum(NamedTuple):
    """What tells a file's bytes from others: as text, ``SIZE:CRC-32``."""

    size: int
    crc: int

    def of(self, piece: bytes) -> Sum:
        """The sum with the file's next bytes."""
        return Sum(self.size + len(piece), zlib.crc32(piece, self.crc))

    def __str__(self) -> str:
        return f"{self.size}:{self.crc:08x}"


NOTHING = Sum(0, 0)


class RunFiles:
    """A sink that writes ``history.csv`` into each run's folder, and the other files at its end."""

    def __init__(
        self,
        folders: Sequence[str | Path],
        experiment: Experiment,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """`folders` are those of the stack's runs, in order; `experiment` any one of the stack's.

        `check` is called before anything is written or removed; it ends a process that has no
        business there any more.
        """
        self.folders = [str(folder) for folder in folders]
        self.experiment = experiment
        self.check = check
        self.part = _part()
        self.header = ",".join([experiment.log.unit, *columns(experiment)]).encode() + b"\n"
        # The files of runs that are not whole, each noted before it is there: an interrupt may come at once.
        self.opened: list[list[str]] = [[] for _ in self.folders]
        self.rows = [0] * len(self.folders)
        self.sums: list[dict[str, Sum]] = [{HISTORY: NOTHING} for _ in self.folders]

    def write(self, run: int, counts: Sequence[int], rows: Array) -> None:
        """Appends rows (T, columns) to the history of `run`; see :class:`runner.training.recorder.Sink`."""
        text = b"%d,%%b\n"
        self._append(run, _template(text, tuple(counts)) % tuple(_decimals(rows)))
        self.rows[run] += len(counts)

    def _append(self, run: int, lines: bytes) -> None:
        self.check()
        path = f"{self.folders[run]}/{HISTORY}{self.part}"
        begun = path in self.opened[run]
        lines = lines if begun else self.header + lines
        if not begun:
            self.opened[run].append(path)
        # created once: not begun anew if another process has cleared it away
        _write(os.open(path, _APPEND if begun else _CREATE, _MODE), lines)
        self.sums[run][HISTORY] = self.sums[run][HISTORY].of(lines)

    def add(self, run: int, name: str, content: bytes) -> None:
        """Writes a whole file of `run` besides its history."""
        self.check()
        self.opened[run].append(f"{self.folders[run]}/{name}")
        write_whole(f"{self.folders[run]}/{name}", content)
        self.sums[run][name] = NOTHING.of(content)

    def finish(self, run: int, result: Trained, line: Mapping[str, object]) -> None:
        """Puts the run's files in their places; `line` is its line of ``runs.csv``."""
        folder, one = self.folders[run], self.experiment
        if not self.sums[run][HISTORY].size:  # diverged before its first row
            self._append(run, b"")
        self.check()
        self.opened[run].append(f"{folder}/{HISTORY}")
        os.rename(f"{folder}/{HISTORY}{self.part}", f"{folder}/{HISTORY}")
        parameters = _parameters(one.network, result.initial, result.final)
        self.add(run, PARAMETERS, parameters)
        sums = {"rows": self.rows[run]} | {name: self.sums[run].get(name, "") for name in FILES}
        synced = result.seconds >= WORTH_SYNCING
        if synced:
            sync(folder)
        self.check()
        write_whole(f"{folder}/{SUMMARY}", table([{**line, **sums}]), synced=synced)
        self.opened[run].clear()

    def discard(self) -> None:
        """Removes what it has written of runs that are not whole: those without a summary."""
        self.check()
        for folder, opened in zip(self.folders, self.opened, strict=True):
            if not os.path.exists(f"{folder}/{SUMMARY}"):  # an interrupt may have come right behind it
                for path in opened:
                    Path(path).unlink(missing_ok=True)
            opened.clear()


def clear(folder: str | Path) -> None:
    """Removes what an earlier try has left in a run's folder, which is ours, under names of ours."""
    for name in LEFT:
        Path(folder, name).unlink(missing_ok=True)
    clear_parts(folder)


def refuse_finished(folder: str | Path) -> None:
    """Raises RunnerError where a folder holds a finished run: nobody writes there again."""
    if os.path.exists(f"{folder}/{SUMMARY}"):
        raise RunnerError(f"{folder}: already holds the result of a run; name another folder, or remove it")


def clear_parts(folder: str | Path) -> None:
    """Removes files of ours that were never finished: of a process that was killed."""
    with suppress(FileNotFoundError):
        for name in filter(is_part, os.listdir(folder)):
            Path(folder, name).unlink(missing_ok=True)


def is_part(name: str) -> bool:
    """Whether a file's name is that of one of ours until it is whole."""
    return _PART.fullmatch(name) is not None


def _part() -> str:
    """What a name ends in until its file is whole; each time another."""
    return f".{os.urandom(4).hex()}{PART}"


def write_whole(path: str | Path, content: bytes, *, synced: bool = False) -> None:
    """Writes a file so that it is never seen half-written: another name first, then a rename.

    Where it is `synced`, it is on the disk, with its name, when this returns.
    """
    part = f"{path}{_part()}"
    try:
        _write(os.open(part, _CREATE, _MODE), content, synced=synced)
        os.rename(part, path)
    except FileExistsError:  # it is another's
        raise
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    if synced:
        _sync(os.path.dirname(path) or ".")


def _write(handle: int, content: bytes, *, synced: bool = False) -> None:
    """Writes the whole of it and closes the file: half the time that ``open`` takes of a small one."""
    try:
        while content:
            content = content[os.write(handle, content) :]
        if synced:
            os.fsync(handle)
    finally:
        os.close(handle)


def sync(folder: str | Path) -> None:
    """Has all files in a folder, their names and its own name on the disk when it returns."""
    for root, _, names in os.walk(folder):
        for name in names:
            _sync(os.path.join(root, name))
        _sync(root)
    _sync(os.path.dirname(os.path.abspath(folder)))


def _sync(path: str) -> None:
    with suppress(OSError):  # a system that cannot, for a folder say
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def recorded(folder: str | Path) -> dict[str, str] | None:
    """The row of a run's ``summary.csv``: its line of ``runs.csv``, then rows and checksums.

    None where there is none, or none that is whole.
    """
    try:
        text = Path(folder, SUMMARY).read_bytes().decode()
        rows = list(csv.DictReader(io.StringIO(text)))
    except (OSError, UnicodeDecodeError, csv.Error):
        return None
    if len(rows) != 1 or not text.endswith("\n"):
        return None
    (row,) = rows
    is_cut = None in row or None in row.values() or not {"run", "status", "directory"} <= row.keys()
    return None if is_cut else row


def changed(folder: str | Path, row: Mapping[str, str]) -> dict[str, str]:
    """The files of a finished run that are not as `row`, its summary, says: what is wrong with each.

    A row that an earlier version wrote has no checksums; then it is those that are gone or cut.
    """
    names = [name for name in FILES if row.get(name)] or [HISTORY, PARAMETERS]
    faults = {name: _fault(Path(folder, name), row.get(name)) for name in names}
    return {name: fault for name, fault in faults.items() if fault}


def refuse_changed(path: str | Path) -> None:
    """Raises RunnerError where a finished run's file is not as it was written, as far as that is known."""
    path = Path(path)
    then = (recorded(path.parent) or {}).get(path.name)
    if then and (fault := _fault(path, then)):
        raise RunnerError(f"{path}: is not as it was written: {fault}")


def _fault(path: Path, then: str | None) -> str:
    if then is None:
        return "" if _has_whole_lines(path) else "is gone or cut"
    now = sum_of(path)
    if now is None:
        return "is gone"
    size = then.partition(":")[0]
    if str(now) == then:
        return ""
    return f"has {now.size} bytes where {size} were" if str(now.size) != size else "has other bytes"


def sum_of(path: str | Path) -> Sum | None:
    """The sum of a file; None where there is none that can be read."""
    total = NOTHING
    try:
        with open(path, "rb") as f:
            while piece := f.read(_PIECE):
                total = total.of(piece)
    except OSError:
        return None
    return total


def _has_whole_lines(path: Path) -> bool:
    """Whether a file is CSV whose last line is as long as its first, and ended."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    lines = content.splitlines() or [b""]
    return content.endswith(b"\n") and lines[0].count(b",") == lines[-1].count(b",")


def summary(run: int, swept: Mapping[str, object], result: Trained, directory: str) -> dict[str, object]:
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
def _template(text: bytes, counts: tuple[int, ...]) -> bytes:
    """A bytes template with a line a count, so that one ``%`` puts in all the numbers."""
    return b"".join([text % count for count in counts])


def _parameters(network: Network, initial: Array, final: Array) -> bytes:
    return _parameter_template(network) % tuple(
        _decimals(np.ascontiguousarray(np.stack([initial, final], axis=1)))
    )


@lru_cache(maxsize=8)
def _parameter_template(network: Network) -> bytes:
    lines = [f"{p.name},{p.layer},{p.to},{p.from_},%b\n" for p in network.names]
    return ("name,layer,to,from,initial,final\n" + "".join(lines)).encode()


#: A line of ``parameters.csv``: name, layer, to, from, initial, final.
ParameterRow: TypeAlias = tuple[str, int, int, int, float, float]


def read_parameters(folder: str | Path) -> list[ParameterRow]:
    """The rows of a run's ``parameters.csv``: name, layer, to, from, initial, final.

    Raises OSError where there is none, ValueError where it is not such a file.
    """
    try:
        text = (Path(folder) / PARAMETERS).read_text(encoding="utf-8")
        if not text.endswith("\n"):
            raise ValueError("its last line has no end: it is cut")
        rows = list(csv.DictReader(text.splitlines()))
        return [
            (r["name"], int(r["layer"]), int(r["to"]), int(r["from"]), float(r["initial"]), float(r["final"]))
            for r in rows
        ]
    except (KeyError, TypeError, csv.Error) as error:
        raise ValueError(f"not the parameters of a run: {error}") from None
