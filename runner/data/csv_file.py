"""Examples from a CSV file: its header, its numbers, and the text that names classes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from runner.data.cells import BOOLEANS, is_no_header, looks_like, number
from runner.data.examples import Data, Source, class_columns, one_hot
from runner.errors import ConfigError, RunnerError, did_you_mean
from runner.nn.arrays import Array

#: More classes than these need two examples each, or a column is taken for something else.
FEW_CLASSES = 20


class Column(NamedTuple):
    """A column of a file: its cells as they stand there, and the number of the line of each."""

    path: Path
    name: str
    lines: Sequence[int]
    texts: Sequence[str]

    def fault(self, cell: int, what: str) -> RunnerError:
        """What is wrong with a cell, by its place in the column."""
        return RunnerError(f"{self.path}, line {self.lines[cell]}, column {self.name}: {what}")

    def refuse_empty(self) -> None:
        """Raises RunnerError for a cell without a value."""
        for cell, text in enumerate(self.texts):
            if not text.strip():
                raise self.fault(cell, "is empty; every cell needs a value")


def read_csv(path: Path, inputs: Sequence[str] | None, targets: Sequence[str]) -> Data:
    """Columns of a CSV file with a header, by name; `inputs` None takes all that are not targets.

    A target column of text becomes classes, in alphabetical order: one column of 0 and 1 for two
    of them, else a column a class. Raises RunnerError naming the file, the line and the column.
    """
    content = _content(path)
    header, lines, cells = _read_cells(path, content)
    inputs = _chosen_inputs(path, header, inputs, targets)
    columns = {name: Column(path, name, lines, texts) for name, texts in zip(header, cells, strict=True)}
    target_columns: list[Array] = []
    target_names: list[str] = []
    classes: dict[str, list[str]] = {}
    for name in targets:
        column = columns[name]._replace(texts=[text.strip() for text in columns[name].texts])
        if not _are_classes(column):
            target_columns.append(_numbers(column)[:, None])
            target_names.append(name)
            continue
        classes[name] = _classes(column)
        which = np.searchsorted(classes[name], column.texts)
        target_columns.append(one_hot(which, len(classes[name])))
        target_names += class_columns([f"{name}={label}" for label in classes[name]])
    return Data(
        _input_columns([columns[name] for name in inputs]),
        np.concatenate(target_columns, axis=1),
        list(inputs),
        target_names,
        classifies=bool(classes) and len(targets) == 1,
        classes=classes,
        sources=(Source.of("data.path", path, content),),
    )


def _chosen_inputs(
    path: Path, header: Sequence[str], inputs: Sequence[str] | None, targets: Sequence[str]
) -> list[str]:
    """The columns that are inputs. Raises ConfigError where a chosen one is not there, or none is left."""
    for key, chosen in (("data.inputs", inputs or []), ("data.targets", targets)):
        for name in chosen:
            if name not in header:
                missing = f"{path} has no such column{did_you_mean(name, header)}"
                raise ConfigError(key, name, f"{missing}; it has {', '.join(header)}")
    if both := set(inputs or []) & set(targets):
        raise ConfigError("data.inputs", sorted(both)[0], "is also one of data.targets")
    left = list(inputs) if inputs is not None else [name for name in header if name not in targets]
    if not left:
        raise ConfigError("data.inputs", [], f"at least one column of {path} must be left for the inputs")
    return left


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError("data.path", path, "there is no such file") from None
    except OSError as error:
        raise ConfigError("data.path", path, f"cannot be read: {error.strerror}") from None


def _read_cells(path: Path, content: bytes) -> tuple[list[str], list[int], list[list[str]]]:
    """The header, the line number of each row, and the cells column by column."""
    lines, rows = [], []
    line = 1
    try:
        text = content.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
        for row in reader:
            if row:  # no blank line
                lines.append(line)
                rows.append(row)
            line = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise RunnerError(f"{path}: is not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except csv.Error as error:
        _refuse_separators(path, line, text.splitlines()[line - 1 : line + 1])
        raise RunnerError(f"{path}, line {line}: cannot be read as CSV: {error}") from None
    if not rows:
        raise RunnerError(f"{path}: is empty; a header with the columns' names is needed")
    header = [name.strip() for name in rows[0]]
    if len(header) == 1:
        _refuse_separators(path, lines[0], [row[0] for row in rows[:2]])
    _check_header(path, lines[0], header, rows[1:])
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise RunnerError(f"{path}, line {line}: has {len(row)} cells where the header has {len(header)}")
    if len(rows) == 1:
        raise RunnerError(f"{path}: has a header and no rows")
    return header, lines[1:], [list(column) for column in zip(*rows[1:], strict=True)]


def _refuse_separators(path: Path, line: int, texts: Sequence[str]) -> None:
    """Raises RunnerError where lines, of which the first is `line`, have other separators than commas."""
    if not texts or "," in texts[0]:
        return
    other = re.search(r"[;\t|]", texts[0])
    blanks = len({len(text.split()) for text in texts}) == 1 and len(texts[0].split()) > 1
    if other or blanks:
        separator = repr(other[0]) if other else "blanks"
        raise RunnerError(
            f"{path}, line {line}: has one column, '{_shortened(texts[0])}'; columns are separated by "
            f"commas, not by {separator}: save it so"
        )


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _check_header(path: Path, line: int, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if is_no_header(header, rows):
        first = _shortened(",".join(header))
        names = _shortened(",".join([*(f"x{i + 1}" for i in range(len(header) - 1)), "y"]))
        raise RunnerError(
            f"{path}, line {line}: '{first}' seems to be data, and the file to have no header: put a line "
            f"with the columns' names at its top, as {names} (if these are names, begin each with a letter)"
        )
    for place, name in enumerate(header, start=1):
        if not name:
            raise RunnerError(f"{path}, line {line}: column {place} has no name")
        if header.count(name) > 1:
            raise RunnerError(f"{path}, line {line}: column '{name}' is there twice")


def _are_classes(column: Column) -> bool:
    """Whether a target column has text in its cells, which are classes.

    Raises RunnerError for a mixture, and for text that is numbers, dates or nothing to a reader.
    """
    column.refuse_empty()
    lines, texts = column.lines, column.texts
    is_text = {text for text in set(texts) if number(text) is None}
    if not is_text:
        return False
    looks = {text: what for text in is_text if (what := looks_like(text))}
    if looks:
        wrong = next(i for i, text in enumerate(texts) if text in looks)
        raise column.fault(wrong, f"'{texts[wrong]}' {looks[texts[wrong]]}")
    numeric = [text not in is_text for text in texts]
    if any(numeric):
        wrong, right = numeric.index(False), numeric.index(True)
        has = f"line {lines[right]} has one, '{texts[right]}'; a column has numbers, or text for classes"
        raise column.fault(wrong, f"'{texts[wrong]}' is not a number, but {has}")
    return True


def _classes(column: Column) -> list[str]:
    """The classes of a column of text, in alphabetical order. Raises RunnerError where there are none."""
    classes, rows = sorted(set(column.texts)), len(column.texts)
    where = f"{column.path}, column {column.name}"
    if len(classes) < 2:
        raise RunnerError(f"{where}: has only one class, '{classes[0]}'; at least 2 are needed")
    if len(classes) > max(FEW_CLASSES, rows / 2):
        first = ", ".join(f"'{_shortened(label)}'" for label in classes[:3])
        raise RunnerError(
            f"{where}: has {len(classes)} different texts in {rows} rows ({first}, …): too many for classes; "
            "a target is a column of numbers, or of text that names a few classes"
        )
    return classes


def _numbers(column: Column) -> Array:
    column.refuse_empty()
    values = np.empty(len(column.texts))
    for i, text in enumerate(column.texts):
        value = number(text)
        values[i] = np.nan if value is None else value
        if not np.isfinite(values[i]):
            what = f"; it {looks}" if (looks := looks_like(text)) else ""
            raise column.fault(i, f"'{text}' is not a finite number{what}")
    return values


def _input_columns(columns: Sequence[Column]) -> Array:
    """Columns of numbers as inputs (N, I). Raises RunnerError that names those that may be chosen."""
    usable: dict[str, Array] = {}
    fault = ""
    for column in columns:
        try:
            usable[column.name] = _numbers(column)
        except RunnerError as error:
            fault = fault or f"{error}{_as_numbers(column.texts)}"
    if not fault:
        return np.stack(list(usable.values()), axis=1)
    choose = f"data.inputs=[{','.join(usable)}] takes the columns that are" if usable else "no column is"
    raise RunnerError(f"{fault}\n  Inputs are columns of numbers: {choose}")


def _as_numbers(texts: Sequence[str]) -> str:
    """How a column of true and false becomes one of numbers."""
    words = {text.strip().casefold() for text in texts}
    return "; write 1 and 0 for them" if words <= {*BOOLEANS} else ""
