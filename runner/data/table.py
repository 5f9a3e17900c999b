"""A file as a table of cells: its columns by name, and what was guessed of how it is written."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, islice
from pathlib import Path

from runner.data.decoding import PARQUET, decoded, read_bytes, unpacked
from runner.data.dialect import (
    ENOUGH,
    Rows,
    Written,
    first_rows,
    guess_separator,
    lines_of,
    not_sure,
    split,
    spoken,
    without_comments,
)
from runner.data.fast import LARGE, Lines, fast_columns
from runner.data.headers import Top, column_name
from runner.errors import RunnerError
from runner.nn.arrays import Array


@dataclass(frozen=True, eq=False)
class Table:
    """Cells column by column, and the number of the line (or another `place`) of each row.

    `key` names the file; `said` is what was guessed of it; `is_named` is false where its columns have
    numbers for names.
    """

    key: str
    path: Path
    content: bytes
    names: list[str]
    columns: Sequence[Sequence[str] | Array]
    lines: Sequence[int]
    decimal: str = "."
    said: list[str] = field(default_factory=list)
    is_named: bool = True
    place: str = "line"

    @cached_property
    def places(self) -> dict[str, int]:
        """Where columns are, by their names."""
        return {name: place for place, name in enumerate(self.names)}

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.lines)


def read_table(key: str, path: Path, written: Written, wanted: Collection[str] = ()) -> Table:
    """The table in the file that `key` names; `wanted` are columns that are asked for by name.

    Raises RunnerError naming the file, the line and the key that settles what cannot be guessed.
    """
    content = read_bytes(key, path)
    plain = unpacked(path, content)
    if plain.startswith(PARQUET):
        from runner.data.parquet import read_parquet

        return read_parquet(key, path, content, plain)
    text, guessed = decoded(path, plain, written.encoding)
    said = [guessed] if guessed else []
    text, mark, above = without_comments(text, written.comment)
    text, separator = _separator(path, text, written.separator, said)
    said += [f"lines that begin with {mark} left out"] if mark and written.comment is None else []
    top = Top(path, written, above, wanted)
    if len(text) >= LARGE and (table := _fast(key, content, top, (text, separator), said)):
        return table
    names, body, is_named, decimal = top.of(_rows(path, text, separator), said)
    _refuse_ragged(path, names, body)
    if not body.cells:
        raise RunnerError(f"{path}: has a header and no rows")
    line = body.lines[0] if not is_named else 1
    names, columns = unlike(path, f"line {line}", names, list(zip(*body.cells, strict=True)), said)
    return Table(key, path, content, names, columns, body.lines, decimal, said, is_named)


def _fast(key: str, content: bytes, top: Top, text: tuple[str, str], said: Sequence[str]) -> Table | None:
    """The table of a large text and its separator, by its first rows; None where others are unlike them."""
    told = [*said]
    try:
        head = first_rows(split(*text))
        names, body, is_named, decimal = top.of(head, told)
        if any(len(row) != len(names) for row in body.cells):
            return None
        columns = fast_columns(*text, decimal, body)
    except (RunnerError, csv.Error):
        return None  # for the exact reader to say
    if columns is None:
        return None
    lines = Lines(*text, len(columns[0]))
    names, columns = unlike(top.path, "line 1", names, columns, told)
    return Table(key, top.path, content, names, columns, lines, decimal, told, is_named)


def _separator(path: Path, text: str, given: str | None, said: list[str]) -> tuple[str, str]:
    """The text and what separates its columns. Raises RunnerError where that is not sure."""
    if told := re.match(r"\s*sep=(.)\r?\n", text):  # Excel's own line
        return text[: told.start(1) - 4] + text[told.end() - 1 :], given or told[1]
    if given is not None:
        return text, given
    separator = guess_separator(text)
    lines = list(islice(filter(str.strip, lines_of(text)), ENOUGH + 1))
    if not lines or separator == ",":
        return text, ","
    if separator is None:
        others = [mark for mark in (";", "\t", "|") if mark in lines[0]]
        if "," in lines[0] or not (others or len(lines[0].split()) > 1):
            return text, ","
        separator = others[0] if others else None
    if separator is None or len(lines) <= ENOUGH:
        at = next(i for i, line in enumerate(lines_of(text), start=1) if line.strip())
        raise not_sure(f"{path}, line {at}", lines[0].strip(), separator)
    said.append(f"separated by {spoken(separator)}")
    return text, separator


def _rows(path: Path, text: str, separator: str) -> Rows:
    rows = Rows([], [])
    line = 0
    try:
        for line, row in split(text, separator):
            rows.lines.append(line)
            rows.cells.append(row)
    except csv.Error as error:
        raise RunnerError(f"{path}, line {_next(text, line)}: cannot be read as CSV: {error}") from None
    if not rows.cells:
        raise RunnerError(f"{path}: is empty; a header with the columns' names is needed")
    return rows


def _next(text: str, line: int) -> int:
    """The first line after `line` that is not empty."""
    lines = enumerate(lines_of(text), start=1)
    return next((number for number, other in lines if number > line and other.strip()), line + 1)


def _refuse_ragged(path: Path, names: Sequence[str], rows: Rows) -> None:
    for line, row in zip(*rows, strict=True):
        if len(row) != len(names):
            raise RunnerError(f"{path}, line {line}: has {len(row)} cells where the header has {len(names)}")


def unlike(
    path: Path, where: str, names: list[str], columns: list[Sequence[str] | Array], said: list[str]
) -> tuple[list[str], list[Sequence[str] | Array]]:
    """Columns with names of a line that differ, without a first that has none and numbers or names the rows.

    Raises RunnerError for one without a name, by `where` that is to be.
    """
    names = list(map(column_name, names))
    if names[0] in ("", "Unnamed: 0") and len(names) > 1 and _all_differ(columns[0]):
        said.append("the first column, which has no name, left out")
        names, columns = names[1:], columns[1:]
    unlike: dict[str, None] = {}  # in order
    again: dict[str, Iterator[str]] = {}  # of names that are there twice, the next ones
    for place, name in enumerate(names, start=1):
        if not name:
            raise RunnerError(f"{path}, {where}: column {place} has no name")
        new = name
        while new in unlike:
            new = next(again.setdefault(name, (f"{name}.{i}" for i in count(1))))
        if new != name:
            said.append(f"column '{name}' is there twice, now '{new}' too")
        unlike[new] = None
    return list(unlike), columns


def _all_differ(cells: Sequence[str] | Array) -> bool:
    return len(set(cells)) == len(cells)
