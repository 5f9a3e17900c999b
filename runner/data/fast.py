"""Large files read fast: by pyarrow, where every cell of every row is as its first rows are.

Whatever is not so (a cell without a value, a number written for readers, a row of another length) is left
to the exact reader of :mod:`runner.data.dialect`, which has the words for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import overload

import numpy as np

from runner.data.cells import number
from runner.data.dialect import BLANKS, Rows, split
from runner.nn.arrays import Array

#: Characters from which on a text is read so: below, to import pyarrow takes longer.
LARGE = 2**20
#: Rows that a block has at least, as each column costs in each block, and the bytes that it has at most.
ROWS, MOST_BLOCK = 100, 2**30


class Lines(Sequence[int]):
    """The numbers of the lines of a text's last `count` rows, found where they are asked for."""

    def __init__(self, text: str, separator: str, count: int) -> None:
        self.text, self.separator, self.rows = text, separator, count

    @cached_property
    def _numbers(self) -> list[int]:
        return [line for line, _ in split(self.text, self.separator)][-self.rows :]

    def __len__(self) -> int:
        return self.rows

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        return self._numbers[at]

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)


def fast_columns(text: str, separator: str, decimal: str, head: Rows) -> list[Sequence[str] | Array] | None:
    """The columns of a text, of which `head` are the first rows; None where any cell is unlike those."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    if separator == BLANKS or f'{separator} "' in text or not head.cells or "\n" not in text:
        return None
    columns = list(zip(*head.cells, strict=True))
    pointed = [[cell.replace(decimal, ".") for cell in column] for column in columns]
    numeric = [all(number(cell) is not None for cell in column) for column in pointed]
    names = [str(i) for i in range(len(columns))]
    kinds = [pa.float64() if is_number else pa.string() for is_number in numeric]
    convert = arrow.ConvertOptions(
        column_types=dict(zip(names, kinds, strict=True)), null_values=[], decimal_point=decimal
    )
    start = _start(text, head.lines[0])
    body = memoryview(text.encode())[len(text[:start].encode()) :]
    block = max(2**20, len(body) // 64, ROWS * (text.find("\n", start) - start))
    try:
        table = arrow.read_csv(
            pa.BufferReader(body),
            read_options=arrow.ReadOptions(column_names=names, block_size=min(block, MOST_BLOCK)),
            parse_options=arrow.ParseOptions(delimiter=separator, newlines_in_values='"' in text),
            convert_options=convert,
        )
    except pa.ArrowInvalid:
        return None
    left = table.columns[::-1]
    del table, body  # each column is let go as it is copied
    found = [left.pop().to_numpy() if is_number else left.pop().to_pylist() for is_number in numeric]
    pa.default_memory_pool().release_unused()
    return found if all(np.isfinite(c).all() for c in found if isinstance(c, np.ndarray)) else None


def _start(text: str, line: int) -> int:
    """Where a line of a text begins, counted from 1."""
    at = 0
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    return at
