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
        assert np.array_equal(rows.columns[name], whole[name][-count:])


@pytest.mark.parametrize("together", [1, 2**23])
def test_many_are_those_of_each(sweep: Path, monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    monkeypatch.setattr(module, "TOGETHER", together)
    paths = [str(sweep / run / "history.csv") for run in ("0", "2", "1")]  # the second diverged
    tails = list(last_rows(paths, NAMES, 25))
    assert len(tails) == (3 if together == 1 else 1)
    wholes = [history["error"][-25:] for history in read_columns(paths, NAMES)]
    assert [length for rows in tails for length in rows.lengths] == [len(errors) for errors in wholes]
    assert np.array_equal(np.concatenate([rows.columns["error"] for rows in tails]), np.concatenate(wholes))


def test_of_wide_rows_fewer_are_read(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 400)
    (rows,) = last_rows([str(sweep / "1" / "history.csv")], NAMES, 20)
    assert rows.columns["epoch"].tolist() in ([29, 30], [28, 29, 30])


def test_what_is_no_history_is_refused(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("epoch,error\n0,1.0\n1,abc\n")
    with pytest.raises(RunnerError, match=r"history.csv: is not a history as it was written.*abc"):
        list(last_rows([str(tmp_path / "history.csv")], ["epoch", "error"], 1))
    (tmp_path / "fine.csv").write_text("epoch,error\n0,1.0\n")
    with pytest.raises(RunnerError, match=r"history.csv: is not a history as it was written.*abc"):
        list(last_rows([str(tmp_path / name) for name in ("fine.csv", "history.csv")], ["epoch", "error"], 1))
    (tmp_path / "empty.csv").write_text("epoch,error\n")
    with pytest.raises(RunnerError, match=r"empty.csv: .*it has no rows"):
        list(last_rows([str(tmp_path / "empty.csv")], ["epoch", "error"], 1))
    with pytest.raises(RunnerError, match="cannot be read"):
        list(last_rows([str(tmp_path / "nothere.csv")], ["epoch", "error"], 1))
