"""Histories as arrays: read many at a time, exactly, and checked.

Thousands of histories are read with pyarrow, some megabytes at a time, parsed as one text, and only the
columns that are asked for. The error columns of 1,000 histories of 1,001 rows, in the processor's seconds:
as one text 0.35, pyarrow file by file 0.5, pyarrow's data sets 0.7, pandas twice that. pyarrow is taken
because it leaves the interpreter to others as it reads, so that figures are drawn meanwhile, and is
imported in a third of polars' time. ``tests/benchmarks/figures.py`` reads every column with each.
"""

from __future__ import annotations

import csv
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from runner.errors import RunnerError, in_a_line
from runner.files import kept
from runner.nn.arrays import Array
from runner.records.checksums import refuse_changed
from runner.records.names import METRICS
from runner.records.stores import Stored, stored
from runner.training.experiment import GOODNESS

if TYPE_CHECKING:
    import pandas as pd
    from pyarrow.csv import ConvertOptions, ReadOptions

T = TypeVar("T")

#: What histories may count, as their first column says.
UNITS = ("epoch", "update")
#: Files that are read at a time.
BATCH = 100
#: Bytes of them that are parsed as one text at most; a longer one is parsed alone, piece by piece.
TOGETHER = 2**23
#: Bytes that pyarrow sets aside for a file: more takes it longer, and so do fewer than so many rows.
BLOCK, BLOCK_ROWS = 2**18, 32
#: Curves are kept of all runs, of this many numbers altogether; longer histories are thinned evenly.
MOST_NUMBERS = 2**23
#: The longest number of a history in bytes, with its comma: ``-1.2345678901234567e-308,``.
LONGEST = 25


class NotShownError(RunnerError):
    """Histories that are right in themselves, but of which there is nothing to show, or not as one."""


@dataclass(frozen=True)
class Errors:
    """The errors of runs, or another column of their histories, of which long ones are thinned."""

    counts: Array  # (T,)
    values: Array  # (R, T), NaN where a run has no row, after its end too
    reached: Array  # (R,), the count from which on it is at the level that counts as learnt, or infinity


