"""Examples from a CSV file: its header, its numbers, and the text that names classes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from runner.data.cells import BOOLEANS, is_no_header, looks_like, number
from runner.data.examples import Raw, Source, class_columns, one_hot
from runner.errors import ConfigError, RunnerError, did_you_mean
from runner.nn.arrays import Array


def read_csv(path: Path, inputs: Sequence[str] | None, targets: Sequence[str]) -> Raw:
    """Columns of a CSV file with a header, by name; `inputs` None takes all that are not targets.

    A target column of text becomes classes, in alphabetical order: one column of 0 and 1 for two
    of them, else a column a class. Raises RunnerError naming the file, the line and the column.
    """
    content = _content(path)
    header, lines, cells = _read_cells(path, content)
    inputs = _chosen_inputs(path, header, inputs, targets)
    columns: list[Array] = []
    target_names: list[str] = []
    classes: dict[str, list[str]] = {}
    for name in targets:
        texts = [text.strip() for text in cells[header.index(name)]]
        if not _are_classes(path, name, lines, texts):
            columns.append(_numbers(path, name, lines, texts)[:, None])
            target_names.append(name)
            continue
        classes[name] = _classes(path, name, texts)
        which = np.searchsorted(classes[name], texts)
        columns.append(one_hot(which, len(classes[name])))
        target_names += class_columns([f"{name}={label}" for label in classes[name]])
    return Raw(
        _input_columns(path, inputs, lines, [cells[header.index(name)] for name in inputs]),
        np.concatenate(columns, axis=1),
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
                raise ConfigError(
                    key,
                    name,
                    f"{path} has no such column{did_you_mean(name, header)}; it has {', '.join(header)}",
                )
    if both := set(inputs or []) & set(targets):
        raise ConfigError("data.inputs", sorted(both)[0], "is also one of data.targets")
    found = list(inputs) if inputs is not None else [name for name in header if name not in targets]
    if not found:
        raise ConfigError("data.inputs", [], f"at least one column of {path} must be left for the inputs")
    return found


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
        shown = _shortened(",".join(header))
        names = _shortened(",".join([*(f"x{i + 1}" for i in range(len(header) - 1)), "y"]))
        raise RunnerError(
            f"{path}, line {line}: '{shown}' seems to be data, and the file to have no header: put a line "
            f"with the columns' names at its top, as {names} (if these are names, begin each with a letter)"
        )
    for place, name in enumerate(header, start=1):
        if not name:
            raise RunnerError(f"{path}, line {line}: column {place} has no name")
        if header.count(name) > 1:
            raise RunnerError(f"{path}, line {line}: column '{name}' is there twice")


def _are_classes(path: Path, column: str, lines: Sequence[int], texts: Sequence[str]) -> bool:
    """Whether a target column has text in its cells, which are classes.

    Raises RunnerError for a mixture, and for text that is numbers, dates or nothing to a reader.
    """
    _refuse_empty(path, column, lines, texts)
    is_text = {text for text in set(texts) if number(text) is None}
    if not is_text:
        return False
    looks = {text: what for text in is_text if (what := looks_like(text))}
    if looks:
        wrong = next(i for i, text in enumerate(texts) if text in looks)
        raise RunnerError(
            f"{path}, line {lines[wrong]}, column {column}: '{texts[wrong]}' {looks[texts[wrong]]}"
        )
    numeric = [text not in is_text for text in texts]
    if any(numeric):
        wrong, right = numeric.index(False), numeric.index(True)
        raise RunnerError(
            f"{path}, line {lines[wrong]}, column {column}: '{texts[wrong]}' is not a number, but line "
            f"{lines[right]} has one, '{texts[right]}'; a column has numbers, or text for classes"
        )
    return True


#: More classes than these need two examples each, or a column is taken for something else.
FEW_CLASSES = 20


def _classes(path: Path, column: str, texts: Sequence[str]) -> list[str]:
    """The classes of a column of text, in alphabetical order. Raises RunnerError where there are none."""
    classes = sorted(set(texts))
    if len(classes) < 2:
        raise RunnerError(f"{path}, column {column}: has only one class, '{texts[0]}'; at least 2 are needed")
    if len(classes) > max(FEW_CLASSES, len(texts) / 2):
        shown = ", ".join(f"'{_shortened(label)}'" for label in classes[:3])
        raise RunnerError(
            f"{path}, column {column}: has {len(classes)} different texts in {len(texts)} rows ({shown}, …): "
            "too many for classes; a target is a column of numbers, or of text that names a few classes"
        )
    return classes


def _refuse_empty(path: Path, column: str, lines: Sequence[int], texts: Sequence[str]) -> None:
    for line, text in zip(lines, texts, strict=True):
        if not text.strip():
            raise RunnerError(f"{path}, line {line}, column {column}: is empty; every cell needs a value")


def _numbers(path: Path, column: str, lines: Sequence[int], texts: Sequence[str]) -> Array:
    _refuse_empty(path, column, lines, texts)
    values = np.empty(len(texts))
    for i, text in enumerate(texts):
        value = number(text)
        values[i] = np.nan if value is None else value
        if not np.isfinite(values[i]):
            what = f"; it {looks}" if (looks := looks_like(text)) else ""
            raise RunnerError(
                f"{path}, line {lines[i]}, column {column}: '{text}' is not a finite number{what}"
            )
    return values


def _input_columns(
    path: Path, names: Sequence[str], lines: Sequence[int], columns: Sequence[Sequence[str]]
) -> Array:
    """Columns of numbers as inputs (N, I). Raises RunnerError that names those that may be chosen."""
    found: list[Array] = []
    usable: list[str] = []
    fault: RunnerError | None = None
    for name, texts in zip(names, columns, strict=True):
        try:
            found.append(_numbers(path, name, lines, texts))
            usable.append(name)
        except RunnerError as error:
            fault = fault or RunnerError(f"{error}{_as_numbers(texts)}")
    if fault is None:
        return np.stack(found, axis=1)
    choose = f"data.inputs=[{','.join(usable)}] takes the columns that are" if usable else "no column is"
    raise RunnerError(f"{fault}\n  Inputs are columns of numbers: {choose}")


def _as_numbers(texts: Sequence[str]) -> str:
    """How a column of true and false becomes one of numbers."""
    found = {text.strip() for text in texts}
    return "; write 1 and 0 for them" if {text.casefold() for text in found} <= {*BOOLEANS} else ""
