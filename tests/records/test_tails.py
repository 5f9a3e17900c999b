"""The last rows of histories are those that reading all of them gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from runner.errors import RunnerError
from runner.records import tails as module
from runner.records.histories import read_columns
from runner.records.tails import last_rows

NAMES = ["epoch", "error", "w1", "w6"]


@pytest.mark.parametrize("count", [1, 5, 31, 1000])
def test_they_are_the_end_of_the_whole(sweep: Path, count: int) -> None:
    path = str(sweep / "1" / "history.csv")
    (whole,) = read_columns([path], NAMES)
    (rows,) = last_rows([path], NAMES, count)
    for name in NAMES:
        assert np.array_equal(rows[name], whole[name][-count:])


def test_of_wide_rows_fewer_are_read(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 400)
    (rows,) = last_rows([str(sweep / "1" / "history.csv")], NAMES, 20)
    assert rows["epoch"].tolist() in ([29, 30], [28, 29, 30])


def test_what_is_no_history_is_refused(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("epoch,error\n0,1.0\n1,abc\n")
    with pytest.raises(RunnerError, match=r"history.csv: is not a history as it was written.*abc"):
        list(last_rows([str(tmp_path / "history.csv")], ["epoch", "error"], 1))
    with pytest.raises(RunnerError, match="cannot be read"):
        list(last_rows([str(tmp_path / "nothere.csv")], ["epoch", "error"], 1))
