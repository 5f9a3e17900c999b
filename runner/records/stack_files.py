"""The runs of a stack in one file, and their histories in another: what a sweep without folders writes.

``records/NAME.parquet`` has a row a run: its number and directory, Hydra's record of it, its files but for
the history. ``histories/NAME.parquet`` has the rows of all its histories, under ``run`` and the columns of
``history.csv``. The records are renamed last, when both are on the disk: a run is done where they have it.
What a stack had before is lost with its process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from runner.nn.arrays import Array, Numbers
from runner.records.checksums import Sum
from runner.records.lines import Line
from runner.records.names import ABOUT, HISTORIES, PARQUET, PART, RECORDS, SUMMARY
from runner.records.writing import last_files, naming, summary_csv, sync_file
from runner.training.experiment import Experiment, columns, width
from runner.training.recorder import Trained

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

#: Rows of histories that are written together, and may be read without the others.
ROWS = 2**17
#: What is compressed: numbers byte by byte, which are alike in sign and exponent; a page has its checksum.
SUFFIX = ".parquet"
HOW: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "write_page_checksum": True}
#: The columns of the records beside those that are called as files.
RUN, DIRECTORY, SHARED, OWN = "run", "directory", "hydra", "hydra_of_run"


class Into(NamedTuple):
    """Where the runs of a sweep go that have no folders: which of STORES, and the sweep's folder."""

    store: str
    sweep: str


class Packed(NamedTuple):
    """A run of a stack: its number, and Hydra's record of it in two texts."""

    run: int
    shared: str
    own: str


