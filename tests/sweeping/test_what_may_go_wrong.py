"""Sweeps that are asked for wrongly, collide, are killed with their workers, or meet each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from making_sweeps import lines
from processes import Command

# Two runs, in stacks of one.
TWO = [
    "-m",
    "network=dense",
    "network.hidden=[16]",
    "data=moons",
    "seed=0,1",
    "hydra.launcher.max_memory=2MiB",
]


def begun(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A sweep that has begun to write histories."""
    call = [sys.executable, "-m", "runner", *arguments]
    running = subprocess.Popen(call, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(folder.glob("s/*/history.csv.*")):
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return running


@pytest.mark.thorough
def test_workers_that_outlive_a_killed_sweep_spoil_nothing(command: Command, tmp_path: Path) -> None:
    sweep = [*TWO, "epochs=8000"]
    assert command(*sweep, "hydra.sweep.dir=whole").returncode == 0
    arguments = [*sweep, "hydra.sweep.dir=s", "hydra.launcher.n_jobs=2"]
    running = begun(tmp_path, *arguments)
    workers = psutil.Process(running.pid).children(recursive=True)
    running.kill()
    running.wait()
    assert command(*arguments, "hydra.launcher.resume=true").returncode == 0
    for run in ("0", "1"):
        assert (tmp_path / "s" / run / "history.csv").read_bytes() == (
            tmp_path / "whole" / run / "history.csv"
        ).read_bytes()
    assert not list((tmp_path / "s").rglob("*.part"))
    assert not psutil.wait_procs(workers, timeout=30)[1]  # they end without those they work for


@pytest.mark.skipif(os.name != "posix", reason="processes are stopped as POSIX has it")
def test_a_sweep_under_way_is_not_joined(command: Command, tmp_path: Path) -> None:
    arguments = [*TWO, "epochs=5000", "hydra.sweep.dir=s", "hydra.launcher.resume=true"]
    running = begun(tmp_path, *arguments)
    running.send_signal(signal.SIGSTOP)  # it is at work, and takes no time from the other
    second = command(*arguments)
    running.send_signal(signal.SIGCONT)
    assert second.returncode == 1
    assert "another process is at work in it" in second.stderr
    assert running.wait() == 0
    assert {line["status"] for line in lines(tmp_path / "s")} == {"completed"}


@pytest.mark.parametrize("batch", [pytest.param("null", marks=pytest.mark.thorough), "2"])
def test_runs_never_share_a_folder(batch: str, command: Command, tmp_path: Path) -> None:
    subdir = "hydra.sweep.subdir=lr_${learning_rate}"
    done = command("-m", "learning_rate=0.1,0.2", "seed=0,1", subdir, "hydra.sweep.dir=s",
                   f"hydra.sweeper.max_batch_size={batch}")  # fmt: skip
    assert done.returncode == 1
    assert "runs 0 and 1 would both be in lr_0.1" in done.stderr
    assert not list(tmp_path.rglob("history.csv"))


@pytest.mark.parametrize(
    ("launcher", "subdir"),
    [
        ("vectorized", "${hydra.job.num}"),
        ("basic", "of/${learning_rate}"),
        pytest.param("vectorized", "of/${learning_rate}", marks=pytest.mark.thorough),
        pytest.param("basic", "${hydra.job.num}", marks=pytest.mark.thorough),
    ],
)
def test_the_table_has_every_run(launcher: str, subdir: str, command: Command, tmp_path: Path) -> None:
    rates = ["0.1", "-1", "0.2", "0.3", "-2", "0.4"]
    where = [f"hydra.sweep.subdir={subdir}", "hydra.sweep.dir=s", "hydra.sweeper.max_batch_size=2"]
    done = command("-m", f"learning_rate={','.join(rates)}", "epochs=3", f"hydra/launcher={launcher}", *where)
    assert done.returncode == 1
    assert "2 of 6 runs failed" in done.stderr
    assert "4 completed, 2 failed" in done.stdout
    table = lines(tmp_path / "s")
    assert [line["run"] for line in table] == list("012345")
    assert [line["learning_rate"] for line in table] == rates
    assert [line["status"] == "failed" for line in table] == [float(rate) < 0 for rate in rates]
    assert all((tmp_path / "s" / line["directory"]).is_dir() for line in table)


def test_hydras_own_sweeper_and_launcher_leave_a_table_of_failures_too(
    command: Command, tmp_path: Path
) -> None:
    done = command("-m", "learning_rate=0.1,-1,0.2", "epochs=3", "hydra/launcher=basic",
                   "hydra/sweeper=basic", "hydra.sweep.dir=s")  # fmt: skip
    assert done.returncode == 1
    assert "learning_rate=-1: must be a number above 0" in done.stderr
    assert [line["status"] for line in lines(tmp_path / "s")] == ["completed", "failed", "completed"]


@pytest.mark.parametrize("key", ["~regularization", "~regularization.l1", "~schedule"])
def test_keys_may_be_left_out(key: str, command: Command, tmp_path: Path) -> None:
    done = command("-m", key, "seed=1,2", "epochs=3", "hydra.sweep.dir=s")
    assert done.returncode == 0, done.stderr
    assert list(lines(tmp_path / "s")[0])[:3] == ["run", "seed", "status"]


@pytest.mark.parametrize(
    "wrong", ["hydra.launcher.n_jobs=abc", "optimizer=sgd,nosuch", "hydra.sweeper.zip=5"]
)
def test_what_was_never_begun_stands_in_nobodys_way(wrong: str, command: Command, tmp_path: Path) -> None:
    assert command("-m", "seed=1,2", "epochs=3", wrong, "hydra.sweep.dir=s").returncode == 1
    assert not (tmp_path / "s").exists()
    assert command("-m", "seed=1,2", "epochs=3", "hydra.sweep.dir=s").returncode == 0


def test_weights_of_every_kind_in_any_order(command: Command, tmp_path: Path) -> None:
    kinds = "xavier_normal,{init:normal,std:0.1},[[[1,2],[3,4]],[[5,6]]]"
    done = command("-m", f"network.weights={kinds}", "epochs=1", "hydra.sweep.dir=s")
    assert done.returncode == 0, done.stderr
    assert len(lines(tmp_path / "s")) == 3


@pytest.mark.parametrize("sweeper", ["grid", "basic"])
def test_another_sweep_is_refused_and_the_first_goes_on(
    sweeper: str, command: Command, tmp_path: Path
) -> None:
    chosen = [f"hydra/sweeper={sweeper}", "epochs=3", "hydra.sweep.dir=s"]
    assert command("-m", "seed=1,2,3", *chosen).returncode == 0
    fewer = command("-m", "seed=1,2", *chosen, "hydra.launcher.resume=true")
    assert fewer.returncode == 1
    assert "is another one" in fewer.stderr
    assert command("-m", "seed=1,2,3", *chosen, "hydra.launcher.resume=true").returncode == 0
    assert len(lines(tmp_path / "s")) == 3


def test_a_folder_named_in_a_preset_is_never_mixed(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    (tmp_path / "mine" / "experiment" / "seeds.yaml").write_text(
        "# @package _global_\nepochs: 3\nhydra:\n  mode: MULTIRUN\n"
        "  sweep: {dir: my_own_sweep}\n  sweeper: {params: {seed: '1,2'}}\n"
    )
    for _ in range(2):
        assert command("--config-dir", "mine", "experiment=seeds").returncode == 0
    assert {path.parent.name for path in tmp_path.rglob("runs.csv")} == {"my_own_sweep", "my_own_sweep_2"}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read as Linux has it")
def test_runs_of_many_data_sets_are_held_a_few_at_a_time(command: Command, tmp_path: Path) -> None:
    script = (
        "import runner.__main__ as m, sys\n"
        "sys.argv[1:] = ['-m', 'network=dense', 'data=gaussians', 'data.points=20000', 'epochs=0',\n"
        "                'data.seed=range(0,400)', 'log.weights=false', 'hydra.launcher.max_memory=16MiB',\n"
        "                'hydra.sweep.dir=s']\n"
        "m.main()\n"
        "print([line for line in open('/proc/self/status') if line.startswith('VmHWM')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert len(lines(tmp_path / "s")) == 400
    # in KiB; not getrusage's, which begins with what the parent held at the fork
    assert int(done.stdout.split()[-2]) < 250 * 1024  # the data sets alone are 400 x 0.46 MiB


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (["hydra.run.dir=s"], ["-m", "seed=0,1", "hydra.sweep.dir=s"], "the result of a run"),
        (["-m", "seed=0,1", "hydra.sweep.dir=s"], ["hydra.run.dir=s"], "the result of a sweep"),
        (["hydra.run.dir=s/0"], ["-m", "seed=0,1", "hydra.sweep.dir=s"], "the result of a run"),
    ],
)
def test_runs_and_sweeps_keep_out_of_each_others_folders(
    first: list[str], second: list[str], words: str, command: Command, tmp_path: Path
) -> None:
    assert command("epochs=3", *first).returncode == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.csv")}
    done = command("epochs=2", *second)
    assert done.returncode == 1
    assert words in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.csv")} == before


def test_a_sweep_that_was_refused_leaves_nothing_beside_others(command: Command, tmp_path: Path) -> None:
    assert command("epochs=2", "hydra.run.dir=s/a").returncode == 0
    assert command("-m", "learningrate=1,2", "hydra.sweep.dir=s").returncode == 1
    assert {path.name for path in (tmp_path / "s").iterdir()} == {"a"}
    assert command("-m", "learning_rate=0.1,0.2", "epochs=2", "hydra.sweep.dir=s").returncode == 0
    assert [line["run"] for line in lines(tmp_path / "s")] == ["0", "1"]


def test_directories_are_seen_from_the_sweep(command: Command, tmp_path: Path) -> None:
    assert command("-m", "seed=0,1", "epochs=2", "hydra.job.chdir=true", "hydra.sweep.dir=s").returncode == 0
    assert [line["directory"] for line in lines(tmp_path / "s")] == ["0", "1"]


def test_a_folder_named_by_overrides_can_be_repeated(command: Command, tmp_path: Path) -> None:
    where = ["hydra.sweep.dir=s", "hydra.sweep.subdir=${hydra.job.override_dirname}"]
    assert command("-m", "seed=0,1", "epochs=2", *where).returncode == 0
    folder = "s/epochs=2,seed=1"
    for path in (["--config-path", f"{folder}/.hydra"], [f"--config-path={folder}/.hydra"]):
        name = f"hydra.run.dir=again{len(path)}"
        assert command(*path, "--config-name", "config", name).returncode == 0
        again = tmp_path / f"again{len(path)}" / "history.csv"
        assert again.read_bytes() == (tmp_path / folder / "history.csv").read_bytes()


def test_a_sweep_of_another_launcher_goes_on_in_the_same_columns(command: Command, tmp_path: Path) -> None:
    arguments = ["-m", "learning_rate=0.05,50", "epochs=60", "hydra.sweep.dir=s"]
    assert command(*arguments, "hydra/launcher=basic").returncode == 0
    before = lines(tmp_path / "s")
    assert command(*arguments, "hydra.launcher.resume=true").returncode == 0
    assert lines(tmp_path / "s") == before


def test_a_resumption_that_is_refused_leaves_the_table(command: Command, tmp_path: Path) -> None:
    preset = tmp_path / "mine" / "experiment" / "one.yaml"
    preset.parent.mkdir(parents=True)
    preset.write_text("# @package _global_\nepochs: 3\n")
    arguments = ["--config-dir", "mine", "-m", "experiment=one", "seed=0,1", "hydra.sweep.dir=s"]
    assert command(*arguments).returncode == 0
    (tmp_path / "s" / "0" / "summary.csv").rename(tmp_path / "s" / "0" / "error.txt")  # as if it had failed
    before = (tmp_path / "s" / "runs.csv").read_bytes()
    preset.write_text("# @package _global_\nepochs: 4\n")
    done = command(*arguments, "hydra.launcher.resume=true")
    assert done.returncode == 1
    assert "there: epochs: 3" in done.stderr
    assert (tmp_path / "s" / "runs.csv").read_bytes() == before
    assert (tmp_path / "s" / "0" / "error.txt").exists()
