"""A run in memory into its folder: as the command writes it, and never over another."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from processes import Command

import runner

WAYS = ["network=dense", "data=moons", "data.points=20", "optimizer=adam", "batch_size=8", "epochs=3"]
WAYS += ["log.order=true", "log.predictions=true", "log.curvature=2", "data.test_fraction=0.2"]


def test_the_folder_has_the_bytes_that_the_command_writes(tmp_path: Path, command: Command) -> None:
    assert command(*WAYS, "hydra.run.dir=theirs").returncode == 0
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    assert runner.train(runner.load(*WAYS)).save(ours) == ours
    names = {str(path.relative_to(theirs)) for path in theirs.rglob("*.*") if path.is_file()}
    assert {str(path.relative_to(ours)) for path in ours.rglob("*.*") if path.is_file()} == names - {
        ".hydra/hydra.yaml"
    }
    for name in names - {".hydra/hydra.yaml", "summary.csv"}:
        assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
    texts = [(folder / "summary.csv").read_text() for folder in (ours, theirs)]
    lines = [next(csv.DictReader(text.splitlines())) for text in texts]
    assert [line.pop("seconds") for line in lines]
    assert lines[0] == lines[1]
    assert runner.train(runner.load_run(ours)).history.equals(runner.read_history(ours))


def test_a_folder_with_anything_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    run = runner.train(runner.load("epochs=1"))
    run.save(tmp_path / "run")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(runner.RunnerError, match="already holds the result of a run; name another folder"):
        run.save(tmp_path / "run")
    with pytest.raises(runner.RunnerError, match=r"must be a new or an empty folder; it holds notes\.txt"):
        run.save(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_what_was_changed_after_loading_is_in_the_configuration(tmp_path: Path) -> None:
    made = runner.load("epochs=2")
    run = runner.train(replace(made, learning_rate=0.125, log=replace(made.log, gradients=True)))
    run.save(tmp_path / "run")
    assert runner.open(tmp_path / "run").history.equals(run.history)
    overrides = (tmp_path / "run/.hydra/overrides.yaml").read_text().splitlines()
    assert overrides == ["- epochs=2", "- learning_rate=0.125", "- log.gradients=true"]
    other = replace(made, weights=runner.load("network=dense").weights)
    with pytest.raises(runner.RunnerError, match="weights was changed after the experiment was loaded"):
        runner.train(other).save(tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_run_that_goes_on_is_saved_as_continue_writes_it(tmp_path: Path, command: Command) -> None:
    run = runner.train(runner.load("optimizer=adam", "epochs=2"))
    with pytest.raises(runner.RunnerError, match="goes on from one that is in no folder: save that first"):
        run.go_on(2).save(tmp_path / "nowhere")
    run.save(tmp_path / "run")
    run.go_on(2).save(tmp_path / "ours")
    assert command(f"continue={tmp_path / 'run'}", "epochs=2", "hydra.run.dir=theirs").returncode == 0
    for name in ("history.csv", "parameters.csv", "about.yaml", ".hydra/config.yaml"):
        assert (tmp_path / "ours" / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes(), name


def test_runs_of_a_sweep_are_saved_each_by_itself(tmp_path: Path) -> None:
    for run in runner.train(runner.load_sweep("learning_rate=0.1,1e9", "epochs=5")):
        run.save(tmp_path / f"{run.experiment.learning_rate:g}")
    assert runner.open(tmp_path / "1e+09").result.status == "diverged"
    assert "- learning_rate=0.1\n" in (tmp_path / "0.1/.hydra/overrides.yaml").read_text()
