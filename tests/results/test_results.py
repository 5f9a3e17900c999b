"""Results as tables: exact, checked, and rebuilt where a sweep has not ended."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making_sweeps import make_sweep

from runner.errors import RunnerError
from runner.records.histories import NotShownError
from runner.results import Results, read_histories, read_runs


def test_tables_are_exact(sweep: Path) -> None:
    with open(sweep / "1" / "history.csv", newline="") as f:
        expected = [[float(cell) for cell in row] for row in list(csv.reader(f))[1:]]
    assert Results(sweep).history(1).to_numpy().tolist() == expected
    tidy = read_histories(sweep, ["error", "w6"])
    assert list(tidy.columns) == ["run", "learning_rate", "epoch", "error", "w6"]
    assert tidy.loc[tidy["run"] == 1, "w6"].tolist() == [row[-1] for row in expected]


def test_only_keys_that_vary_are_swept(sweep: Path) -> None:
    assert Results(sweep).swept == ["learning_rate"]


def test_the_table_can_be_rebuilt_from_the_folders(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    (copy / "runs.csv").unlink()
    assert read_runs(copy).equals(read_runs(sweep).drop(columns="log.every"))  # the same in every run


def test_a_run_of_a_sweep_is_a_run(sweep: Path) -> None:
    results = Results(sweep / "1")
    assert not results.is_sweep
    assert results.swept == []
    assert results.experiment(0).learning_rate == 0.05


def test_folders_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="no such folder"):
        Results(tmp_path / "none")
    with pytest.raises(RunnerError, match="neither the folder of a run nor of a sweep"):
        Results(tmp_path)


def test_a_broken_configuration_is_named_with_its_line(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    (copy / "1" / ".hydra" / "config.yaml").write_text("foo: [\n")
    with pytest.raises(RunnerError, match=r"1/\.hydra/config\.yaml: .*line 2"):
        Results(copy).experiment(1)
    (copy / "1" / ".hydra" / "config.yaml").unlink()
    with pytest.raises(NotShownError, match=r"there is no .*config"):
        Results(copy).experiment(1)


def test_of_equals_the_soonest_at_its_best_is_the_best(sweep: Path, tmp_path: Path) -> None:
    """By the table alone: no history is read for it."""
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy, ignore=shutil.ignore_patterns("history.csv"))
    table = pd.read_csv(copy / "runs.csv", dtype=str)
    table["final_error"], table["best_epoch"] = "0.125", ["30", "12", "30"]
    table["status"] = "completed"
    table.to_csv(copy / "runs.csv", index=False)
    results = Results(copy)
    assert results.best() == 1
    assert "the soonest at its best of 3 equals" in results.best_name()
    assert results.in_order() == [1, 0, 2]


def test_what_learnt_means_follows_the_metric(tmp_path: Path) -> None:
    sweep = make_sweep(
        tmp_path / "s", {"learning_rate": [0.01, 0.1, 0.3]},
        ["network=dense", "data=moons", "data.test_fraction=0.5", "epochs=20"],
    )  # fmt: skip
    results = Results(sweep)
    for metric in ("test_error", "accuracy", "test_accuracy"):
        level, more = results.level(metric).value, metric.endswith("accuracy")
        for run, reached in enumerate(results.curves(metric).reached):
            values = results.history(run, [metric])[metric].to_numpy()
            away = np.flatnonzero(values < level if more else values > level)
            stays = int(away.max(initial=-1)) + 1
            assert reached == (stays if stays < len(values) else np.inf)
        assert np.isfinite(results.curves(metric).reached).sum() >= 2  # half of the settings


def test_some_runs_without_a_held_out_part(tmp_path: Path) -> None:
    sweep = make_sweep(
        tmp_path / "s", {"data.test_fraction": [0.5, 0.0]}, ["network=dense", "data=moons", "epochs=2"]
    )
    results = Results(sweep)
    assert results.metric() == "final_error"
    assert results.best("test_error") == 0
    with pytest.raises(NotShownError, match=r"not every run has a test_error: .*1/history\.csv"):
        results.curves("test_error")


def test_a_run_that_ends_off_the_scale_has_blown_up(sweep: Path, tmp_path: Path) -> None:
    """Whatever its status says; it is none to compare with, but it keeps its status in the table."""
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    table = pd.read_csv(copy / "runs.csv", dtype=str)
    table["initial_error"], table["final_error"] = "2", ["1999", "2000", "1"]
    table.to_csv(copy / "runs.csv", index=False)
    results = Results(copy)
    assert results.outcomes.tolist() == ["completed", "blown up", "diverged"]
    assert results.lost.tolist() == [False, True, True]
    assert results.completed["run"].tolist() == [results.best()] == [0]
    assert read_runs(copy)["status"].tolist() == ["completed", "completed", "diverged"]


@pytest.mark.parametrize(("began", "ended"), [("0", "0"), ("0", "1e-28"), ("1e-33", "1e-29")])
def test_rounding_is_no_blowing_up(sweep: Path, tmp_path: Path, began: str, ended: str) -> None:
    """A run that begins with the last weights of another has hardly an error to begin with."""
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    table = pd.read_csv(copy / "runs.csv", dtype=str).assign(initial_error=began, final_error=ended)
    table.to_csv(copy / "runs.csv", index=False)
    results = Results(copy)
    assert results.outcomes.tolist() == results.runs["status"].tolist()
