"""Examples from a table in a file: its header, its numbers, and the text that names classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from runner.data.columns import Column, Feature, input_feature, target_feature
from runner.data.dialect import Written
from runner.data.examples import Data, Source
from runner.data.missing import ERROR, drop_missing, told
from runner.data.table import Table, read_table
from runner.errors import ConfigError, RunnerError, did_you_mean
from runner.nn.arrays import Array

#: Faults that are told in a message.
SHOWN = 10


class Reading(NamedTuple):
    """How a file is read: how it is written, what becomes of cells without a value, numbers as classes."""

    written: Written = Written()
    missing: str = ERROR
    classes: bool = False


PLAIN = Reading()


class Recipe(NamedTuple):
    """How files of one kind become examples: what each column of inputs and of targets is."""

    reading: Reading
    inputs: tuple[Feature, ...]
    targets: tuple[Feature, ...]


def read_csv(
    path: Path,
    inputs: Sequence[str] | None,
    targets: Sequence[str],
    reading: Reading = PLAIN,
    test_path: Path | None = None,
) -> Data:
    """Columns of a file, by name; `inputs` None takes all that are not targets.

    A column of text becomes classes, in alphabetical order: one column of 0 and 1 for two of them, else
    a column a class. Inputs may be NaN where `reading` fills in what is missing. The examples in
    `test_path` are held out. Raises RunnerError naming the file, the line and the column.
    """
    data = examples_of(
        read_table("data.path", path, reading.written, [*(inputs or []), *targets]), inputs, targets, reading
    )
    if test_path is None:
        return data
    wanted = ["1"] if data.recipe and is_numbered(data.recipe) else []
    return with_test(data, read_table("data.test_path", test_path, reading.written, wanted))


def examples_of(table: Table, inputs: Sequence[str] | None, targets: Sequence[str], reading: Reading) -> Data:
    """Columns of a table, wherever it comes from; see :func:`read_csv`."""
    chosen = _chosen_inputs(table, inputs, targets)
    columns = {name: Column(table, name) for name in [*chosen, *targets]}
    features = tuple(target_feature(columns[name], reading.classes) for name in targets)
    usable = _input_features([columns[name] for name in chosen], columns, reading, inputs is not None)
    recipe = Recipe(reading, tuple(usable), features)
    kept, said = drop_missing(reading.missing, columns, targets)
    rows = slice(None) if kept.all() else kept  # without a copy, where all are
    x, y = encoded(columns, recipe.inputs)[rows], encoded(columns, recipe.targets)[rows]
    classes = {feature.name: list(feature.labels) for feature in recipe.targets if feature.labels}
    return Data(
        x,
        y,
        [name for feature in recipe.inputs for name in feature.columns],
        [name for feature in recipe.targets for name in feature.columns],
        classifies=bool(classes) and len(targets) == 1,
        classes=classes,
        sources=_sources(table),
        said=(*_said(table, recipe), *said),
        recipe=recipe,
        numbers=np.flatnonzero(kept) + 1,
    )


def _sources(table: Table) -> tuple[Source, ...]:
    """The file that a table was read from; none of one that was in memory."""
    return (Source.of(table.key, table.path, table.content),) if table.content else ()


def with_test(data: Data, table: Table) -> Data:
    """Data of a table with the examples of another one held out."""
    recipe, path = data.recipe, table.path
    assert recipe is not None
    for feature in recipe.targets:
        if feature.name not in table.names:
            raise ConfigError(table.key, path, f"has no target '{feature.name}' to test against")
    columns = columns_of(table, [*recipe.inputs, *recipe.targets])
    if gone := recipe.reading.missing == ERROR and [c for c in columns.values() if c.missing.any()]:
        raise refusal([told(column) for column in gone], gone, None)
    kept, said = drop_missing(recipe.reading.missing, columns, [f.name for f in recipe.targets])
    return replace(
        data,
        test_inputs=encoded(columns, recipe.inputs)[kept],
        test_targets=encoded(columns, recipe.targets)[kept],
        test_numbers=np.flatnonzero(kept) + 1,
        sources=(*data.sources, *_sources(table)),
        said=(
            *data.said,
            *(f"{path.name}: {what}" for what in (f"{int(kept.sum()):,} rows held out", *said)),
        ),
    )


def is_numbered(recipe: Recipe) -> bool:
    """Whether the columns have numbers for names."""
    return all(feature.name.isdecimal() for feature in (*recipe.inputs, *recipe.targets))


def columns_of(table: Table, features: Sequence[Feature]) -> dict[str, Column]:
    """The columns of features in another table, by name. Raises RunnerError for one that it has not."""
    for feature in features:
        if feature.name not in table.places:
            nearest = did_you_mean(feature.name, table.names)
            has = f"has no column '{feature.name}'{nearest}; it has {', '.join(table.names)}"
            raise RunnerError(f"{table.path}: {has}")
    return {feature.name: Column(table, feature.name) for feature in features}


def encoded(columns: Mapping[str, Column], features: Sequence[Feature]) -> Array:
    """The columns of features as numbers (N, …)."""
    return np.concatenate([columns[feature.name].encoded(feature) for feature in features], axis=1)


def _chosen_inputs(table: Table, inputs: Sequence[str] | None, targets: Sequence[str]) -> list[str]:
    """The columns that are inputs. Raises ConfigError where a chosen one is not there, or none is left."""
    path, header = table.path, table.names
    for key, chosen in (("data.inputs", inputs or []), ("data.targets", targets)):
        for name in chosen:
            if name not in table.places:
                missing = f"{path} has no such column{did_you_mean(name, header)}"
                hint = "; data.header=none takes numbers for names" if name.isdecimal() else ""
                raise ConfigError(key, name, f"{missing}; it has {', '.join(header)}{hint}")
    if both := set(inputs or []) & set(targets):
        raise ConfigError("data.inputs", sorted(both)[0], "is also one of data.targets")
    others = {*targets}
    left = list(inputs) if inputs is not None else [name for name in header if name not in others]
    if not left:
        raise ConfigError("data.inputs", [], f"at least one column of {path} must be left for the inputs")
    return left


def _input_features(
    inputs: Sequence[Column], used: Mapping[str, Column], reading: Reading, is_chosen: bool
) -> list[Feature]:
    """What input columns are, of all that are `used`.

    Raises RunnerError that says of all at once why they are none, and which may be chosen.
    """
    usable: list[Feature] = []
    faults: list[str] = []
    gone = [c for c in used.values() if c.missing.any()] if reading.missing == ERROR else []
    faults += [told(column) for column in gone]
    for column in inputs:
        try:
            usable.append(input_feature(column, is_chosen))
        except RunnerError as error:
            faults.append(str(error))
    if not faults:
        return usable
    lacking = {column.name for column in gone}
    is_cured = lacking <= {column.name for column in inputs}
    raise refusal(faults, gone, [f.name for f in usable if f.name not in lacking] if is_cured else None)


def refusal(faults: Sequence[str], gone: Sequence[Column], usable: Sequence[str] | None) -> RunnerError:
    """What is wrong with columns, of which `gone` lack values, and the keys that settle it.

    `usable` may be chosen; None where that is no cure.
    """
    lines = list(faults[:SHOWN])
    lines += [f"... and {len(faults) - SHOWN} columns more"] if len(faults) > SHOWN else []
    if gone:
        mask = np.logical_or.reduce([column.missing for column in gone])
        lines.append(
            f"  data.missing=drop leaves out rows without a value ({int(mask.sum()):,} of {len(mask):,}), "
            "data.missing=mean fills in the column's mean"
        )
    if usable is not None:
        choose = f"data.inputs=[{','.join(usable)}] takes the columns that are" if usable else "no column is"
        lines.append(f"  Inputs are columns of numbers, or of a few different texts: {choose}")
    return RunnerError(*lines)


def _said(table: Table, recipe: Recipe) -> list[str]:
    """How a file was read, where that was guessed or is more than numbers under their names."""
    texts = [feature for feature in recipe.inputs if feature.labels and not feature.is_word]
    encoded = ", ".join(f"{feature.name} ({len(feature.labels)})" for feature in texts)
    guessed = list(table.said)
    if not guessed and not encoded:
        return []
    count = f"{len(table.names)} columns, {table.rows:,} rows"
    lines = [f"{table.path.name}: {', '.join([*guessed, count])}"]
    return [*lines, f"texts as columns of 0 and 1: {encoded}"] if encoded else lines
