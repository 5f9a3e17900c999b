"""The overrides of a sweep's jobs, held so that those of a million fit into memory."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias, overload

#: Keys that vary together: of each the overrides that it takes in turn, as many as the others.
Column: TypeAlias = Sequence[Sequence[str]]


class ManyJobs(Sequence[list[str]]):
    """Jobs' overrides as `make` has them by `numbers`: each list is made when it is asked for."""

    def __init__(self, make: Callable[[int], list[str]], numbers: Sequence[int]) -> None:
        self._make = make
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> list[str]: ...

    @overload
    def __getitem__(self, at: slice) -> ManyJobs: ...

    def __getitem__(self, at: int | slice) -> list[str] | ManyJobs:
        if isinstance(at, slice):
            return ManyJobs(self._make, self._numbers[at])
        return self._make(self._numbers[at])

    def __iter__(self) -> Iterator[list[str]]:
        return map(self._make, self._numbers)

    def picked(self, places: Iterable[int]) -> ManyJobs:
        """Those at some places, in their order."""
        return ManyJobs(self._make, array("q", map(self._numbers.__getitem__, places)))

    def joined(self, more: Sequence[list[str]]) -> ManyJobs:
        """These, and more behind them."""
        first = len(self)
        return ManyJobs(lambda at: self[at] if at < first else more[at - first], range(first + len(more)))

    def __eq__(self, other: object) -> bool:
        """Whether others are the same, be it in a list."""
        if not isinstance(other, Sequence) or len(other) != len(self):
            return NotImplemented
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))


class Grid(ManyJobs):
    """A job for every choice of one row of each of the columns, of which the last varies fastest.

    In a job the overrides stand in `order`: the place that each has among those of all columns.
    """

    def __init__(self, columns: Sequence[Column], order: Sequence[int]) -> None:
        self._columns = columns
        self._order = order
        runs = math.prod(len(column[0]) for column in columns)
        super().__init__(partial(_job, columns, order), range(runs))

    def distinct(self) -> Grid:
        """The same, each job once."""
        return Grid([_distinct(column) for column in self._columns], self._order)


def _job(columns: Sequence[Column], order: Sequence[int], number: int) -> list[str]:
    """A job of a grid: the last column's row is the number's last digit."""
    laid: list[str] = []
    for column in reversed(columns):
        number, row = divmod(number, len(column[0]))
        laid[:0] = [overrides[row] for overrides in column]
    return [laid[at] for at in order]


def _distinct(column: Column) -> Column:
    """The rows of a column, each once: a job is there twice where a row is."""
    rows = dict.fromkeys(zip(*column, strict=True))
    return column if len(rows) == len(column[0]) else list(zip(*rows, strict=True))
