"""The last rows of histories, without reading what stands before: of thousands of long ones.

The ends of many are parsed as one text: a reader for each takes ten times as long.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runner.errors import RunnerError, in_a_line
from runner.files import kept
from runner.nn.arrays import Array
from runner.records.histories import LONGEST, TOGETHER, read_columns, stored_history, wanted

#: Bytes of a history that are read at most, however wide its rows are.
MOST_BYTES = 2**21


class Tails(NamedTuple):
    """The last rows of histories, below each other."""

    lengths: NDArray[np.intp]  # (R,) of each
    columns: dict[str, Array]  # (T,) of all


class _End(NamedTuple):
    """The last rows of a history, as text."""

    path: str
    header: bytes
    rows: list[bytes]


def last_rows(paths: Iterable[str], names: Sequence[str], count: int) -> Iterator[Tails]:
    """Of each history the last `count` rows, or as many as there are: its columns `names`, the unit first.

    A few megabytes at a time; of very wide rows fewer are read. Raises RunnerError for what is no history.
    """
    ends, size = list[_End](), 0
    for path in paths:
        if stored_history(path):
            yield _stored_rows(path, names, count)
            continue
        end = _end_of(path, count)
        if ends and (size > TOGETHER or end.header != ends[0].header):
            yield _parsed(ends, names)
            ends, size = [], 0
        ends.append(end)
        size += sum(map(len, end.rows))
    if ends:
        yield _parsed(ends, names)


def _stored_rows(path: str, names: Sequence[str], count: int) -> Tails:
    """The same of one run without a folder."""
    (history,) = read_columns([path], names)
    last = {name: values[-count:] for name, values in history.items()}
    return Tails(np.array([len(last[names[0]])]), last)


def _parsed(ends: Sequence[_End], names: Sequence[str]) -> Tails:
    """The columns `names` of histories that have one header."""
    import pyarrow as pa
    from pyarrow import csv

    lengths = np.array([len(end.rows) for end in ends])
    content = BytesIO(b"\n".join([ends[0].header, *(row for end in ends for row in end.rows), b""]))
    whole = csv.ReadOptions(use_threads=False, block_size=content.getbuffer().nbytes + 1)
    try:
        table = csv.read_csv(content, whole, convert_options=wanted(names))
        if len(table) != lengths.sum():
            raise pa.ArrowInvalid("its rows are no lines")
    except (KeyError, pa.ArrowInvalid, UnicodeDecodeError) as error:
        if len(ends) > 1:
            for end in ends:  # one of which says what is wrong in it
                _parsed([end], names)
        raise RunnerError(f"{ends[0].path}: is not a history as it was written: {in_a_line(error)}") from None
    return Tails(lengths, {name: table[name].to_numpy() for name in names})


def _end_of(path: str, count: int) -> _End:
    """The last `count` rows of a history; fewer where it has fewer, or they take more than MOST_BYTES."""
    try:
        with open(kept(path), "rb") as f:
            header = f.readline().rstrip()
            start, end = f.tell(), f.seek(0, os.SEEK_END)
            row = LONGEST * (header.count(b",") + 1)
            f.seek(max(0, start - 1, end - min(row * (count + 1), max(MOST_BYTES, 2 * row))))
            rows = f.read().splitlines()[1:]  # what comes first is cut, or is the end of the header
    except OSError as error:
        raise RunnerError(f"{path}: cannot be read: {in_a_line(error)}") from None
    if not (rows := list(filter(None, rows))):
        raise RunnerError(f"{path}: is not a history as it was written: it has no rows")
    return _End(path, header, rows[-count:])
