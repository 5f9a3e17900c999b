"""Columns of cells as columns of numbers: numbers, words for true and false, names of classes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from runner.data.cells import MISSING_MARKS, WORDS, looks_like, number
from runner.data.dialect import shortened
from runner.data.examples import class_columns, one_hot
from runner.data.table import Table
from runner.errors import RunnerError
from runner.nn.arrays import Array, Mask

#: More classes than these need two examples each, or a column is taken for something else.
FEW_CLASSES = 20
#: More different texts than these are no classes of an input, unless that is asked for by name.
MOST_TEXTS = 100


class Feature(NamedTuple):
    """What a column of a file is to a network: numbers, or one of `labels`.

    Two labels are one column of 0 and 1, more are a column each; `is_word`: they are words for false
    and true, in small letters.
    """

    name: str
    labels: tuple[str, ...] = ()
    is_word: bool = False

    @property
    def columns(self) -> list[str]:
        """The names of the columns that it becomes."""
        if not self.labels or self.is_word:
            return [self.name]
        return class_columns([f"{self.name}={label}" for label in self.labels])


def features_of(columns: Sequence[str], texts: Mapping[str, Sequence[str]]) -> tuple[Feature, ...]:
    """What was made into these `columns`: the `texts`, each of some labels, and numbers."""
    made_of: dict[str, Feature] = {}
    for name, labels in texts.items():
        feature = Feature(name, tuple(labels), is_word=tuple(labels) in WORDS)
        whole = [f"{name}={label}" for label in labels]  # of two classes, where the loss takes a column each
        named = (whole, feature.columns, class_columns(labels))
        made_of |= dict.fromkeys(next((n for n in named if {*n} <= {*columns}), []), feature)
    return tuple(dict.fromkeys(made_of.get(column, Feature(column)) for column in columns))


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a table: its cells as they stand there, or numbers with NaN for those without a value."""

    table: Table
    name: str

    @cached_property
    def cells(self) -> Sequence[str] | Array:
        """The cells, as numbers where all are."""
        cells = self.table.columns[self.table.places[self.name]]
        if isinstance(cells, np.ndarray) or self.table.decimal != ".":
            return cells
        try:
            numbers = np.array(list(map(float, cells)))
        except ValueError:
            return cells
        return numbers if np.isfinite(numbers).all() and "_" not in "".join(cells) else cells

    @cached_property
    def texts(self) -> list[str]:
        """The cells as text, without blanks at their ends."""
        if isinstance(self.cells, np.ndarray):
            return self._whole()
        return [cell.strip() for cell in self.cells]

    @cached_property
    def missing(self) -> Mask:
        """Which cells have no value (N,)."""
        if isinstance(self.cells, np.ndarray):
            return np.isnan(self.cells)
        return np.array([not text or text.casefold() in MISSING_MARKS for text in self.texts])

    def number(self, text: str) -> float | None:
        """A cell's number, or None."""
        if self.table.decimal == ".":
            return number(text)
        return None if "." in text else number(text.replace(self.table.decimal, "."))

    def fault(self, cell: int, what: str) -> RunnerError:
        """What is wrong with a cell, by its place in the column."""
        return RunnerError(f"{self.place(cell)}, column {self.name}: {what}")

    def place(self, cell: int) -> str:
        """Where a cell is, but for its column."""
        return f"{self.table.path}, {self.table.place} {self.table.lines[cell]}"

    def numbers(self) -> Array:
        """The cells as numbers (N,), NaN without a value. Raises RunnerError for one that is none."""
        if isinstance(self.cells, np.ndarray):
            if np.isinf(self.cells).any():
                wrong = int(np.isinf(self.cells).argmax())
                raise self.fault(wrong, f"'{shortened(str(self.cells[wrong]))}' is not a finite number")
            return self.cells
        values = np.full(len(self.texts), np.nan)
        for i in np.flatnonzero(~self.missing).tolist():
            value = self.number(text := self.texts[i])
            if value is None or not math.isfinite(value):
                what = f"; it {looks}" if (looks := looks_like(text)) else ""
                raise self.fault(i, f"'{shortened(text)}' is not a finite number{what}{self._comma(text)}")
            values[i] = value
        return values

    def _comma(self, text: str) -> str:
        """The key that reads a number with a decimal comma."""
        is_one = self.table.decimal == "." and text.count(",") == 1 and number(text.replace(",", "."))
        return "" if is_one is None or is_one is False else " (or data.decimal=comma)"

    def has_numbers(self) -> bool:
        """Whether any cell with a value is a number."""
        if isinstance(self.cells, np.ndarray):
            return True
        return any(self.number(text) is not None for text in self.different())

    def is_numeric(self) -> bool:
        """Whether cells are numbers, not names.

        Raises RunnerError for a mixture, and for text that is numbers, dates or nothing to a reader.
        """
        if isinstance(self.cells, np.ndarray):
            return True
        known = np.flatnonzero(~self.missing).tolist()
        is_text = {text for text in self.different() if self.number(text) is None}
        if not is_text:
            return True
        looks = {text: what for text in is_text if (what := looks_like(text))}
        if looks:
            wrong = next(i for i in known if self.texts[i] in looks)
            text = self.texts[wrong]
            raise self.fault(wrong, f"'{shortened(text)}' {looks[text]}{self._comma(text)}")
        numeric = [i for i in known if self.texts[i] not in is_text]
        if numeric:
            wrong = next(i for i in known if self.texts[i] in is_text)
            right = numeric[0]
            has = f"{self.table.place} {self.table.lines[right]} has one, '{shortened(self.texts[right])}'"
            what = f"'{shortened(self.texts[wrong])}' is not a number, but {has}"
            raise self.fault(wrong, f"{what}; a column has numbers, or text for classes")
        return False

    def _whole(self) -> list[str]:
        """Numbers as text, whole ones without a point."""
        return [str(int(x)) if x.is_integer() else str(x) for x in self.numbers().tolist()]

    def different(self) -> list[str]:
        """The different texts among the cells that have a value, in alphabetical order."""
        return sorted({text for text, gone in zip(self.texts, self.missing, strict=True) if not gone})

    def encoded(self, feature: Feature) -> Array:
        """The column as `feature` has it (N, its columns): NaN without a value.

        Raises RunnerError for text that is none of its labels.
        """
        if not feature.labels:
            return self.numbers()[:, None]
        place = {label: i for i, label in enumerate(feature.labels)}
        texts = self._whole() if self.is_numeric() else self.texts
        texts = [text.casefold() for text in texts] if feature.is_word else texts
        which = np.zeros(len(texts), dtype=np.intp)
        for i in np.flatnonzero(~self.missing).tolist():
            if texts[i] not in place:
                known = shortened(", ".join(feature.labels))
                raise self.fault(i, f"'{shortened(self.texts[i])}' is none of those to learn from: {known}")
            which[i] = place[texts[i]]
        values = one_hot(which, len(feature.labels))
        values[self.missing] = np.nan
        return values


