"""What a float64 costs in CSV, by writer: why histories are written with orjson.

python tests/benchmarks/csv_writers.py     needs the extra: bench
"""

from __future__ import annotations

import csv
import io
import statistics
import time
from collections.abc import Callable

import numpy as np

from runner.nn.arrays import Array
from runner.records.writing import _decimals

ROWS, COLUMNS, ROUNDS = 2000, 50, 7


def orjson(rows: Array) -> bytes:
    return b"\n".join(_decimals(rows))


def pandas(rows: Array) -> bytes:
    import pandas as pd

    return pd.DataFrame(rows).to_csv(index=False, header=False).encode()


def csv_module(rows: Array) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows.tolist())
    return text.getvalue().encode()


def polars(rows: Array) -> bytes:
    import polars as pl

    return pl.DataFrame(rows).write_csv(include_header=False).encode()


def pyarrow(rows: Array) -> bytes:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    sink = io.BytesIO()
    table = pa.table({str(i): column for i, column in enumerate(rows.T)})
    arrow_csv.write_csv(table, sink, arrow_csv.WriteOptions(include_header=False))
    return sink.getvalue()


WRITERS: dict[str, Callable[[Array], bytes]] = {
    "orjson (histories)": orjson,
    "polars": polars,
    "pyarrow": pyarrow,
    "csv.writer": csv_module,
    "pandas to_csv": pandas,
}


def main() -> None:
    rows = np.random.default_rng(0).normal(size=(ROWS, COLUMNS))
    times: dict[str, list[float]] = {}
    missing = dict[str, None]()
    for _ in range(ROUNDS):  # in turn, so that all see the same machine
        for name, write in WRITERS.items():
            started = time.perf_counter()
            try:
                text = write(rows)
            except ImportError:
                missing[name] = None
                continue
            times.setdefault(name, []).append(time.perf_counter() - started)
            back = np.array([line.split(b",") for line in text.split()], dtype=np.float64)
            assert back.tobytes() == rows.tobytes(), f"{name} does not read back to the same numbers"
    for name in missing:
        print(f"{name} is not installed")
    for name, seconds in times.items():
        print(f"a number in CSV, {name}: {statistics.median(seconds) / rows.size * 1e9:.0f} ns")


if __name__ == "__main__":
    main()
