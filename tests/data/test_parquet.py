"""Parquet files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
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
