"""``predictions.csv``: what a run predicts in the end for each of its examples, beside the target."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import orjson

from runner.nn.arrays import Array
from runner.training.experiment import Experiment
from runner.training.predictions import Columns, Part, parts

if TYPE_CHECKING:
    import pandas as pd


def predictions_csv(experiment: Experiment, parameters: Array) -> bytes:
    """The file of a run with `parameters` (P,): a row an example, in the order of the data, part by part.

    A run whose predictions are no finite numbers has no rows: it diverged at once.
    """
    made = list(parts(experiment, parameters))
    header = ["part", "example", *made[0].targets, *made[0].predictions]
    rows = [row for part in made for row in _rows(part)] if all(map(_is_finite, made)) else []
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def predictions_frame(experiment: Experiment, parameters: Array) -> pd.DataFrame:
    """The same as a table."""
    import pandas as pd

    tables = [
        pd.DataFrame({"part": part.name, "example": part.examples, **part.targets, **part.predictions})
        for part in parts(experiment, parameters)
        if _is_finite(part)
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _rows(part: Part) -> Iterable[tuple[object, ...]]:
    columns = (as_texts(column) for column in (*part.targets.values(), *part.predictions.values()))
    return zip(repeat(part.name), part.examples.tolist(), *columns, strict=False)


def as_texts(column: Array | Sequence[str]) -> Sequence[str]:
    """A column as a file has it: the shortest decimals of numbers that read back to them."""
    if not isinstance(column, np.ndarray):
        return column
    numbers = np.ascontiguousarray(column, dtype=np.float64)
    return orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY).decode()[1:-1].split(",")


def _is_finite(part: Part) -> bool:
    return is_finite(part.predictions)


def is_finite(columns: Columns) -> bool:
    """Whether all numbers of columns are."""
    return all(np.isfinite(column).all() for column in columns.values() if isinstance(column, np.ndarray))
