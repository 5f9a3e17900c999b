"""Histories as arrays: of unlike lengths, thinned, and none that is not as it was written."""

from __future__ import annotations

import csv
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import numpy as np
import pytest
from making_sweeps import make_sweep

from runner.errors import RunnerError
from runner.records import histories as module
from runner.records.histories import Histories, NotShownError
from runner.results import Results, read_histories


def test_errors_of_unlike_lengths_stand_at_their_steps(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"epochs": [3, 7], "log.every": [1, 2]})
    errors = Results(sweep).curves("final_error")
    assert errors.counts.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert np.isfinite(errors.values).sum(axis=1).tolist() == [4, 3, 8, 5]


def test_long_histories_are_thinned_but_thresholds_are_not(
    sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Results(sweep).curves("final_error")
    monkeypatch.setattr(module, "MOST_NUMBERS", 15)
    thin = Results(sweep).curves("final_error")
    assert thin.values.shape[1] < whole.values.shape[1]
    assert thin.counts[-1] == 30
    assert np.array_equal(thin.reached, whole.reached, equal_nan=True)


@pytest.mark.parametrize(
    ("line", "put", "message"),
    [
        (3, "2,abc,1,1,1,1,1,1", "history.csv: is not a history as it was written.*abc"),
        (3, "2,,1,1,1,1,1,1", "history.csv: is not a history"),
        (3, "2,0.1", "history.csv: is not a history"),
        (3, "0,0.1,1,1,1,1,1,1", "'epoch' does not increase"),
        (3, "2,inf,1,1,1,1,1,1", "'error' has a number that is not finite"),
        (0, "epoch,wrong,w1,w2,w3,w4,w5,w6", "has no column 'error'"),
        (0, "epoc,error,w1,w2,w3,w4,w5,w6", "has no column 'epoch'"),
    ],
)
def test_a_tampered_history_is_refused(
    sweep: Path, tmp_path: Path, line: int, put: str, message: str
) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    path = copy / "1" / "history.csv"
    lines = path.read_text().splitlines()
    lines[line] = put
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RunnerError, match=message):
        _ = Results(copy).curves("final_error")


def test_a_history_without_rows_is_refused(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    (copy / "1" / "history.csv").write_text("epoch,error,w1,w2,w3,w4,w5,w6\n")
    with pytest.raises(RunnerError, match=r"1/history\.csv: has no rows"):
        _ = Results(copy).curves("final_error")


def test_a_run_whose_history_is_empty_is_named(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    (copy / "1" / "history.csv").write_bytes(b"")
    for read in (
        lambda: Results(copy).history(1),
        lambda: Results(copy).curves("final_error"),
        lambda: Results(copy / "1").history(0),
        lambda: Results(copy / "1").curves("final_error"),
    ):
        with pytest.raises(RunnerError, match=r"history\.csv: is not a history as it was written"):
            read()


def test_the_history_of_another_run_is_never_taken_for_its_own(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    shutil.copy(copy / "0" / "history.csv", copy / "1" / "history.csv")
    with pytest.raises(RunnerError, match=r"1/history\.csv: is not as it was written"):
        read_histories(copy)


def test_histories_of_unlike_steps_are_no_errors_of_one_kind(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"log.unit": ["epoch", "update"]}, ["epochs=5"])
    with pytest.raises(NotShownError, match="count different steps: epochs and updates"):
        _ = Results(sweep).curves("final_error")


@pytest.mark.parametrize("together", [0, 3000, 2**23])
def test_histories_are_the_same_alone_and_parsed_as_one_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(module, "TOGETHER", together)
    sweep = make_sweep(tmp_path / "s", {"epochs": [3, 40, 7], "log.weights": ["true", "false"]})
    spaced = sweep / "4" / "history.csv"  # no text that can stand behind another
    spaced.write_bytes(spaced.read_bytes().replace(b"\n", b"\n\n", 1).rstrip(b"\n"))
    for names in (["epoch", "error"], None):
        paths = [str(sweep / str(run) / "history.csv") for run in range(6)]
        for path, history in zip(paths, module.read_columns(paths, names), strict=True):
            with open(path, newline="") as f:
                told = [row for row in csv.DictReader(f) if row]
            assert list(history) == list(names or told[0])
            for name, values in history.items():
                assert values.tolist() == [float(row[name]) for row in told], (path, name)


def test_threads_that_read_the_same_history_check_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    both = Barrier(2)

    def check(path: str) -> None:
        checked.append(path)
        with suppress(BrokenBarrierError):
            both.wait(0.1)  # only another check of the same would come to meet it

    monkeypatch.setattr(module, "refuse_changed", check)
    histories = Histories()
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(histories.check, ["0/history.csv"] * 2))
    assert checked == ["0/history.csv"]