def input_feature(column: Column, is_chosen: bool) -> Feature:
    """What an input column is. Raises RunnerError where it is neither numbers nor a few different texts."""
    if column.has_numbers():
        column.numbers()  # or the first that is none is refused
        return Feature(column.name)
    column.is_numeric()
    texts, rows = column.different(), int((~column.missing).sum())
    words = {text.casefold() for text in texts}
    if pair := next((pair for pair in WORDS if words <= {*pair}), None):
        return Feature(column.name, pair, is_word=True)
    few = len(texts) <= FEW_CLASSES or 2 * len(texts) <= rows
    if not few or (not is_chosen and (len(texts) > MOST_TEXTS or len(texts) == rows > 2)):
        first = ", ".join(f"'{shortened(text)}'" for text in texts[:3])
        fault = f"has {len(texts)} different texts in {rows} rows ({first}{', …' * (len(texts) > 3)})"
        raise RunnerError(
            f"{column.table.path}, column {column.name}: {fault}: too many for columns of 0 and 1"
        )
    if len(texts) < 2:
        raise RunnerError(
            f"{column.table.path}, column {column.name}: has only one text, '{shortened(texts[0])}'"
        )
    return Feature(column.name, tuple(texts))


def target_feature(column: Column, as_classes: bool) -> Feature:
    """What a target column is: numbers, or classes where it is text, or `as_classes` whatever it is.

    Raises RunnerError where its texts are no few classes.
    """
    if not column.is_numeric():
        return Feature(column.name, tuple(_classes(column, column.different())))
    numbers = column.numbers()
    known = ~column.missing
    if not as_classes or not known.any():  # without any value: it is told as all that lack some are
        return Feature(column.name)
    fraction = known & (numbers != np.round(numbers))
    if fraction.any():
        wrong = int(fraction.argmax())
        text = shortened(column.texts[wrong])
        what = f"'{text}' is no whole number, and data.classes=true takes those for classes"
        raise column.fault(wrong, what)
    labels = [str(int(x)) for x in np.unique(numbers[known]).tolist()]
    return Feature(column.name, tuple(_classes(column, labels)))


def _classes(column: Column, classes: list[str]) -> list[str]:
    """The classes of a column. Raises RunnerError where they are too few or too many."""
    rows = int((~column.missing).sum())
    where = f"{column.table.path}, column {column.name}"
    if len(classes) < 2:
        raise RunnerError(f"{where}: has only one class, '{shortened(classes[0])}'; at least 2 are needed")
    if len(classes) > max(FEW_CLASSES, rows / 2):
        first = ", ".join(f"'{shortened(label)}'" for label in classes[:3])
        raise RunnerError(
            f"{where}: has {len(classes)} different texts in {rows} rows ({first}, …): too many for classes; "
            "a target is a column of numbers, or of text that names a few classes"
        )
    return classes
