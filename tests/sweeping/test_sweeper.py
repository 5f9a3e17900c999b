"""A sweep's last word: what has become of its runs, and which setting is the best."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from making_sweeps import lines
from processes import Command


@pytest.mark.parametrize("launcher", ["vectorized", pytest.param("basic", marks=pytest.mark.thorough)])
def test_the_last_word_names_the_best_setting_as_the_report_does(
    launcher: str, command: Command, tmp_path: Path
) -> None:
    done = command(
        "-m", "network=dense", "data=moons", "data.test_fraction=0.5", "data.points=30", "epochs=30",
        "learning_rate=0.003,0.3,3", "network.hidden=[3]", "seed=0,1,2", "hydra.sweep.dir=s",
        f"hydra/launcher={launcher}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seeds: dict[str, list[float]] = {}
    for line in lines(tmp_path / "s"):
        lost = line["status"] != "completed" or float(line["final_error"]) > 1000
        seeds.setdefault(line["learning_rate"], []).append(float("inf" if lost else line["test_error"]))
    medians = {rate: statistics.median(values) for rate, values in seeds.items()}
    rate = min(medians, key=lambda rate: medians[rate])
    word = f"best setting by test error: {medians[rate]:.6g} at learning_rate={rate} (the median of 3 seeds, "
    (said,) = [text for text in done.stdout.splitlines() if text.startswith("best setting")]
    assert said.startswith(word)
    report = [sys.executable, "-m", "runner.report", "s", "--only", "network"]
    printed = subprocess.run(report, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said in printed.splitlines()


def test_failures_stop_nothing_and_show(command: Command, tmp_path: Path) -> None:
    done = command("-m", "learning_rate=0.1,-1,0.2", "network.hidden=[2],[3]", "hydra.sweep.dir=s")
    assert done.returncode == 1
    assert "4 of 6 runs failed" in done.stderr
    assert "learning_rate=-1: must be a number above 0" in done.stderr
    assert "Traceback" not in done.stderr
    table = lines(tmp_path / "s")
    assert [line["status"] for line in table] == ["completed", *["failed"] * 3, "completed", "failed"]
    assert table[2]["final_error"] == ""
    for number in (1, 2, 3, 5):
        assert {p.name for p in (tmp_path / "s" / str(number)).iterdir()} == {".hydra", "error.txt"}
    assert "must be a number above 0" in (tmp_path / "s" / "2" / "error.txt").read_text()


def test_the_last_word_counts_equals(command: Command, tmp_path: Path) -> None:
    """What is recorded changes nothing: no setting is better than the other."""
    said = command("-m", "learning_rate=0.01,0.1", "log.every=1,5", "epochs=5", cwd=tmp_path).stdout
    assert "at learning_rate=0.1, log.every=1 (run 2; the soonest at its best of 2 equals)\n" in said


def test_a_dry_run_runs_nothing(command: Command, tmp_path: Path) -> None:
    done = command("-m", "learning_rate=0.1,0.2,0.1", "epochs=10,20", "hydra.sweeper.dry_run=true")
    assert done.returncode == 0, done.stderr
    assert "2 of 6 runs are duplicates" in done.stderr
    assert "learning_rate=0.2 epochs=20" in done.stdout
    assert "4 runs, 64 rows of history.csv" in done.stdout
    assert not list(tmp_path.rglob("history.csv"))


def test_a_dry_run_writes_nothing(command: Command, tmp_path: Path) -> None:
    assert command("-m", "seed=range(0,5)", "hydra.sweeper.dry_run=true").returncode == 0
    assert not list(tmp_path.iterdir())
