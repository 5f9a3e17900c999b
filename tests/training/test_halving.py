"""Successive halving: who is stopped, and that the others have their bytes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from comparing import bits_of_a_run
from making_sweeps import lines
from processes import Command

import runner
from runner.errors import ConfigError
from runner.records.lines import Line
from runner.sweeping.plugin_keys import LauncherSettings
from runner.training.experiment import Experiment
from runner.training.halving import Halving, compared_by
from runner.work import Watch, Work, run_stack

RATES = np.geomspace(0.01, 3, 10).tolist()


def experiments(*overrides: str) -> list[Experiment]:
    return runner.load_sweep("network=dense", "data=xor", "epochs=9", *overrides, learning_rate=RATES)


def trained(made: list[Experiment], folder: Path, halving: Halving | None) -> list[Line]:
    for run in range(len(made)):
        (folder / str(run)).mkdir(parents=True)
    works = [Work(Line(run, {}), str(folder / str(run)), one) for run, one in enumerate(made)]
    return [outcome.line for outcome in run_stack(works, watch=Watch(halving=halving))]


def history(folder: Path, run: int) -> bytes:
    return (folder / str(run) / "history.csv").read_bytes()


@pytest.mark.parametrize("log", [[], ["log.every=100"], ["log.unit=update", "batch_size=1"]], ids=" ".join)
@bits_of_a_run
def test_the_better_go_on_with_the_bytes_that_they_have_alone(log: list[str], tmp_path: Path) -> None:
    made = experiments(*log)
    whole = trained(made, tmp_path / "whole", None)
    halved = trained(made, tmp_path / "halved", Halving(3, 0.4))
    statuses = [line.status for line in halved]
    assert [statuses.count(status) for status in ("completed", "stopped")] == [2, 8]
    assert sorted(line.result("epochs") for line in halved) == [3] * 6 + [6] * 2 + [9] * 2
    assert [line.ending for line in halved if line.status == "stopped"] == [""] * 8
    for run, (then, now) in enumerate(zip(whole, halved, strict=True)):
        if now.status == "completed":
            assert history(tmp_path / "halved", run) == history(tmp_path / "whole", run)
            assert now._replace(results={}) == then._replace(results={})
        elif not log or log[0].startswith("log.unit"):
            assert history(tmp_path / "whole", run).startswith(history(tmp_path / "halved", run))
    at_three = trained(experiments(*log, "epochs=3"), tmp_path / "three", None)
    best = np.argsort([line.result("final_error") for line in at_three])[:4].tolist()
    assert {run for run, line in enumerate(halved) if line.result("epochs") > 3} == {*best}


def test_of_equals_the_first_go_on_and_at_least_one() -> None:
    worse = Halving(1, 0.5).worse(np.array([1.0, np.nan, 1.0, 0.5, 2.0]))
    assert worse.tolist() == [False, True, False, False, True]
    assert Halving(1, 0.01).worse(np.array([3.0, 2.0])).tolist() == [True, False]
    assert Halving(1, 0.5).worse(np.array([])).tolist() == []
    assert [epoch for epoch in range(10) if Halving(3, 0.5).is_due(epoch)] == [3, 6, 9]


def test_what_is_held_out_to_choose_by_is_compared() -> None:
    assert compared_by(["error", "validation_error", "test_error"]) == 1
    assert compared_by(["error", "test_error"]) == 0


@bits_of_a_run
def test_who_is_stopped_hangs_on_no_workers_and_can_be_resumed(command: Command, tmp_path: Path) -> None:
    rates = ",".join(map(str, RATES))
    call = ["-m", f"learning_rate={rates}", "network=dense", "data=xor", "epochs=9"]
    call += ["hydra.launcher.halving={every: 3, keep: 0.4}"]
    for folder, more in (("a", []), ("b", ["hydra.launcher.n_jobs=2", "hydra.launcher.backend=threading"])):
        done = command(*call, f"hydra.sweep.dir={folder}", *more)
        assert done.returncode == 0, done.stderr
        assert "2 completed, 8 stopped" in done.stdout
        assert "best setting by final error: " in done.stdout
    for run in range(10):
        assert history(tmp_path / "a", run) == history(tmp_path / "b", run)
    before = lines(tmp_path / "a")
    again = command(*call, "hydra.sweep.dir=a", "hydra.launcher.resume=true")
    assert again.returncode == 0, again.stderr
    assert lines(tmp_path / "a") == before
    assert runner.verify(tmp_path / "a").is_same


@pytest.mark.parametrize(
    ("halving", "said"),
    [
        (3, "hydra.launcher.halving=3: must have every and keep"),
        ({"every": 3}, "must have every and keep, as {every: 30, keep: 0.33}, or be null"),
        ({"every": 0, "keep": 0.3}, "hydra.launcher.halving.every=0: must be a whole number at least 1"),
        ({"every": 3, "keep": 1}, "hydra.launcher.halving.keep=1: must be a share of the runs, above 0"),
    ],
)
def test_what_cannot_be_halved_by_is_refused(halving: object, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        LauncherSettings(halving=halving)
