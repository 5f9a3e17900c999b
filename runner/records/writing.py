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

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from runner.errors import RunnerError
from runner.files import kept
from runner.nn.arrays import Array
from runner.nn.network import Network
from runner.nn.streams import orders
from runner.records.checkpoint import written
from runner.records.checksums import Sum
from runner.records.lines import Line, as_csv, cells_of, header_of, results_in
from runner.records.names import (
    CHECKPOINT,
    CURVATURE,
    FILES,
    HISTORY,
    OPTIONAL_FILES,
    PARAMETERS,
    PART,
    SUMMARY,
    is_left,
)
from runner.training.experiment import CURVATURES, Experiment, columns
from runner.training.recorder import Trained

#: A run that took as many seconds is on the disk before it counts as done. To sync a shorter one would
#: cost more than to train it again after a power cut, where its checksums tell that it is not whole.
WORTH_SYNCING = 2.0

_BINARY = getattr(os, "O_BINARY", 0)  # there is a system that has others
_APPEND = os.O_WRONLY | os.O_APPEND | _BINARY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY
#: What is true of every file to come, too.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MODE = 0o666  # less what the user's mask takes away


class RunFiles:
    """A sink that writes ``history.csv`` into each run's folder, and the other files at its end."""

    has_histories = True  # and all else that a run keeps, which of a table of runs alone is not made

    def __init__(
        self, folders: Sequence[str | Path], experiment: Experiment, check: Callable[[], None] = lambda: None
    ) -> None:
        """`folders` are those of the stack's runs, in order; `experiment` any one of the stack's.

        `check` is called before anything is written or removed; it ends a process that has no
        business there any more.
        """
        self.folders = [str(folder) for folder in folders]
        self.experiment = experiment
        self.check = check
        self.part = _part()
        self.header = history_header([experiment.log.unit, *columns(experiment)])
        # The files of runs that are not whole, each noted before it is there: an interrupt may come at once.
        self.opened: list[list[str]] = [[] for _ in self.folders]
        self.rows = [0] * len(self.folders)
        self.taken_up = [False] * len(self.folders)
        self.sums: list[dict[str, Sum]] = [{HISTORY: Sum()} for _ in self.folders]

    def write(self, run: int, counts: Sequence[int], rows: Array) -> None:
        """Appends rows (T, columns) to the history of `run`; see :class:`runner.training.recorder.Sink`."""
        self._append(run, history_lines(counts, rows))
        self.rows[run] += len(counts)

    def _append(self, run: int, lines: bytes) -> None:
        self.check()
        path = f"{self.folders[run]}/{HISTORY}{self.part}"
        begun = path in self.opened[run]
        lines = lines if begun else self.header + lines
        if not begun:
            self.opened[run].append(path)
        # created once: not begun anew if another process has cleared it away
        with naming(f"{self.folders[run]}/{HISTORY}"):
            _write(os.open(path, _APPEND if begun else _CREATE, _MODE), [lines])
        self.sums[run][HISTORY] = self.sums[run][HISTORY].of(lines)

    def take_up(self, run: int, last: int) -> None:
        """Begins the history of an interrupted `run` with its rows, up to that of epoch or update `last`.

        What was written of it stays as it is until `finish`.
        """
        rows = kept(f"{self.folders[run]}/{HISTORY}").read_bytes().partition(b"\n")[2]
        behind = rows.rfind(b"\n", 0, -1) + 1
        if int(rows[behind:].partition(b",")[0]) != last:  # it has a row where it was interrupted
            rows = rows[:behind]
        self._append(run, rows)
        self.rows[run], self.taken_up[run] = rows.count(b"\n"), True

    def add(self, run: int, name: str, content: bytes) -> None:
        """Writes a whole file of `run` besides its history."""
        self.check()
        self.opened[run].append(f"{self.folders[run]}/{name}")
        write_whole(f"{self.folders[run]}/{name}", content)
        self.sums[run][name] = Sum().of(content)

    def finish(self, run: int, trained: Trained, line: Line) -> None:
        """Puts the run's files in their places; `line` is its line of ``runs.csv``."""
        folder = self.folders[run]
        if not self.sums[run][HISTORY].size:  # diverged before its first row
            self._append(run, b"")
        self.check()
        self.opened[run].append(f"{folder}/{HISTORY}")
        os.replace(f"{folder}/{HISTORY}{self.part}", f"{folder}/{HISTORY}")
        for name, content in last_files(self.experiment, trained).items():
            self.add(run, name, content)
        synced = trained.seconds >= WORTH_SYNCING
        if synced:
            sync(folder)
        self.check()
        summary = summary_csv(self.experiment, line, trained, self.rows[run], self.sums[run])
        write_whole(f"{folder}/{SUMMARY}", summary, synced=synced)
        self.opened[run].clear()
        if trained.paused is None and self.taken_up[run]:
            Path(folder, CHECKPOINT).unlink(missing_ok=True)

    def discard(self) -> None:
        """Removes what it has written of runs that are not whole: those without a summary."""
        self.check()
        for folder, opened in zip(self.folders, self.opened, strict=True):
            # there may be one: an interrupt came right behind it, or the run was interrupted before
            is_whole = os.path.exists(f"{folder}/{SUMMARY}")
            for path in opened:
                if not is_whole or path.endswith(PART):
                    Path(path).unlink(missing_ok=True)
            opened.clear()


