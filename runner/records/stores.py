"""A sweep's runs without folders, read back: by number, or by the folders that they would have.

Whoever wants a run's history or its files asks here by the path that they would have. A path whose folder
holds a result is no matter of a store, so that a run that was written out is read from its folder.
"""

from __future__ import annotations

import csv
import io
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from runner.errors import RunnerError, in_a_line, show
from runner.files import is_within, kept
from runner.nn.arrays import Array
from runner.records.checksums import Sum, Summary, parsed
from runner.records.job_files import JobFiles
from runner.records.lines import Line, as_csv
from runner.records.many_lines import Lines
from runner.records.names import HISTORIES, HISTORY, LEFT, MULTIRUN, RECORDS, RUNS, SUMMARY
from runner.records.stack_files import DIRECTORY, OWN, RUN, SHARED, SUFFIX
from runner.records.writing import history_header, history_lines, write_whole

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

#: Bytes of histories that are kept of what was read last.
MOST_BYTES = 2**28


class Stored(NamedTuple):
    """A run in a store."""

    store: Store
    run: int


class Store:
    """What a sweep's files without folders hold by now."""

    def __init__(self, sweep: str) -> None:
        """Raises RunnerError where one of its files is not as it was written."""
        self.sweep = sweep
        self.paths = sorted(Path(sweep, RECORDS).glob(f"*{SUFFIX}"))
        self._groups: OrderedDict[tuple[Path, int, tuple[str, ...]], dict[str, Array]] = OrderedDict()
        self._files: dict[Path, ParquetFile] = {}
        self._headers: dict[Path, list[str]] = {}
        self._reading = RLock()  # threads share what was read
        self._records: dict[Path, pa.Table] = {}
        self.where: dict[int, tuple[Path, int]] = {}  # the file of each run, and its row there
        self.runs: dict[str, int] = {}  # by its directory
        for path in self.paths:
            index = self._read(path, [RUN, DIRECTORY]).to_pydict()
            if outside := [directory for directory in index[DIRECTORY] if not is_within(directory)]:
                raise _spoilt(path, f"a run in {show(outside[0])}, which is outside of the sweep's folder")
            self.where |= {run: (path, row) for row, run in enumerate(index[RUN])}
            self.runs |= dict(zip(index[DIRECTORY], index[RUN], strict=True))

    def _read(self, path: Path, names: Sequence[str] | None = None) -> pa.Table:
        import pyarrow as pa

        try:
            return self._opened(path).read(None if names is None else list(names))
        except (pa.ArrowException, OSError) as error:
            raise _spoilt(path, error) from None

    def _opened(self, path: Path) -> ParquetFile:
        from pyarrow.parquet import ParquetFile

        if path not in self._files:
            self._files[path] = ParquetFile(kept(path), page_checksum_verification=True)
        return self._files[path]

    def _record(self, run: int) -> dict[str, Any]:
        """The row of a run."""
        path, row = self.where[run]
        with self._reading:
            if path not in self._records:
                self._records = {path: self._read(path)}
            return self._records[path].slice(row, 1).to_pylist()[0]

    def directory(self, run: int) -> str:
        """The folder that a run would have, seen from the sweep's."""
        return str(self._record(run)[DIRECTORY])

    def job(self, run: int) -> JobFiles:
        """Hydra's record of a run."""
        record = self._record(run)
        try:
            return JobFiles.unpacked(record[SHARED], record[OWN])
        except (ValueError, TypeError) as error:
            raise _spoilt(self.where[run][0], error) from None

    def files(self, run: int) -> dict[str, bytes]:
        """The files of a run, by name, but for its history."""
        return {k: v for k, v in self._record(run).items() if k in LEFT and v is not None}

    def summary(self, run: int) -> Summary:
        """The summary of a run, without the sum of its history."""
        return self._parsed(self.where[run][0], self._record(run)[SUMMARY])

    def _parsed(self, path: Path, text: bytes) -> Summary:
        summary = parsed(text.decode(errors="replace"))
        if summary is None:
            raise _spoilt(path, f"{SUMMARY} of a run")
        return summary

    @cached_property
    def lines(self) -> Mapping[int, Line]:
        """The lines of all runs, by their numbers."""
        lines = Lines()
        for path in self.paths:
            table = self._read(path, [RUN, SUMMARY]).to_pydict()
            for run, text in zip(table[RUN], table[SUMMARY], strict=True):
                lines[run] = self._parsed(path, text).line
        return lines

    # --- histories ------------------------------------------------------------------------------------

    def has_history(self, run: int) -> bool:
        """Whether its history was kept."""
        return self.where[run][0] in self._histories

    @cached_property
    def _histories(self) -> dict[Path, Path]:
        """The file with the histories of those runs that each of the others has, where they were kept."""
        there = {path: Path(self.sweep, HISTORIES, path.name) for path in self.paths}
        return {path: histories for path, histories in there.items() if histories.is_file()}

    def _history_of(self, run: int) -> Path:
        return self._histories[self.where[run][0]]

    def header(self, run: int) -> list[str]:
        """The columns of a run's history."""
        import pyarrow as pa

        path = self._history_of(run)
        try:
            if path not in self._headers:
                self._headers[path] = self._opened(path).schema_arrow.names[1:]
            return self._headers[path]
        except (pa.ArrowException, OSError) as error:
            raise _spoilt(path, error) from None

    def history(self, run: int, names: Sequence[str]) -> dict[str, Array]:
        """The columns `names` of a run's history (T,), to the last bit."""
        path, pieces = self._history_of(run), []
        with self._reading:
            for group in self._groups_of(path, run):
                columns = self._group(path, group, tuple(names))
                start, end = columns[RUN].searchsorted((run, run + 1))
                pieces.append({name: columns[name][start:end] for name in names})
        if len(pieces) == 1:
            return pieces[0]
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in names}

    def _groups_of(self, path: Path, run: int) -> Iterator[int]:
        """The row groups that may have rows of a run."""
        for group, (least, greatest) in enumerate(self._spans(path)):
            if least <= run <= greatest:
                yield group

    def _spans(self, path: Path) -> list[tuple[int, int]]:
        """The first and the last run of each row group."""
        import pyarrow as pa

        if path not in self._known_spans:
            try:
                meta = self._opened(path).metadata
            except (pa.ArrowException, OSError) as error:
                raise _spoilt(path, error) from None
            of_runs = [meta.row_group(at).column(0).statistics for at in range(meta.num_row_groups)]
            self._known_spans[path] = [(s.min, s.max) for s in of_runs if s is not None]
        return self._known_spans[path]

    @cached_property
    def _known_spans(self) -> dict[Path, list[tuple[int, int]]]:
        return {}

    def _group(self, path: Path, group: int, names: tuple[str, ...]) -> dict[str, Array]:
        """The columns `names` of a row group, and the runs, in ascending order of these."""
        import pyarrow as pa

        key = path, group, names
        if key not in self._groups:
            try:
                table = self._opened(path).read_row_group(group, [RUN, *names])
            except (pa.ArrowException, OSError) as error:
                raise _spoilt(path, error) from None
            columns = {name: table[name].to_numpy() for name in table.column_names}
            if (np.diff(columns[RUN]) < 0).any():
                order = np.argsort(columns[RUN], kind="stable")
                columns = {name: values[order] for name, values in columns.items()}
            self._groups[key] = columns
            while len(self._groups) > 1 and sum(map(_size, self._groups.values())) > MOST_BYTES:
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return self._groups[key]

    # --- folders --------------------------------------------------------------------------------------

    def write(self, run: int, folder: str | Path) -> None:
        """Writes the folder of a run whose history was kept, as it would have been written at once."""
        self.job(run).write(str(folder))
        files = self.files(run)
        unit, *names = self.header(run)
        history = self.history(run, [unit, *names])
        counts = history.pop(unit)
        rows = np.ascontiguousarray(np.stack([history[name] for name in names], axis=1))
        lines = history_lines(counts.tolist(), rows) if len(counts) else b""
        files[HISTORY] = history_header([unit, *names]) + lines
        header, cells = csv.reader(io.StringIO(files.pop(SUMMARY).decode()))
        cells[header.index(HISTORY)] = str(Sum().of(files[HISTORY]))
        for name, content in files.items():
            write_whole(f"{folder}/{name}", content)
        write_whole(f"{folder}/{SUMMARY}", as_csv([header, cells]))


