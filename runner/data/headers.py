"""What the columns of a table are called: by its first line, a comment above it, the user, or by number."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from runner.data.cells import is_no_header
from runner.data.dialect import ENOUGH, Rows, Written, first_rows, guess_decimal, shortened
from runner.errors import ConfigError, RunnerError


class Names(NamedTuple):
    """The columns' names, the rows below them, whether they are more than numbers, and the decimal sign."""

    names: list[str]
    rows: Rows
    is_named: bool
    decimal: str


class Top(NamedTuple):
    """What tells the names of columns: the keys, comments above the table, the names that are asked for."""

    path: Path
    written: Written
    above: Sequence[str]
    wanted: Collection[str]

    def of(self, rows: Rows, said: list[str]) -> Names:
        """What the first rows of a table say of it."""
        decimal = self.written.decimal or _decimal(rows, said)
        names, body, is_named = self._named(rows, decimal)
        if not is_named and self.written.header is None:
            said.append("no header: columns have numbers")
        names, body = _without_ends(names, body)
        return Names(names, body, is_named, decimal)

    def _named(self, rows: Rows, decimal: str) -> tuple[list[str], Rows, bool]:
        first, rest = [name.strip() for name in rows.cells[0]], Rows(rows.lines[1:], rows.cells[1:])
        header = self.written.header
        if isinstance(header, tuple):
            if len(header) != len(first):
                allowed = f"{self.path} has {len(first)} columns, and these are {len(header)} names"
                raise ConfigError("data.header", list(header), allowed)
            return list(header), rows, True
        numbers = [str(i + 1) for i in range(len(first))]
        if header is False:
            return numbers, rows, False
        if header or not _is_headless(first, rest, decimal):
            return first, rest, True
        for line in self.above[-1:]:
            names = re.split(r"\s*[,;\t|]\s*|\s+", line)
            if len(names) == len(first):
                return names, rows, True
        if self.wanted and all(name in numbers and _is_a_number_alone(name, first) for name in self.wanted):
            return numbers, rows, False
        raise self._refusal(first, rows.lines[0])

    def _refusal(self, first: Sequence[str], line: int) -> RunnerError:
        last = len(first)
        names = shortened(",".join([*(f"x{i + 1}" for i in range(last - 1)), "y"]))
        return RunnerError(
            f"{self.path}, line {line}: '{shortened(','.join(first))}' seems to be data, and the file to "
            f"have no header: data.header=none names its columns 1 to {last} (data.targets={last} is one), "
            f"data.header=[{names}] names them; if these are names, data.header=true says so"
        )


def column_name(text: str) -> str:
    """What a column is called, in a line: spreadsheets break the lines of names within a cell."""
    return " ".join(map(str.strip, text.strip().splitlines()))


def _is_a_number_alone(name: str, first: Sequence[str]) -> bool:
    """Whether the number of a column stands nowhere else in the first line: where it might be the name."""
    return name not in first or first[int(name) - 1] == name


def _is_headless(first: Sequence[str], rest: Rows, decimal: str) -> bool:
    pointed = [
        [cell.replace(decimal, ".") for cell in row]
        for row in [first, *first_rows(zip(*rest, strict=True)).cells]
    ]
    return is_no_header(pointed[0], pointed[1:])


def _without_ends(names: list[str], rows: Rows) -> tuple[list[str], Rows]:
    """Names and rows without what separators at the ends of lines make, and with a name for row names."""
    count = len(names)
    if rows.cells and {len(row) for row in rows.cells} == {count + 1}:
        if not any(row[-1].strip() for row in rows.cells):
            return names, Rows(rows.lines, [row[:-1] for row in rows.cells])
        if len({row[0] for row in rows.cells}) == len(rows.cells):  # as R writes the names of rows
            return ["", *names], rows
    if count > 1 and not names[-1] and not any(row[count - 1 :] and row[-1].strip() for row in rows.cells):
        return names[:-1], Rows(rows.lines, [row[: count - 1] for row in rows.cells])
    return names, rows


def _decimal(rows: Rows, said: list[str]) -> str:
    looked_at = first_rows(zip(rows.lines, rows.cells, strict=True)).cells
    columns = list(zip_longest(*looked_at, fillvalue=""))
    decimal = guess_decimal(columns) if len(rows.cells) > ENOUGH else "."
    said += ["decimal commas"] if decimal == "," else []
    return decimal