def last_files(experiment: Experiment, trained: Trained) -> dict[str, bytes]:
    """The files of a run, by name, that are known when it has ended, but for its summary."""
    files = {PARAMETERS: _parameters(experiment, trained)}
    if trained.curvature is not None:
        files[CURVATURE] = _curvature(*trained.curvature)
    if trained.paused is not None:
        files[CHECKPOINT] = written(trained.paused)
    return files


def _parameters(experiment: Experiment, trained: Trained) -> bytes:
    """``parameters.csv``: the initial and the final ones, and the optimizer's state where these are."""
    state = state_columns(experiment, trained)
    ends = np.ascontiguousarray(np.stack([trained.initial, trained.final, *state.values()], axis=1))
    lines = _parameter_template(experiment.network, tuple(state)) % tuple(_decimals(ends))
    return lines.replace(b"null", b"inf") if state else lines  # squares may overflow


def summary_csv(
    experiment: Experiment, line: Line, trained: Trained, rows: int, sums: Mapping[str, Sum]
) -> bytes:
    """A run's line of ``runs.csv``, then its rows, what made its last parameters, and sums of files."""
    names, files = results_in(line.results), [f for f in FILES if f not in OPTIONAL_FILES or f in sums]
    final = trained.final_epoch, experiment.updates_at(trained.final_epoch)
    cells = [*cells_of(line, line.swept, names), rows, *final, *map(sums.get, files)]
    return _summary_header(tuple(line.swept), tuple(names), tuple(files)) + as_csv([cells])


@lru_cache(maxsize=8)
def _summary_header(swept: tuple[str, ...], names: tuple[str, ...], files: tuple[str, ...]) -> bytes:
    return as_csv([[*header_of(swept, names), "rows", "final_epoch", "final_update", *files]])


def history_lines(counts: Sequence[int], rows: Array) -> bytes:
    """The lines of ``history.csv`` of rows (T, columns) at `counts`."""
    return _row_template(tuple(counts)) % tuple(_decimals(rows))


def history_header(names: Iterable[str]) -> bytes:
    """Its first line."""
    return ",".join(names).encode() + b"\n"


def state_columns(experiment: Experiment, trained: Trained) -> dict[str, Array]:
    """The columns of ``parameters.csv`` with the optimizer's state, each (P,)."""
    return {f"{experiment.optimizer}_{name}": array for name, array in trained.state.items()}


def clear(folder: str | Path, is_ours: Callable[[str], bool] = is_left) -> None:
    """Removes what an earlier try has left in a folder under names of ours, :func:`is_part` say."""
    with suppress(FileNotFoundError):
        for name in sorted(filter(is_ours, os.listdir(folder)), reverse=True):  # a summary before the rest
            Path(folder, name).unlink(missing_ok=True)


def refuse_finished(folder: str | Path) -> None:
    """Raises RunnerError where a folder holds a finished run: nobody writes there again."""
    if os.path.exists(f"{folder}/{SUMMARY}"):
        raise RunnerError(f"{folder}: already holds the result of a run; name another folder, or remove it")


