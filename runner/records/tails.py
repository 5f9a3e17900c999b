"""The last rows of histories, without reading what stands before: of thousands of long ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO

from runner.errors import RunnerError
from runner.nn.arrays import Array
from runner.records.histories import LONGEST, header_of

#: Bytes of a history that are read at most, however wide its rows are.
MOST_BYTES = 2**21


def last_rows(path: str, names: Sequence[str], count: int) -> dict[str, Array]:
    """The last `count` rows of a history, or as many as there are: its columns `names`, the unit first.

    Of very wide rows fewer are read. Raises RunnerError for what is no history.
    """
    import pyarrow as pa
    from pyarrow import csv

    header = header_of(path)
    lines = _end_of(path, LONGEST * (len(header) + 1) * count).splitlines(keepends=True)
    whole = lines[1:][-count:]  # the first is cut, or the header
    content = BytesIO(",".join(header).encode() + b"\n" + b"".join(whole))
    size = csv.ReadOptions(use_threads=False, block_size=content.getbuffer().nbytes + 1)
    types = {names[0]: pa.int64(), **dict.fromkeys(names[1:], pa.float64())}
    convert = csv.ConvertOptions(include_columns=names, column_types=types, null_values=[])
    try:
        table = csv.read_csv(content, size, convert_options=convert)
    except (KeyError, pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise RunnerError(f"{path}: is not a history as it was written: {error}") from None
    return {name: table[name].to_numpy() for name in names}


def _end_of(path: str, size: int) -> bytes:
    """The last bytes of a file, `size` of them or MOST_BYTES, or all."""
    try:
        with open(path, "rb") as f:
            length = f.seek(0, os.SEEK_END)
            f.seek(max(0, length - min(size, MOST_BYTES)))
            return f.read()
    except OSError as error:
        raise RunnerError(f"{path}: cannot be read: {error}") from None
