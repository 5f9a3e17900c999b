"""Examples in memory (NumPy's, pandas's, whatever has ``__array__``) as tables, which files are too."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.data.headers import column_name
from runner.data.table import Table, unlike
from runner.errors import RunnerError, in_a_line, too_long
from runner.nn.arrays import Array

if TYPE_CHECKING:
    import pandas as pd

#: What a table in memory has for a path: the argument that it came by.
DATA, TEST_DATA, INPUTS = Path("data"), Path("test_data"), Path("inputs")


@dataclass(frozen=True, eq=False, repr=False)
class InMemory:
    """Tables of examples, of which `targets` are columns: to learn from, and held out, if there are any.

    `has_labels`: the targets are one column of whole numbers, `is_categorical`: pandas calls them categories.
    """

    table: Table
    targets: tuple[str, ...]
    test: Table | None
    has_labels: bool
    is_categorical: bool
    digest: str

    def __repr__(self) -> str:
        """By what is in it: equal tables are found again in a cache."""
        return f"InMemory({self.digest})"


def in_memory(
    data: Any, targets: Hashable | Sequence[Hashable] | None = None, test_data: Any = None
) -> InMemory:
    """Examples as a tuple of inputs (N, I) and targets (N, O) or (N,), or a frame that has its `targets`.

    `test_data` are held-out ones of the same form. Columns have their names in a frame, else x1, x2, … and
    y1, y2, …, or y where it is one. Raises RunnerError for what has not a row an example.
    """
    frame, names = _whole(DATA, data, targets)
    test = None if test_data is None else _table(TEST_DATA, _whole(TEST_DATA, test_data, targets)[0])
    table = _table(DATA, frame)
    if lost := [name for name in names if name not in table.names]:
        raise RunnerError(f"targets={lost[0]}: data has no such column; it has {', '.join(table.names)}")
    cells = table.columns[table.names.index(names[0])]
    is_whole = isinstance(cells, np.ndarray) and bool((np.isnan(cells) | (cells == np.round(cells))).all())
    is_categorical = str(frame.dtypes.iloc[table.names.index(names[0])]) == "category"
    digest = _digest([table, *([test] if test else [])])
    return InMemory(table, tuple(names), test, is_whole and len(names) == 1, is_categorical, digest)


def named_rows(inputs: Any) -> Table | None:
    """The rows of a frame whose columns have names, as a table; None for other inputs."""
    if not hasattr(inputs, "columns"):
        return None
    import pandas as pd

    frame = _frame(INPUTS, inputs)
    if isinstance(frame.columns, pd.RangeIndex):
        return None
    return _table(INPUTS, frame.set_axis(list(map(_name, frame.columns)), axis=1))


def _whole(path: Path, data: Any, targets: Any) -> tuple[pd.DataFrame, list[str]]:
    """All columns in one frame, under their names as text; and which of them are the targets."""
    if not isinstance(data, tuple):
        if targets is None:
            raise RunnerError(
                f"{path}: must be a tuple (X, y); of a frame alone say which targets=COLUMN it has"
            )
        frame = _frame(path, data)
        chosen = targets if isinstance(targets, list | tuple) else [targets]
        return frame.set_axis(list(map(_name, frame.columns)), axis=1), list(map(_name, chosen))
    if len(data) != 2 or targets is not None:
        wrong = f"has {len(data)} parts" if len(data) != 2 else "has its targets, and targets= names others"
        raise RunnerError(f"{path}: must be a tuple (X, y) of inputs and targets; this one {wrong}")
    x, y = (_frame(path, part) for part in data)
    _refuse_unlike(path, x, y)
    inputs = _numbered(x, "x") or list(map(_name, x.columns))
    outputs = _numbered(y, "y" if "y" not in inputs else "target") or list(map(_name, y.columns))
    if both := set(inputs) & set(outputs):
        raise RunnerError(f"{path}: column '{sorted(both)[0]}' is among the inputs and among the targets")
    import pandas as pd

    parts = [part.reset_index(drop=True) for part in (x, y)]
    return pd.concat(parts, axis=1).set_axis([*inputs, *outputs], axis=1), outputs


def _refuse_unlike(path: Path, x: pd.DataFrame, y: pd.DataFrame) -> None:
    """Raises RunnerError for inputs and targets of which no row is sure to go with the other's."""
    if len(x) != len(y):
        raise RunnerError(
            f"{path}: has {len(x):,} rows of inputs and {len(y):,} of targets: one an example in both"
        )
    if not x.index.equals(y.index) and x.index.sort_values().equals(y.index.sort_values()):
        raise RunnerError(
            f"{path}: inputs and targets have the same index in another order: y.loc[X.index] has X's"
        )


