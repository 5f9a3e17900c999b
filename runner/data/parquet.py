"""Parquet files as tables of cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from runner.data.table import Table, unlike
from runner.errors import RunnerError, in_a_line
from runner.nn.arrays import Array

#: What pandas calls the column of an index that has no name.
INDEX = "__index_level_"


def read_parquet(key: str, path: Path, content: bytes, plain: bytes) -> Table:
    """The table of a Parquet file. Raises RunnerError where it is broken."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(plain))
    except (pa.ArrowException, OSError) as error:
        raise RunnerError(f"{path}: cannot be read as Parquet: {in_a_line(error)}") from None
    index = [name for name in table.column_names if name.startswith(INDEX)]
    table = table.drop_columns(index)
    if not table.num_rows:
        raise RunnerError(f"{path}: has no rows")
    numeric = [pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal]
    columns: list[Sequence[str] | Array] = []
    for column in table.columns:
        if any(kind(column.type) for kind in numeric):
            columns.append(column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64))
        else:
            columns.append(["" if cell is None else str(cell) for cell in column.to_pylist()])
    said = ["the index left out"] * bool(index)
    lines = range(1, table.num_rows + 1)
    names, columns = unlike(path, "columns", table.column_names, columns, said)
    return Table(key, path, content, names, columns, lines, ".", said, place="row")