class Histories:
    """Histories as they are read, the first time compared with the checksum in the run's summary."""

    def __init__(self) -> None:
        self._checked: set[str] = set()
        self._checking = Lock()

    def read(self, paths: Sequence[str], names: Sequence[str] | None) -> Iterator[dict[str, Array]]:
        """What :func:`read_columns` reads. Raises RunnerError for a file that is not as it was written."""
        for path, (at, history) in zip(paths, _read_located(paths, names), strict=True):
            if at is None:  # of those without folders their file has sums of its own
                self.check(path)
            yield history

    def check(self, path: str) -> None:
        """Raises RunnerError for a file that is not as it was written; one that is, is not read again."""
        with self._checking:  # threads that read the same files share what is known of them
            if path in self._checked or stored_history(path):
                return
            try:
                refuse_changed(path)
            except RunnerError:
                deque(read_columns([path], None), maxlen=0)  # names the row at fault, if one is
                raise
            self._checked.add(path)

    def errors(self, paths: Sequence[str], names: Sequence[str], level: float, more: bool) -> Errors:
        """The second column of `names` of all; `reached` is at `level`, or beyond it, for good."""
        most = max(2, MOST_NUMBERS // max(1, len(paths)))
        counts, values = list[Array](), list[Array]()
        reached = np.full(len(paths), np.inf)
        for i, history in enumerate(self.read(paths, names)):
            at, value = history.values()
            away = np.flatnonzero(value < level if more else value > level)
            stays = int(away[-1]) + 1 if away.size else 0
            reached[i] = at[stays] if stays < len(at) else np.inf
            kept = every(len(at), most)
            # equal counts are kept once: they are half of what is held
            counts.append(counts[-1] if counts and np.array_equal(counts[-1], at[kept]) else at[kept])
            values.append(value[kept])
        return aligned(counts, values, reached)


def beside(make: Callable[[], T]) -> Future[T]:
    """What `make` returns or raises, in a thread beside what else is done."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(make())
        except BaseException as error:  # of whatever kind: somebody waits for it
            future.set_exception(error)

    Thread(target=run, daemon=True).start()  # not waited for by who is interrupted
    return future


def read_columns(paths: Sequence[str], names: Sequence[str] | None) -> Iterator[dict[str, Array]]:
    """The columns `names` of the histories at `paths`, the unit first; every column, where None."""
    return (history for _, history in _read_located(paths, names))


def _read_located(
    paths: Sequence[str], names: Sequence[str] | None
) -> Iterator[tuple[Stored | None, dict[str, Array]]]:
    """The same, each beside the run in a store that it is of, where it is of one."""
    for start in range(0, len(paths), BATCH):
        batch = [(path, stored_history(path)) for path in paths[start : start + BATCH]]
        for has_file, alike in groupby(batch, key=lambda item: item[1] is None):
            if has_file:
                yield from ((None, history) for history in _read_files([path for path, _ in alike], names))
            else:
                yield from ((at, _read_stored(path, at, names)) for path, at in alike if at)


def _read_files(paths: Sequence[str], names: Sequence[str] | None) -> Iterator[dict[str, Array]]:
    if names is not None:
        yield from _read_together(paths, names)
        return
    for header, alike in groupby(paths, key=header_of):
        yield from _read_together(list(alike), header)


def stored_history(path: str | Path) -> Stored | None:
    """The run in a store whose history would be at `path`; None where it would be in none.

    Raises NotShownError where the store keeps no histories.
    """
    at = stored(os.path.dirname(path))
    if at is not None and not at.store.has_history(at.run):
        raise NotShownError(
            f"{path}: was not kept (hydra.launcher.store=table); "
            f"backprop-export {at.store.sweep} --run {at.run} trains the run again, into its folder"
        )
    return at


def _read_stored(path: str, at: Stored, names: Sequence[str] | None) -> dict[str, Array]:
    """The same of a run in a store."""
    header = at.store.header(at.run)
    if lacking := [name for name in names or () if name not in header]:
        raise _without(path, lacking[0], header, (names or header)[0])
    history = at.store.history(at.run, header if names is None else names)
    if fault := _fault(history, []):
        raise RunnerError(f"{path}: {fault}")
    return history


def _read_together(paths: Sequence[str], names: Sequence[str]) -> Iterator[dict[str, Array]]:
    """The columns `names` of histories, in their order. Raises RunnerError as `_read` does."""
    batch, size = list[tuple[str, bytes]](), 0
    for path in paths:
        text = _text(path)
        if batch and (text is None or size + len(text) > TOGETHER):
            yield from _read_joined(batch, names)
            batch, size = [], 0
        if text is None:
            yield _read(path, names)
            continue
        batch.append((path, text))
        size += len(text)
    if batch:
        yield from _read_joined(batch, names)


def _text(path: str) -> bytes | None:
    """A history as it was written; None where it is read alone: it is long, or says what is wrong there."""
    try:
        return kept(path).read_bytes() if os.path.getsize(path) <= TOGETHER else None
    except OSError:
        return None


def _read_joined(batch: Sequence[tuple[str, bytes]], names: Sequence[str]) -> Iterator[dict[str, Array]]:
    """The same of histories whose texts are here, parsed as one."""
    lengths = [text.count(b"\n") - 1 for _, text in batch]
    ends = list(accumulate(lengths))
    together = _parsed([text for _, text in batch], names)
    are_lines = together is not None and len(together[names[0]]) == ends[-1] and all(lengths)
    if together is None or not are_lines or _fault(together, ends):
        yield from (_read(path, names) for path, _ in batch)  # says of which what is wrong
        return
    for start, end in pairwise([0, *ends]):
        yield {name: values[start:end] for name, values in together.items()}


def _parsed(texts: Sequence[bytes], names: Sequence[str]) -> dict[str, Array] | None:
    """The columns `names` of texts that begin with one header; None where they do not, or are not whole."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    header = texts[0][: texts[0].find(b"\n") + 1]
    if not all(text.startswith(header) and text.endswith(b"\n") for text in texts):
        return None
    rows = (memoryview(text)[len(header) :] for text in texts)
    content = pa.BufferReader(b"".join([header, *rows]))
    whole = arrow.ReadOptions(use_threads=False, block_size=content.size() + 1)
    try:
        table = arrow.read_csv(content, whole, convert_options=wanted(names))
    except (KeyError, pa.ArrowInvalid, UnicodeDecodeError):  # in one of them
        return None
    if any(table[name].null_count for name in names):  # what is absent
        return None
    return {name: table[name].to_numpy() for name in names}


def _source(path: str) -> Path | BytesIO:
    """What Arrow reads a file from: by a name that is not text, it opens none."""
    file = kept(path)
    try:
        path.encode()
    except UnicodeEncodeError:
        return BytesIO(file.read_bytes())
    return file


def _read(path: str, names: Sequence[str]) -> dict[str, Array]:
    """The columns `names` of a history. Raises RunnerError naming the file and what is wrong in it."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    try:
        table = arrow.read_csv(_source(path), _blocks(path), convert_options=wanted(names))
    except KeyError:
        header = header_of(path)
        missing = next(name for name in names if name not in header)
        raise _without(path, missing, header, names[0]) from None
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: is not a history as it was written: {in_a_line(error)}") from None
    except OSError:
        raise RunnerError(f"{path}: there is no such file, or it cannot be read") from None
    history = {name: table[name].to_numpy() for name in names}
    if fault := _fault(history, []):
        raise RunnerError(f"{path}: {fault}")
    return history


def _without(path: str, missing: str, header: Sequence[str], unit: str) -> RunnerError:
    """What to raise where a history has no column `missing`, and `unit` was to be its first."""
    if missing == unit and header[0] in UNITS:
        return NotShownError(f"the histories count different steps: {missing}s and {header[0]}s")
    if missing in GOODNESS:
        return NotShownError(f"{missing} is measured at a run's end, and this shows every epoch")
    if missing in METRICS:
        return NotShownError(f"not every run has a {missing}: {path} has no such column")
    return RunnerError(f"{path}: has no column '{missing}'")


def wanted(names: Sequence[str]) -> ConvertOptions:
    """How a history is read: these columns of it, and nothing in the place of what is absent."""
    import pyarrow as pa
    from pyarrow.csv import ConvertOptions

    types = {names[0]: pa.int64(), **dict.fromkeys(names[1:], pa.float64())}
    return ConvertOptions(include_columns=names, column_types=types, null_values=[])


def _blocks(path: str) -> ReadOptions:
    """pyarrow wants a row to fit into a block, and makes every column anew for each."""
    from pyarrow.csv import ReadOptions

    row = LONGEST * (len(header_of(path)) + 1)
    return ReadOptions(use_threads=False, block_size=max(BLOCK, BLOCK_ROWS * row))


def _fault(histories: dict[str, Array], ends: Sequence[int] | Array) -> str | None:
    """What is wrong with the numbers of histories, one after the other, that end before `ends`."""
    (unit, counts), *others = histories.items()
    if not len(counts):
        return "has no rows"
    falls = np.flatnonzero(counts[1:] <= counts[:-1]) + 1  # where the next history begins
    if len(falls) and not np.isin(falls, ends).all():
        return f"column '{unit}' does not increase from row to row"
    for name, values in others:
        if not np.isfinite(values).all():
            return f"column '{name}' has a number that is not finite"
    return None


def header_of(path: str | Path) -> list[str]:
    """The columns of a history. Raises RunnerError where there is no such text."""
    if at := stored_history(path):
        return at.store.header(at.run)
    try:
        with open(kept(path), newline="", encoding="utf-8") as f:
            header = next(csv.reader(f), [])
    except (OSError, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: cannot be read: {in_a_line(error)}") from None
    if not header:
        raise RunnerError(f"{path}: is not a history as it was written: it is empty")
    return header


def first_row(path: str | Path, names: Sequence[str]) -> tuple[str, ...]:
    """What the columns `names` of a history begin with, as it was written."""
    if at := stored_history(path):
        history = _read_stored(str(path), at, [*dict.fromkeys([at.store.header(at.run)[0], *names])])
        return tuple(repr(float(history[name][0])) for name in names)
    try:
        with open(kept(path), newline="", encoding="utf-8") as f:
            header, row = (next(csv.reader(f), []) for _ in range(2))
        return tuple(row[header.index(name)] for name in names)
    except (OSError, ValueError, IndexError) as error:
        raise RunnerError(f"{path}: is not a history as it was written: {in_a_line(error)}") from None


@lru_cache(maxsize=16)  # many histories are as long as the one before
def every(length: int, most: int) -> slice | np.ndarray[Any, np.dtype[np.intp]]:
    """At most `most` or so of the rows, evenly, the last always."""
    stride = -(-length // most)
    if stride <= 1:
        return slice(None)
    return np.unique(np.append(np.arange(0, length, stride), length - 1))


def aligned(counts: Sequence[Array], values: Sequence[Array], reached: Array) -> Errors:
    """Runs of unlike lengths or counts in one array (R, T)."""
    if not counts:
        return Errors(np.empty(0), np.empty((0, 0)), reached)
    distinct = {id(c): c for c in counts}
    union = np.unique(np.concatenate(list(distinct.values())))
    places = {key: np.searchsorted(union, c) for key, c in distinct.items()}
    together = np.full((len(counts), len(union)), np.nan)
    for row, c, v in zip(together, counts, values, strict=True):
        row[places[id(c)]] = v
    return Errors(union, together, reached)


def thinned(frame: pd.DataFrame, most: int = 1000) -> pd.DataFrame:
    """At most `most` or so of the rows, evenly, the last always."""
    return frame.iloc[every(len(frame), most)]