def _name(name: Hashable) -> str:
    return column_name(".".join(map(str, name)) if isinstance(name, tuple) else str(name))


def _numbered(frame: pd.DataFrame, letter: str) -> list[str]:
    """Names for columns that have none; nothing where they have."""
    import pandas as pd

    if not isinstance(frame.columns, pd.RangeIndex):
        return []
    count = frame.shape[1]
    return [letter] if count == 1 and letter != "x" else [f"{letter}{i + 1}" for i in range(count)]


def _frame(path: Path, given: Any) -> pd.DataFrame:
    """Rows and columns as a frame, of one dimension as a column. Raises RunnerError for what are none."""
    import pandas as pd

    if hasattr(given, "to_pandas"):  # of polars, of Arrow
        given = given.to_pandas()
    if isinstance(given, pd.Index | pd.api.extensions.ExtensionArray):
        given = pd.Series(given)
    if isinstance(given, pd.Series):
        given = given.to_frame()
    if not isinstance(given, pd.DataFrame):
        array = _array(path, given)
        shaped = array[:, None] if array.ndim == 1 and not array.dtype.names else array
        try:
            given = pd.DataFrame(shaped)
        except OverflowError:  # of an integer beyond all floats, before pandas 3
            given = pd.DataFrame(shaped, dtype=object)
    if 0 in given.shape:
        raise RunnerError(f"{path}: has no {'columns' if len(given) else 'rows'}")
    return given


def _array(path: Path, given: Any) -> np.ndarray[Any, Any]:
    if isinstance(given, np.ma.MaskedArray):
        given = np.ma.filled(given.astype(np.float64), np.nan)
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, RuntimeError) as error:
        raise RunnerError(f"{path}: cannot be made an array, a row an example: {in_a_line(error)}") from None
    if array.ndim not in (1, 2):
        hint = (
            f"array.reshape({len(array)}, -1) makes rows" if array.ndim else f"it is a {type(given).__name__}"
        )
        raise RunnerError(f"{path}: must be rows of numbers (N, I), and has the shape {array.shape}; {hint}")
    return array


def _table(path: Path, frame: pd.DataFrame) -> Table:
    """A frame as a table; its rows count from 0."""
    said: list[str] = []
    cells = [_cells(path, name, frame.iloc[:, i]) for i, name in enumerate(frame.columns)]
    names, columns = unlike(path, "columns", list(frame.columns), cells, said)
    return Table(f"{path}", path, b"", names, columns, range(len(frame)), ".", said, place="row")


def _cells(path: Path, name: str, column: pd.Series[Any]) -> Sequence[str] | Array:
    """Numbers, with NaN for those that are missing; anything else as text."""
    import pandas as pd
    from pandas.api import types

    if isinstance(column.dtype, pd.CategoricalDtype) and types.is_numeric_dtype(
        column.dtype.categories.dtype
    ):
        column = column.astype(np.float64)
    if types.is_complex_dtype(column):
        raise RunnerError(f"{path}, column {name}: has complex numbers")
    if types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = column.isna()
    try:
        return ["" if gone else str(cell) for cell, gone in zip(column, missing, strict=True)]
    except ValueError as error:
        raise RunnerError(f"{path}, column {name}: {too_long(error) or error}") from None


def _digest(tables: Sequence[Table]) -> str:
    """What tells tables of other cells apart."""
    digest = sha256()
    for piece in (piece for table in tables for piece in _pieces(table)):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(table: Table) -> Iterator[bytes]:
    yield repr((table.names, table.rows)).encode()
    for cells in table.columns:
        numeric = isinstance(cells, np.ndarray)
        yield np.ascontiguousarray(cells).tobytes() if numeric else repr(cells).encode()


def as_csv(table: Table) -> bytes:
    """A table as the CSV file that it is read from again: shortest decimals, empty cells for missing ones."""
    import pyarrow as pa
    from pyarrow import csv

    columns = [pa.array(cells, from_pandas=True) for cells in table.columns]
    csv.write_csv(pa.Table.from_arrays(columns, names=table.names), content := BytesIO())
    return content.getvalue()
