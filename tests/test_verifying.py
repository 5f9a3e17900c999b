"""Runs that are trained again: what differs is told, to the file and the number."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from processes import Command

import runner
from runner.errors import RunnerError
from runner.records.checksums import sum_of
from runner.records.lines import Line
from runner.verifying import as_asked, verify
from runner.work import Watch, Work, run_stack, unseen

SETTINGS = (
    ["epochs=3"],
    ["epochs=9", "learning_rate=5"],  # diverges
    ["network=dense", "data=moons", "optimizer=adam", "batch_size=32", "epochs=4", "log.order=true"],
    ["network=dense", "data=moons", "data.test_fraction=0.2", "epochs=4", "log.curvature=2"],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's."""
    return runner.train(runner.load("epochs=9")).save(tmp_path / "run")


def as_of_another_machine(folder: Path, name: str, old: str, new: str) -> None:
    """Changes a file, and the sum that the summary has of it."""
    path, summary = folder / name, folder / "summary.csv"
    before = sum_of(path)
    path.write_text(path.read_text().replace(old, new, 1))
    assert sum_of(path) != before
    summary.write_text(summary.read_text().replace(str(before), str(sum_of(path))))


@pytest.mark.parametrize("overrides", SETTINGS, ids=" ".join)
def test_what_was_written_comes_out_again(overrides: list[str], tmp_path: Path) -> None:
    folder = runner.train(runner.load(*overrides)).save(tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    verification = verify(folder)
    assert verification.is_same
    assert str(verification) == "trained again: every byte is as it was written"
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_interrupted_run_is_trained_as_far_as_it_was(tmp_path: Path) -> None:
    run = runner.train(runner.load("epochs=1000", "schedule=cosine"))
    shutil.copytree(run.save(tmp_path / "whole") / ".hydra", tmp_path / "part" / ".hydra")
    epochs = [0]
    watch = Watch(lambda epoch, errors: epochs.append(epoch), halted=lambda: epochs[-1] >= 7)
    (outcome,) = run_stack([Work(Line(0, {}), str(tmp_path / "part"), run.experiment)], watch=watch)
    assert outcome.line.status == "interrupted"
    assert verify(tmp_path / "part").is_same
    with pytest.raises(RunnerError, match="no such folder"):
        verify(tmp_path / "neither")


def test_a_last_digit_is_told(folder: Path) -> None:
    w6 = (folder / "history.csv").read_text().splitlines()[4].rpartition(",")[2]
    as_of_another_machine(folder, "history.csv", w6, w6[:-1] + str((int(w6[-1]) + 3) % 10))
    verification = verify(folder)
    assert not verification.is_same
    (fault,) = verification.faults[str(folder)]
    assert fault.startswith("history.csv differs in 1 of 10 rows, first in row 3, by ")
    assert fault.endswith("of the value at most (w6 in row 3)")
    assert float(fault.split(" by ")[1].split()[0]) < 1e-14


def test_another_machine_is_named(folder: Path) -> None:
    as_of_another_machine(folder, "about.yaml", "numpy: ", "numpy: 0.")
    verification = verify(folder)
    assert verification.is_same
    (unequal,) = verification.unlike
    assert unequal.startswith("numpy 0.")
    assert f"made with {unequal}\n" in str(verification)


def test_what_was_changed_afterwards_is_told(folder: Path) -> None:
    path = folder / "history.csv"
    path.write_text(path.read_text().replace("0.11", "0.12", 1))
    assert verify(folder).faults[str(folder)] == ["history.csv was changed after the run: it has other bytes"]


def test_a_run_whose_data_are_gone_counts(tmp_path: Path) -> None:
    file = tmp_path / "xy.csv"
    file.write_text("x,y\n1,2\n2,4\n3,7\n")
    folder = runner.train(
        runner.load("network=dense", "data=csv", f"data.path={file}", "data.targets=y", "epochs=2")
    ).save(tmp_path / "run")
    assert verify(folder).is_same
    file.unlink()
    (fault,) = verify(folder).faults[str(folder)]
    assert fault.startswith("cannot be trained again: ")
    assert str(file) in fault


def test_of_a_sweep_a_sample_is_spread_evenly(sweep: Path) -> None:
    assert list(verify(sweep, 2).faults) == [str(sweep / "0"), str(sweep / "2")]
    verification = verify(sweep)
    assert verification.is_same
    assert str(verification) == "3 runs trained again: 3 have every byte as it was written"
    assert str(verify(sweep, 1)).startswith("1 runs (of 3) trained again: 1 ")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["epochs=3"], "epochs=3: verify=DIR trains runs as they were set"),
        (["runs=0"], "runs='0': must be a whole number from 1 on, or all"),
        (["runs=some"], "runs=some: must be a whole number"),
    ],
)
def test_what_cannot_be_asked_is_refused(overrides: list[str], said: str, sweep: Path) -> None:
    with pytest.raises(RunnerError, match=said):
        as_asked([f"verify={sweep}", *overrides], unseen)


def test_the_command_says_it_and_its_exit_code_too(command: Command, folder: Path) -> None:
    done = command(f"verify={folder}")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "trained again: every byte is as it was written\n",
        "",
    )
    (folder / "history.csv").write_text("")
    done = command(f"verify={folder}")
    assert done.returncode == 1
    assert "history.csv was changed after the run" in done.stdout