def _part() -> str:
    """What a name ends in until its file is whole; each time another."""
    return f".{os.urandom(4).hex()}{PART}"


def write_whole(path: str | Path, content: bytes | Iterable[bytes], *, synced: bool = False) -> None:
    """Writes a file so that it is never seen half-written; if `synced`, it and its name are on the disk.

    What does not fit into memory is given in pieces.
    """
    part, pieces = f"{path}{_part()}", [content] if isinstance(content, bytes) else content
    try:  # from before it is there: an interrupt may come at once
        with naming(path):
            _write(os.open(part, _CREATE, _MODE), pieces, synced=synced)
        os.replace(part, path)
    except FileExistsError:  # it is another's
        raise
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    if synced:
        sync_file(os.path.dirname(path) or ".")


def write_anew(path: str, content: bytes) -> None:
    """Writes a file that a run is begun with: nobody reads it before the summary is there."""
    with naming(path):
        _write(os.open(path, _ANEW, _MODE), [content])


class NoRoomError(OSError):
    """No more can be written: the disk is full, or a quota, or a file as large as it may be."""

    def __reduce__(self) -> tuple[type[NoRoomError], tuple[Any, ...]]:
        return NoRoomError, (self.errno, self.strerror, self.filename)


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Has errors of a file say its name, which one that is open already has not.

    Raises NoRoomError where no more fits.
    """
    try:
        yield
    except OSError as error:
        kind = NoRoomError if error.errno in _NO_ROOM else OSError
        raise kind(error.errno, error.strerror, str(path)) from None


def _write(handle: int, pieces: Iterable[bytes], *, synced: bool = False) -> None:
    """Writes the whole of it and closes the file: half the time that ``open`` takes of a small one."""
    try:
        for piece in pieces:
            while piece:
                piece = piece[os.write(handle, piece) :]
        if synced:
            os.fsync(handle)
    finally:
        os.close(handle)


def sync(folder: str | Path) -> None:
    """Has all files in a folder, their names and its own name on the disk when it returns."""
    for root, _, names in os.walk(folder):
        for name in names:
            sync_file(os.path.join(root, name))
        sync_file(root)
    sync_file(os.path.dirname(os.path.abspath(folder)))


def sync_file(path: str | Path) -> None:
    """Has a file, or the names in a folder, on the disk when it returns."""
    with suppress(OSError):  # a system that cannot, for a folder say
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def order_of(experiment: Experiment, epochs: int) -> bytes:
    """``order.csv``: a row an epoch up to `epochs`, with the examples, from 1 on, as it took them."""
    examples, first = experiment.data.examples, experiment.first_epoch
    drawn = orders(experiment.seed, examples, first) if experiment.shuffles else repeat(np.arange(examples))
    lines = [",".join(["epoch", *(f"example_{n}" for n in range(1, examples + 1))])]
    for epoch, order in zip(range(first, epochs), drawn, strict=False):
        lines.append(",".join(map(str, [epoch, *(order + 1).tolist()])))
    return ("\n".join(lines) + "\n").encode()


def _decimals(rows: Array) -> list[bytes]:
    """Each row of (T, columns) as comma-separated shortest decimals."""
    return orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].split(b"],[")


def _curvature(epochs: Sequence[int], rows: Array) -> bytes:
    """``curvature.csv``; of what has no limit the limit is infinite, which no JSON has a word for."""
    lines = _row_template(tuple(epochs)) % tuple(_decimals(rows)) if epochs else b""
    return ",".join(["epoch", *CURVATURES]).encode() + b"\n" + lines.replace(b"null", b"inf")


@lru_cache(maxsize=8)
def _row_template(counts: tuple[int, ...]) -> bytes:
    """A bytes template with a line a row, so that one ``%`` puts in all the numbers."""
    return b"".join([b"%d,%%b\n" % count for count in counts])


@lru_cache(maxsize=8)
def _parameter_template(network: Network, state: tuple[str, ...]) -> bytes:
    lines = [f"{p.name},{p.layer},{p.to},{p.from_},%b\n" for p in network.names]
    return (",".join(["name,layer,to,from,initial,final", *state]) + "\n" + "".join(lines)).encode()
