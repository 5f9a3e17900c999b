"""What a resumption takes for done: runs whose files are as they were written, and no others."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import psutil
import pytest
from forked import Forks
from making_runs import made
from processes import Command, interruptible

from runner.records.checkpoint import checkpoint_of
from runner.records.lines import Line
from runner.records.many_lines import Lines
from runner.sweeping.many_jobs import Grid
from runner.sweeping.resuming import Resumption, in_recorded_order
from runner.work import Watch, Work, run_stack

#: Seven runs, their histories written in several pieces.
RATES = "learning_rate=0.01,0.02,0.05,0.1,0.2,0.3,0.4"
SWEEP = ["-m", RATES, "epochs=9000", "hydra.launcher.max_memory=1MiB"]
RESUME = [*SWEEP, "hydra.sweep.dir=s", "hydra.launcher.resume=true"]


@pytest.fixture(scope="module")
def whole(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    assert forks.run((*SWEEP, "hydra.sweep.dir=s"), folder, timeout=120).returncode == 0
    return folder / "s"


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "s"))


def files(sweep: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(sweep)): path.read_bytes()
        for name in ("history.csv", "parameters.csv")
        for path in sweep.glob(f"*/{name}")
    }


def without_checksums(sweep: Path) -> None:
    """The summaries as an earlier version wrote them."""
    for path in sweep.glob("*/summary.csv"):
        lines = path.read_text().splitlines()
        path.write_text("".join(",".join(line.split(",")[:-6]) + "\n" for line in lines))


def test_runs_that_are_not_whole_are_trained_again(copy: Path, whole: Path, command: Command) -> None:
    (copy / "0" / ".hydra" / "config.yaml").write_bytes(b"")
    shutil.copy(copy / "3" / "history.csv", copy / "1" / "history.csv")
    (copy / "2" / "history.csv").write_bytes(b"")
    content = (copy / "4" / "parameters.csv").read_bytes()
    (copy / "4" / "parameters.csv").write_bytes(content[:-3] + b"\n")
    (copy / "5" / "summary.csv").write_bytes((copy / "5" / "summary.csv").read_bytes()[:-20])
    (copy / "6" / "history.csv").unlink()
    (copy / "6" / "about.yaml").unlink()
    untouched = (copy / "3" / "summary.csv").stat().st_mtime_ns
    done = command(*RESUME)
    assert done.returncode == 0, done.stderr
    assert files(copy) == files(whole)
    assert (copy / "3" / "summary.csv").stat().st_mtime_ns == untouched
    assert "6 of 7 runs are not as they were written, and are trained again" in done.stdout
    for words in (
        "run 0: .hydra/config.yaml is gone",
        ", those of run 3",
        "run 2: history.csv has 0 bytes where ",
        f"run 4: parameters.csv has {len(content) - 2} bytes where {len(content)} were",
        "run 5: summary.csv is cut",
        "run 6: history.csv is gone",
        "run 6: about.yaml is gone",
    ):
        assert words in done.stdout
    assert "trained again" not in command(*RESUME).stdout


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_runs_in_training_go_on_from_where_a_signal_came(
    workers: int, whole: Path, command: Command, tmp_path: Path
) -> None:
    more = [f"hydra.launcher.n_jobs={workers}", "hydra.sweep.dir=s"]
    with interruptible([*SWEEP, *more], tmp_path) as running:
        while not list(tmp_path.glob("s/*/history.csv.*")):
            assert running.poll() is None
            time.sleep(0.005)
        running.send_signal(signal.SIGTERM)
        assert "To go on" in running.communicate(timeout=60)[1]
    assert running.returncode == 128 + signal.SIGTERM
    begun = list(tmp_path.glob("s/*/checkpoint.npy"))
    assert begun
    assert not list(tmp_path.rglob(".halted"))
    begun[0].write_bytes(begun[0].read_bytes()[:-1])
    assert command(*RESUME, *more).returncode == 0
    assert files(tmp_path / "s") == files(whole)
    assert not list(tmp_path.glob("s/*/checkpoint.npy"))


def test_the_folder_of_another_run_is_named(copy: Path, command: Command) -> None:
    for name in ("history.csv", "parameters.csv", "summary.csv"):
        shutil.copy(copy / "3" / name, copy / "2" / name)
    before = files(copy)
    done = command(*RESUME)
    assert done.returncode == 1
    assert "s/2 is to hold run 2, and its summary.csv is that of run 3 in 3" in done.stderr
    assert files(copy) == before


def test_a_run_of_another_configuration_is_named(copy: Path, command: Command) -> None:
    record = copy / "2" / ".hydra" / "config.yaml"
    record.write_text(record.read_text().replace("epochs: 9000", "epochs: 9"))
    done = command(*RESUME)
    assert done.returncode == 1
    assert "s/2 was made from another configuration:\n  there: epochs: 9\n" in done.stderr


def test_jobs_keep_the_numbers_that_they_were_recorded_with() -> None:
    lines = Lines([Line(1, {"seed": "2"}), Line(0, {"seed": "3"})])
    jobs = Grid([[["seed=1", "seed=2", "seed=3"]]], [0])
    assert in_recorded_order(jobs, lines, set()) == [["seed=3"], ["seed=2"], ["seed=1"]]
    assert in_recorded_order(jobs[:2], lines, set()) is None
    begun = Lines([Line(0, {"seed": "1"}), Line(1, {"seed": "2"})])
    assert in_recorded_order(jobs, begun, set()) == jobs
    assert in_recorded_order(jobs[:1], begun, set()) is None
    assert in_recorded_order(jobs, Lines([Line(0, {"seed": "4"})]), set()) is None


def test_what_was_interrupted_is_taken_up_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "0"
    folder.mkdir()
    halted = chain(repeat(False, 4), repeat(True)).__next__
    run_stack([Work(Line(0, {}, directory="0"), str(folder), made(epochs=9))], watch=Watch(halted=halted))
    unrecorded = SimpleNamespace(template=SimpleNamespace(subdir=None))
    job: Any = SimpleNamespace(number=0, folder=str(folder), config={}, files=unrecorded)
    resumed = Resumption({0: job}, {0: "0"})
    assert (resumed.done, resumed.spoilt) == ({}, {})
    assert resumed.paused[0].epoch == checkpoint_of(folder).epoch == 3


def test_runs_of_an_earlier_version_are_done_where_their_files_are_there(
    copy: Path, whole: Path, command: Command
) -> None:
    without_checksums(copy)
    before = {path: path.stat().st_mtime_ns for path in copy.glob("*/summary.csv")}
    for number in (2, 4):
        path = copy / str(number) / "history.csv"
        path.write_bytes(path.read_bytes()[:-1] if number == 4 else b"")
    done = command(*RESUME)
    assert done.returncode == 0, done.stderr
    assert "2 of 7 runs are not as they were written" in done.stdout
    assert files(copy) == files(whole)
    again = {path.parent.name for path, then in before.items() if path.stat().st_mtime_ns != then}
    assert again == {"2", "4"}


@pytest.mark.parametrize("content", [b"", b"hydra: [", b"a: 1\n"])
def test_a_sweep_that_cannot_be_told_is_refused(content: bytes, copy: Path, command: Command) -> None:
    (copy / "multirun.yaml").write_bytes(content)
    done = command(*RESUME)
    assert done.returncode == 1
    assert "s/multirun.yaml is not as it was written" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_table_and_its_rebuilding_have_no_checksums(copy: Path) -> None:
    from runner.records.runs_table import RunsTable

    before = (copy / "runs.csv").read_bytes()
    assert before.splitlines()[0].endswith(b",seconds,directory")
    (copy / "runs.csv").unlink()
    RunsTable.now(copy).write()
    assert (copy / "runs.csv").read_bytes() == before


@pytest.mark.thorough
def test_workers_write_nothing_when_their_sweep_is_gone(command: Command, tmp_path: Path) -> None:
    """Not in the midst of a long epoch either: it is the rows that tell, not the epochs."""
    long = ["-m", "network=dense", "network.hidden=[64]", "data=moons", "data.points=1000", "batch_size=1",
            "log.unit=update", "epochs=1", "seed=0,1", "hydra.launcher.max_memory=4MiB"]  # fmt: skip
    assert command(*long, "hydra.sweep.dir=whole").returncode == 0
    arguments = [*long, "hydra.sweep.dir=s", "hydra.launcher.n_jobs=2"]
    call = [sys.executable, "-m", "runner", *arguments]
    running = subprocess.Popen(call, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob("s/*/history.csv.*")):
        assert running.poll() is None
        time.sleep(0.005)
    workers = psutil.Process(running.pid).children(recursive=True)
    running.kill()
    running.wait()
    again = command(*arguments, "hydra.launcher.resume=true")
    assert again.returncode == 0, again.stderr
    assert files(tmp_path / "s") == files(tmp_path / "whole")
    for run in ("0", "1"):
        names = {path.name for path in (tmp_path / "s" / run).iterdir()}
        assert names == {".hydra", "about.yaml", "history.csv", "parameters.csv", "summary.csv"}
    assert not psutil.wait_procs(workers, timeout=60)[1]


def test_a_sweep_is_extended(command: Command, tmp_path: Path) -> None:
    """More seeds than before: what was done stays, in its folder and under its number."""
    rest = ["learning_rate=0.1,0.2", "network=dense", "epochs=2", "hydra.sweep.dir=s"]
    assert command("-m", "seed=range(0,2)", *rest).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "s").glob("*/summary.csv")}
    resume = [*rest, "hydra.launcher.resume=true"]
    about = tmp_path / "s" / "about.yaml"
    about.write_text(about.read_text().replace("numpy: ", "numpy: 0."))
    for _ in range(2):  # the second finds all done
        done = command("-m", "seed=range(0,3)", *resume)
        assert "this sweep was begun elsewhere: numpy 0." in done.stderr
        assert done.returncode == 0, done.stderr
        table = pd.read_csv(tmp_path / "s" / "runs.csv")
        pairs = list(zip(table["seed"], table["learning_rate"], strict=True))
        assert pairs == [(0, 0.1), (0, 0.2), (1, 0.1), (1, 0.2), (2, 0.1), (2, 0.2)]
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    fewer = command("-m", "seed=range(0,2)", *resume)
    assert "is another one" in fewer.stderr
    assert "there: seed=range(0,3)" in fewer.stderr
    elsewhere = command("-m", "seed=range(0,3)", *resume, "hydra.sweep.subdir=a/${hydra.job.num}")
    assert "there: hydra.sweep.subdir=${hydra.job.num}," in elsewhere.stderr
    assert "here:  hydra.sweep.subdir=a/${hydra.job.num}," in elsewhere.stderr
    assert not (tmp_path / "s/a").exists()


@pytest.mark.parametrize("store", ["parquet", "table"])
def test_of_a_sweep_without_folders_what_is_in_its_files_is_done(
    store: str, command: Command, tmp_path: Path
) -> None:
    sweep = ["-m", RATES, "network.activation=identity,tanh", "epochs=3", "hydra.sweep.dir=s"]
    sweep += [f"hydra.launcher.store={store}", "hydra.launcher.max_memory=1MiB"]
    assert command(*sweep).returncode == 0
    table = pd.read_csv(tmp_path / "s" / "runs.csv")
    first, second = sorted((tmp_path / "s" / "records").iterdir())
    second.unlink()
    (tmp_path / "s" / "records" / "1.parquet.part").write_bytes(b"half")
    (tmp_path / "s" / "runs.csv").unlink()
    done = command(*sweep, "hydra.launcher.resume=true")
    assert done.returncode == 0, done.stderr
    now = pd.read_csv(tmp_path / "s" / "runs.csv")
    pd.testing.assert_frame_equal(table.drop(columns="seconds"), now.drop(columns="seconds"))
    assert (table["seconds"] == now["seconds"]).sum() == 7  # which were not trained again
    assert first.exists()
    assert len(list((tmp_path / "s").glob("records/*"))) == 2
    assert not list((tmp_path / "s").glob("[0-9]*"))
