"""How the text of a table is written: comments, separators, decimal commas. What is safe is guessed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from runner.data.cells import SAMPLE
from runner.errors import RunnerError
from runner.escaping import one_line

BLANKS = " "
#: What may separate columns; of equals the first is taken, and blanks only where they do better.
SEPARATORS = (",", ";", "\t", "|", BLANKS)
#: What separators are called in a message, and in a configuration.
SPOKEN = {"\t": "'\\t'", BLANKS: "blanks"}
NAMES = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "\\t": "\t",
    "pipe": "|",
    "blanks": BLANKS,
    "space": BLANKS,
}
#: What lines begin with that are comments, where they stand above the table.
COMMENTS = ("#", "%")
#: Rows that bear out a guess; of fewer, nothing but a comma is one.
ENOUGH = 4
#: Cells that are looked at to guess.
MOST_CELLS = 20_000

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(\S+)')
_NOT_CLEAN = re.compile(r"[;\t|]|,(?!\d)|(?<!\d),|[-+.\d]+\s+[-+.\d]+")
_COMMA_NUMBER = re.compile(r"[-+]?\d*,(\d+)(?:[eE][-+]?\d+)?")
_POINT_NUMBER = re.compile(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?")


class Written(NamedTuple):
    """What a configuration says of how a file is written; None leaves it to be guessed.

    `header`: whether the first line has the columns' names, or those names where no line has them.
    """

    separator: str | None = None
    decimal: str | None = None
    header: bool | tuple[str, ...] | None = None
    comment: str | None = None
    encoding: str | None = None


class Rows(NamedTuple):
    """The cells of a text line by line, and the number of the line of each row."""

    lines: list[int]
    cells: list[list[str]]


def without_comments(text: str, mark: str | None) -> tuple[str, str, list[str]]:
    """Text with its comments empty, the mark that they begin with, and what those above the table say.

    Without a `mark`, lines that begin with # or % are comments where such lines stand above the table.
    """
    top = re.search(r"\S", text)
    first = top[0] if top else ""
    guessed = mark is None
    mark = mark if mark is not None else first if first in COMMENTS else ""
    if not mark:
        return text, "", []
    above, kept = list[str](), list[str]()
    for line in text.splitlines(keepends=True):
        is_comment = line.lstrip().startswith(mark)
        if is_comment and not any(other.strip() for other in kept):
            above.append(line.strip().lstrip(mark).strip())
        end = line[len(line.rstrip("\r\n")) :]
        kept.append(end if is_comment else line if guessed else _cut(line, mark) + end)
    return "".join(kept), mark, above


def _cut(line: str, mark: str) -> str:
    """A line up to a comment at its end, which does not begin inside quotes."""
    at = line.find(mark)
    while at >= 0 and line.count('"', 0, at) % 2:
        at = line.find(mark, at + 1)
    return (line if at < 0 else line[:at]).rstrip("\r\n")


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text with their ends, one after the other: of a large one all at once take gigabytes."""
    return (match[0] for match in _LINE.finditer(text))


def split(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The number of its first line and the cells of each row that is not empty. Raises csv.Error."""
    if separator == BLANKS:
        for number, line in enumerate(lines_of(text), start=1):
            if row := [quoted.replace('""', '"') or bare for quoted, bare in _TOKEN.findall(line)]:
                yield number, row
        return
    options: Any = {"delimiter": separator, "skipinitialspace": separator != "\t", "strict": True}
    reader = csv.reader(lines_of(text), **options)
    begins = 1
    for row in reader:
        if len(row) > 1 or "".join(row).strip():
            yield begins, row
        begins = reader.line_num + 1


def first_rows(rows: Iterable[tuple[int, list[str]]]) -> Rows:
    """The first of rows with the numbers of their lines: as many as tell what the others are like."""
    first = Rows([], [])
    cells = 0
    for line, row in islice(rows, SAMPLE):
        first.lines.append(line)
        first.cells.append(row)
        cells += len(row)
        if cells > MOST_CELLS and len(first.lines) > 2 * ENOUGH:
            break
    return first


def guess_separator(text: str) -> str | None:
    """What separates the columns of a text, or None where nothing does so in nearly all lines alike."""
    best, best_score = None, 0.0
    for separator in SEPARATORS:
        try:
            rows = list(first_rows(split(text, separator)).cells)
        except csv.Error:
            continue
        score = _score(rows)
        if score > best_score + 1e-9:
            best, best_score = separator, score
    return best


def _score(rows: Sequence[Sequence[str]]) -> float:
    """The share of cells with no other separator in them; 0 where rows have unlike numbers of cells."""
    lengths = Counter(map(len, rows[1:] or rows))
    if not lengths:
        return 0.0
    width, count = lengths.most_common(1)[0]
    if width < 2 or count < 0.9 * lengths.total() or not width - 1 <= len(rows[0]) <= width:
        return 0.0
    cells = [cell.strip() for row in rows for cell in row]
    return sum(not _NOT_CLEAN.search(cell) for cell in cells) / len(cells)


def guess_decimal(columns: Sequence[Sequence[str]]) -> str:
    """The decimal sign of columns of cells: a point, unless commas cannot be there to group thousands."""
    cells = [cell.strip() for column in columns for cell in column[:SAMPLE]]
    commas = [match for match in map(_COMMA_NUMBER.fullmatch, cells) if match]
    if not commas or any(map(_POINT_NUMBER.fullmatch, cells)):
        return "."
    sure = sum(len(match[1]) != 3 or match[0].lstrip("-+").startswith(("0", ",")) for match in commas)
    return "," if sure else "."


def spoken(separator: str) -> str:
    """What a separator is called."""
    return SPOKEN.get(separator, repr(separator))


def shortened(text: str) -> str:
    """A text for a message, in a line, cut where it is long."""
    text = one_line(text)
    return text if len(text) <= 60 else f"{text[:57]}..."


def not_sure(where: str, first: str, separator: str | None) -> RunnerError:
    """The refusal of a first line that is one column, unless something else than commas separates them."""
    seems = "by something else" if separator is None else f"by {spoken(separator)}"
    key = {None: "';'", "\t": "tab", BLANKS: "blanks"}.get(separator, f"'{separator}'")
    few = "" if separator is None else f"; fewer than {ENOUGH} rows do not tell for sure"
    return RunnerError(
        f"{where}: has one column, '{shortened(first)}', unless columns are separated {seems}, "
        f"not by commas: data.separator={key} says so{few}"
    )
