"""A run's line of ``runs.csv``: one type in memory, one form as text, both ways."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.errors import RunnerError
from runner.files import kept
from runner.records.names import DIVERGED, INTERRUPTED, OPTIONAL_RESULTS, RESULT_COLUMNS, higher_is_better

if TYPE_CHECKING:
    from runner.training.recorder import Trained


#: Rows that are made into text together.
ROWS_AT_A_TIME = 10_000


class Line(NamedTuple):
    """What a table says of a run."""

    run: int
    swept: Mapping[str, Any]  # the values of the swept keys, as written
    status: str = INTERRUPTED
    results: Mapping[str, float] = {}  # by RESULT_COLUMNS; NaN or not there: none, or none yet
    directory: str = "."  # its folder as seen from the sweep's, empty where nobody knows yet
    ending: str = ""  # one of ENDINGS, or nothing where that is not known

    def ended(self, trained: Trained) -> Line:
        """The line of the run once it has been trained."""
        known = {**vars(trained), **trained.metrics}
        results = {name: known[name] for name in RESULT_COLUMNS if known.get(name) is not None}
        return self._replace(status=trained.status, ending=trained.ending, results=results)

    def with_keys(self, swept: Iterable[str]) -> Line:
        """The line with other swept keys than it was written with."""
        return self._replace(swept={key: self.swept.get(key) for key in swept})

    def result(self, name: str) -> float:
        """A number of the run; NaN where it has none."""
        return self.results.get(name, math.nan)

    def result_for(self, objective: str | None) -> float:
        """What an optimizing sweeper is given: a diverged run has no accuracy, whatever its last row had.

        None is the validation error, if there is one, else the final error.
        """
        if objective is None:
            objective = "validation_error" if "validation_error" in self.results else "final_error"
        no_good = higher_is_better(objective) and self.status == DIVERGED
        return 0.0 if no_good else float(self.result(objective))


def swept_keys(lines: Iterable[Line]) -> list[str]:
    """The keys that are swept in any of the lines."""
    return list(dict.fromkeys(key for line in lines for key in line.swept))


def varying_keys(lines: Sequence[Line]) -> list[str]:
    """Those of the swept keys that have more than one value."""
    first: dict[str, Any] = {}
    varying = set()
    for line in lines:
        for key, value in line.swept.items():
            if first.setdefault(key, value) != value:
                varying.add(key)
    return [key for key in first if key in varying]


def rows_of(lines: Collection[Line], swept: Sequence[str]) -> Iterator[list[object]]:
    """The header of lines that may have different metrics, and the cells of each; None is an empty one."""
    names = results_in({name for line in lines for name in OPTIONAL_RESULTS if name in line.results})
    yield header_of(swept, names)
    for line in lines:
        yield cells_of(line, swept, names)


def cells_of(line: Line, swept: Iterable[str], names: Iterable[str]) -> list[object]:
    """A line's cells below such a header; None is an empty one."""
    numbers = [None if math.isnan(number) else number for number in map(line.result, names)]
    return [line.run, *map(line.swept.get, swept), line.status, line.ending, *numbers, line.directory]


def results_in(present: Container[str]) -> list[str]:
    """The results that lines have columns of, of which those are `present` that not every run has."""
    return [name for name in RESULT_COLUMNS if name not in OPTIONAL_RESULTS or name in present]


def header_of(swept: Sequence[str], names: Iterable[str]) -> list[object]:
    """The header of a table with some swept keys and the results of such names."""
    return ["run", *swept, "status", "ending", *(reached(name, swept) for name in names), "directory"]


def as_csv(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def in_pieces(rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """The same, so many rows at a time."""
    rows = iter(rows)
    while piece := as_csv(islice(rows, ROWS_AT_A_TIME)):
        yield piece


def reached(name: str, swept: Container[str]) -> str:
    """The column of a result: its name, unless a swept key has it (``epochs``, as a rule)."""
    return f"{name}_reached" if name in swept else name


def parser_of(header: Sequence[str]) -> Callable[[Sequence[str]], Line]:
    """What makes a Line of the cells below a header. Both raise ValueError for what is no table of runs."""
    for column in ("run", "status", "directory"):
        if column not in header:
            raise ValueError(f"there is no column '{column}'")
    status, directory = header.index("status"), header.index("directory")
    swept, columns = header[1:status], header[status + 1 : directory]
    has_ending = columns[:1] == ["ending"]  # a table of an earlier version has none
    names = {reached(name, swept): name for name in RESULT_COLUMNS}

    def parse(row: Sequence[str]) -> Line:
        if len(row) != len(header) or not row[0].isdecimal():
            raise ValueError("is not the line of a run")
        results = zip(columns, row[status + 1 : directory], strict=True)
        numbers = {names[column]: _number(column, cell) for column, cell in results if column in names}
        marks = dict(zip(swept, row[1:status], strict=True))
        ending = row[status + 1] if has_ending else ""
        return Line(int(row[0]), marks, row[status], numbers, row[directory], ending)

    return parse


def _number(column: str, cell: str) -> float:
    """A number as it was written: a whole one stays one."""
    try:
        number = float(cell or "nan")
        return int(cell) if cell.isdecimal() and math.isfinite(number) else number
    except ValueError:
        raise ValueError(f"column {column}: '{cell}' is not a number") from None


def read_lines(path: str | Path) -> Iterator[Line]:
    """The lines of a table of runs as they are read; none where it is not there.

    Raises RunnerError for what is no such table.
    """
    number = 1
    try:
        with open(kept(path), newline="", encoding="utf-8") as f:
            rows = csv.reader(f)
            parse = parser_of(next(rows, []))
            for row in rows:
                number = rows.line_num
                yield parse(row)
    except FileNotFoundError:
        return
    except (OSError, ValueError, csv.Error) as error:
        raise RunnerError(f"{path}, line {number}: {error}") from None
