"""Rows to predict for: a file with the columns that a run has learnt from, in any order, and others."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from runner.data.cells import number
from runner.data.columns import features_of
from runner.data.csv_file import PLAIN, Recipe, columns_of, encoded, is_numbered, refusal
from runner.data.decoding import PARQUET, decoded, read_bytes, unpacked
from runner.data.dialect import SEPARATORS, Rows, Written, first_rows, guess_decimal, split, without_comments
from runner.data.examples import Data
from runner.data.headers import column_name
from runner.data.memory import named_rows
from runner.data.missing import ERROR, MEAN, drop_missing, told
from runner.data.table import Table, read_table
from runner.errors import ConfigError, RunnerError
from runner.nn.arrays import Array, Mask

KEY = "FILE"


class NewRows(NamedTuple):
    """Inputs (N, I) as a network takes them, of those rows of a table that are `kept`; what is to be said."""

    table: Table
    kept: Mask
    inputs: Array
    said: list[str]


def recipe_of(data: Data) -> Recipe:
    """How files are read that have the columns of `data`, be it from a file or not."""
    if data.recipe is not None:
        return data.recipe
    return Recipe(PLAIN, features_of(data.input_names, {}), features_of(data.target_names, data.classes))


def read_rows(path: Path, data: Data, recipe: Recipe) -> NewRows:
    """The rows of a file in the units of `data`, which is what was learnt from.

    Cells without a value are refused, left out with their rows, or get the training part's mean. Raises
    RunnerError for a file that lacks a column, and for a cell that is none of what was learnt from.
    """
    written = _written(path, recipe)
    return rows_of(read_table(KEY, path, written, ["1"] if is_numbered(recipe) else []), data, recipe)


def scaled_inputs(given: Any, data: Data) -> Array | None:
    """Inputs (N, I) as a network takes them, of a frame with columns that were learnt from, found by name.

    None for what has no such names. Raises RunnerError for what :func:`read_rows` does, and for a row without
    a value where such rows were left out.
    """
    recipe, table = recipe_of(data), named_rows(given)
    if table is None or {feature.name for feature in recipe.inputs}.isdisjoint(table.names):
        return None
    rows = rows_of(table, data, recipe)
    if not rows.kept.all():
        first = int(rows.kept.argmin())
        raise RunnerError(f"inputs, row {first}: lacks a value, and such rows were left out in training")
    return rows.inputs


def rows_of(table: Table, data: Data, recipe: Recipe) -> NewRows:
    """The rows of a table: see :func:`read_rows`."""
    columns = columns_of(table, recipe.inputs)
    how = recipe.reading.missing
    if gone := how == ERROR and [column for column in columns.values() if column.missing.any()]:
        raise refusal([told(column) for column in gone], gone, None)
    kept, said = drop_missing(how, columns, [])
    x = encoded(columns, recipe.inputs)[kept]
    if how == MEAN and np.isnan(x).any():
        x = np.where(np.isnan(x), _means(data), x)
    return NewRows(table, kept, data.scaled(x), said)


def _means(data: Data) -> Array:
    """The means (I,) of the training part. Raises ConfigError where nobody knows them any more."""
    if data.fill is not None:
        return data.fill
    if data.lost:
        raise ConfigError("data.missing", MEAN, f"the training part's means are not known: {data.lost}")
    return data.in_own_units(data.inputs).mean(axis=0)


def targets_in(table: Table, recipe: Recipe) -> Array | None:
    """The targets (N, O) in a table, NaN without a value; None where it has not all of them.

    Raises RunnerError for one that is none of what was learnt from.
    """
    if not {feature.name for feature in recipe.targets} <= {*table.names}:
        return None
    return encoded(columns_of(table, recipe.targets), recipe.targets)


def _written(path: Path, recipe: Recipe) -> Written:
    """How a file is written: as the run was told of its own, or as tells the line with the names of columns.

    That line tells also of a single row. A file without names that has as many columns as there are inputs
    has these, in their order.
    """
    written = recipe.reading.written
    plain = unpacked(path, read_bytes(KEY, path))
    if plain.startswith(PARQUET):
        return written
    text, _, _ = without_comments(decoded(path, plain, written.encoding)[0], written.comment)
    names = [feature.name for feature in recipe.inputs]
    nameless = isinstance(written.header, tuple) or written.header is False or is_numbered(recipe)
    for separator in SEPARATORS if written.separator is None else (written.separator,):
        rows = _first(text, separator)
        if not rows.cells:
            continue
        first, *rest = rows.cells
        if {*names} <= {*map(column_name, first)} and not _is_all_numbers(names):
            decimal = written.decimal or guess_decimal(list(zip_longest(*rest, fillvalue="")))
            return written._replace(separator=separator, decimal=decimal, header=True)
        if len(first) == len(names) and (len(names) > 1 or written.separator):
            if nameless:
                return written._replace(separator=separator, header=tuple(names))
            if written.header is None and all(number(cell) is not None for cell in first):
                raise _lacks_names(path, rows.lines[0], names)
    return written


def _lacks_names(path: Path, line: int, names: list[str]) -> RunnerError:
    """The refusal of a file that begins with numbers, where the run knows its inputs by name."""
    in_order = f"data.header=[{','.join(names)}]"
    return RunnerError(
        f"{path}, line {line}: has numbers where the names of columns are to be; if they are the inputs in "
        f"their order, '{in_order}' says so"
    )


def _first(text: str, separator: str) -> Rows:
    import csv

    try:
        return first_rows(split(text, separator))
    except csv.Error:
        return Rows([], [])


def _is_all_numbers(names: list[str]) -> bool:
    return all(name.isdecimal() for name in names)
