"""Parquet files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from making_data import from_csv

import runner


def test_a_frame_of_pandas(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2, None], "b": [True, False, True], "c": list("uvu"), "y": [1, 2, 3]})
    frame.iloc[[2, 0, 1]].to_parquet(tmp_path / "t.parquet")
    data = from_csv(tmp_path, (tmp_path / "t.parquet").read_bytes(), "data.missing=drop")
    assert data.inputs.tolist() == [[1, 1, 0], [2, 0, 1]]
    assert "the index left out" in data.said[0]
    with pytest.raises(runner.RunnerError, match="row 1, column a: is empty"):
        from_csv(tmp_path, (tmp_path / "t.parquet").read_bytes())
    with pytest.raises(runner.RunnerError, match="cannot be read as Parquet"):
        from_csv(tmp_path, b"PAR1 and no more")


def test_names_are_told_apart_and_within_a_line(tmp_path: Path) -> None:
    columns = ["a\nb", "a b", "y"]
    pq.write_table(pa.table([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], names=columns), tmp_path / "t.parquet")
    data = from_csv(tmp_path, (tmp_path / "t.parquet").read_bytes())
    assert data.input_names == ("a b", "a b.1")
    assert data.inputs.tolist() == [[1, 2], [4, 5]]
    assert "column 'a b' is there twice, now 'a b.1' too" in data.said[0]
    pq.write_table(pa.table([[1.0], [2.0], [3.0]], names=["a", "", "y"]), tmp_path / "t.parquet")
    with pytest.raises(runner.RunnerError, match="columns: column 2 has no name"):
        from_csv(tmp_path, (tmp_path / "t.parquet").read_bytes())