def _size(columns: Mapping[str, Array]) -> int:
    return sum(values.nbytes for values in columns.values())


def _spoilt(path: Path, error: object) -> RunnerError:
    remedy = "remove it, and resume the sweep: its runs are trained again"
    return RunnerError(f"{path}: is not as it was written ({in_a_line(error)}); {remedy}")


def store_in(sweep: str | Path) -> Store | None:
    """The store in a sweep's folder, as it is now; None where there is none."""
    try:
        written = os.stat(f"{sweep}/{RECORDS}").st_mtime_ns
    except OSError:
        return None
    return _store(str(sweep), written)


@lru_cache(maxsize=8)
def _store(sweep: str, _written: int) -> Store | None:
    is_sweep = any(os.path.exists(f"{sweep}/{name}") for name in (RUNS, MULTIRUN))
    return Store(sweep) if is_sweep else None


def stored(folder: str | Path) -> Stored | None:
    """The run in a store that would have this folder; None where it has one, or there is no such run."""
    folder = os.path.normpath(folder)
    sweep = os.path.dirname(folder)
    while True:
        if (store := store_in(sweep or ".")) is not None:
            run = store.runs.get(folder[len(sweep) :].lstrip(os.sep).replace(os.sep, "/"))
            has_own = run is None or os.path.exists(f"{folder}/{SUMMARY}")
            return None if run is None or has_own else Stored(store, run)
        if not sweep or sweep == os.path.dirname(sweep):
            return None
        sweep = os.path.dirname(sweep)