class StackFiles:
    """A sink as :class:`runner.records.writing.RunFiles`, of whose runs all are written, or none."""

    def __init__(
        self, into: Into, runs: Sequence[Packed], experiment: Experiment, check: Callable[[], None]
    ) -> None:
        """`runs` are those of the stack, in order; `check` is called before anything is written."""
        self.runs = runs
        self.experiment = experiment
        self.check = check
        self.name = f"{runs[0].run:07}-{os.urandom(4).hex()}{SUFFIX}"
        self.records = Path(into.sweep, RECORDS, self.name)
        self.histories = Path(into.sweep, HISTORIES, self.name)
        self.has_histories = into.store == PARQUET
        self.names = [experiment.log.unit, *columns(experiment)]
        self.waiting: list[tuple[int, Sequence[int], Array]] = []
        self.most = max(1, ROWS // width(experiment)) if width(experiment) > 64 else ROWS
        self.length = 0
        self.rows = [0] * len(runs)
        self.files: list[dict[str, bytes]] = [{} for _ in runs]
        self.done: dict[int, str] = {}  # the directory of each run that has ended
        self.writer: ParquetWriter | None = None

    def write(self, run: int, counts: Sequence[int], rows: Array) -> None:
        """Takes rows (T, columns) of the history of `run`; see :class:`runner.training.recorder.Sink`."""
        self.rows[run] += len(counts)
        if self.has_histories:
            kept = rows if rows.base is None else rows.copy()  # of a buffer that is filled anew
            self.waiting.append((self.runs[run].run, counts, kept))
            self.length += len(counts)
            if self.length >= self.most:
                self._hand_on()

    def add(self, run: int, name: str, content: bytes) -> None:
        """Takes a whole file of `run` besides its history."""
        if self.has_histories or name == ABOUT:
            self.files[run][name] = content

    def finish(self, run: int, trained: Trained, line: Line) -> None:
        """Takes what a run ended with; one that was interrupted is not kept."""
        if trained.paused is not None:
            return
        if self.has_histories:
            self.files[run] |= last_files(self.experiment, trained)
        sums = {name: Sum().of(content) for name, content in self.files[run].items()}
        self.files[run][SUMMARY] = summary_csv(self.experiment, line, trained, self.rows[run], sums)
        self.done[run] = line.directory

    def close(self) -> None:
        """Writes the runs that have ended, and nothing where there are none."""
        if not self.done:
            self.discard()
            return
        if self.has_histories:
            self._hand_on()
            assert self.writer is not None
            self.writer.close()
            self._whole(self.histories)
        self.check()
        self._write_records()
        self._whole(self.records)

    def discard(self) -> None:
        """Removes what it has written."""
        if self.writer is not None:
            with suppress(Exception):  # the disk is full, say
                self.writer.close()
        for path in (self.histories, self.records):
            _part(path).unlink(missing_ok=True)
        if not self.records.exists():
            self.histories.unlink(missing_ok=True)

    def _hand_on(self) -> None:
        """Writes the rows that wait, below each other."""
        import pyarrow as pa

        self.check()
        runs, counts, rows = zip(*self.waiting, strict=True) if self.waiting else ((), (), ())
        numbers = np.concatenate([np.empty((0, len(self.names) - 1)), *rows]).T
        arrays = [
            np.repeat(np.array(runs, dtype=np.int64), list(map(len, counts))),
            np.concatenate([np.empty(0, dtype=np.int64), *counts]).astype(np.int64),
            *np.ascontiguousarray(numbers),
        ]
        table = pa.Table.from_arrays(list(map(_numbers, arrays)), [RUN, *self.names])
        with naming(self.histories):
            self.writer = self.writer or self._opened(table.schema)
            self.writer.write_table(table, row_group_size=self.most)
        self.waiting, self.length = [], 0

    def _opened(self, schema: pa.Schema) -> ParquetWriter:
        from pyarrow.parquet import ParquetWriter

        self.histories.parent.mkdir(exist_ok=True)
        split = dict.fromkeys(self.names[1:], "BYTE_STREAM_SPLIT")
        repeated = [RUN, self.names[0]]
        return ParquetWriter(
            _part(self.histories), schema, use_dictionary=repeated, column_encoding=split, **HOW
        )

    def _write_records(self) -> None:
        """A row a run that has ended."""
        import pyarrow as pa
        from pyarrow.parquet import write_table

        runs = [self.runs[at] for at in self.done]
        files = [self.files[at] for at in self.done]
        names = list(dict.fromkeys(name for of_run in files for name in of_run))
        columns = {
            RUN: _numbers(np.array([packed.run for packed in runs], dtype=np.int64)),
            DIRECTORY: _texts(self.done.values()),
            SHARED: _texts(packed.shared for packed in runs),
            OWN: _texts(packed.own for packed in runs),
            **{name: _contents([of_run.get(name) for of_run in files]) for name in names},
        }
        table = pa.Table.from_arrays(list(columns.values()), list(columns))
        self.records.parent.mkdir(exist_ok=True)
        with naming(self.records):
            write_table(table, _part(self.records), use_dictionary=[SHARED, ABOUT], **HOW)

    def _whole(self, path: Path) -> None:
        sync_file(_part(path))
        os.replace(_part(path), path)


# Arrow's arrays are made of their buffers: asked to convert anything, pyarrow imports pandas first, which
# would take each worker longer than a stack.


def _numbers(array: Numbers | Array) -> pa.Array:
    """An array (N,) as Arrow has it, of the same memory."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.from_numpy_dtype(array.dtype), len(array), [None, pa.py_buffer(array)])


def _contents(contents: Sequence[bytes | None]) -> pa.Array:
    """Bytes, or null, a row."""
    import pyarrow as pa

    is_there = np.packbits([content is not None for content in contents], bitorder="little")
    ends = np.cumsum([0, *(len(content or b"") for content in contents)], dtype=np.int64)
    whole = b"".join(content or b"" for content in contents)
    buffers = [pa.py_buffer(is_there), pa.py_buffer(ends), pa.py_buffer(whole)]
    return pa.Array.from_buffers(pa.large_binary(), len(contents), buffers)


def _texts(texts: Iterable[str]) -> pa.Array:
    """A text a row."""
    import pyarrow as pa

    return _contents([text.encode() for text in texts]).view(pa.large_string())


def _part(path: Path) -> Path:
    return path.with_name(path.name + PART)


def clear_parts(sweep: str | Path) -> None:
    """Removes what stacks have left that were not done, when none is in training."""
    for folder in (RECORDS, HISTORIES):
        for path in Path(sweep, folder).glob(f"*{SUFFIX}*"):
            is_whole = path.name.endswith(SUFFIX) and Path(sweep, RECORDS, path.name).exists()
            if not is_whole:
                path.unlink(missing_ok=True)
