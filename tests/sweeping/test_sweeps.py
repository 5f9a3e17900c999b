"""Sweeps as a user runs them: their bytes, tables, failures, interruptions and resumptions."""

from __future__ import annotations

import csv
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from comparing import bits_of_a_run
from forked import Forks
from making_sweeps import lines
from omegaconf import OmegaConf
from processes import Command, interruptible

# Sizes, data, optimizers, seeds and diverging rates together: many stacks, some of one run.
MIXED = [
    "-m",
    "network=dense",
    "network.hidden=[3],[2,4]",
    "data=xor,circles",
    "++data.noise=0.1",  # Hydra composes a sweep over data with the default set first
    "optimizer=sgd,adam",
    "learning_rate=0.1,30",
    "seed=0,1",
    "epochs=12",
    "batch_size=3",
    "network.activation=relu",
]
MIXED_RUNS = 32
RATES = ["-m", "learning_rate=tag(log,interval(1e-4,10))", "hydra.sweeper.points=150"]


def histories(sweep: Path) -> dict[str, bytes]:
    names = ("history.csv", "parameters.csv")
    return {str(p.relative_to(sweep)): p.read_bytes() for name in names for p in sweep.glob(f"*/{name}")}


def sweep_by(forks: Forks, folder: Path, *launcher: str) -> Path:
    done = forks.run((*MIXED, "hydra.sweep.dir=sweep", *launcher), folder, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "sweep"


@pytest.fixture(scope="module")
def mixed(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mixed sweep under the default launcher."""
    return sweep_by(forks, tmp_path_factory.mktemp("mixed"))


@pytest.fixture(scope="module")
def by_hydra(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mixed sweep under Hydra's own launcher and sweeper: every job composed and run by itself."""
    return sweep_by(forks, tmp_path_factory.mktemp("basic"), "hydra/launcher=basic", "hydra/sweeper=basic")


@bits_of_a_run
@pytest.mark.parametrize(
    "launcher",
    [
        pytest.param(["hydra.launcher.n_jobs=1"], marks=pytest.mark.thorough),
        ["hydra.launcher.n_jobs=2"],
        ["hydra.launcher.n_jobs=2", "hydra.launcher.backend=threading"],
        pytest.param(["hydra.launcher.n_jobs=2", "hydra.launcher.backend=dask"], marks=pytest.mark.thorough),
        ["hydra.launcher.n_jobs=2", "hydra.launcher.backend=ray"],
        pytest.param(
            [
                "hydra.launcher.n_jobs=2",
                "hydra.launcher.backend=submitit",
                "hydra.launcher.submitit={cluster: local}",
            ],
            marks=pytest.mark.thorough,
        ),
        ["hydra.launcher.max_memory=1MiB"],
        ["hydra.sweeper.max_batch_size=5"],
    ],
    ids=lambda launcher: " ".join(launcher),
)
def test_same_bytes_however_it_is_run(launcher: list[str], mixed: Path, forks: Forks, tmp_path: Path) -> None:
    for backend, package in {"dask": "distributed", "ray": "ray", "submitit": "submitit"}.items():
        if f"hydra.launcher.backend={backend}" in launcher:
            pytest.importorskip(package)
    are_alike(sweep_by(forks, tmp_path, *launcher), mixed)


def are_alike(sweep: Path, mixed: Path) -> None:
    """Byte for byte, and line for line."""
    assert histories(sweep) == histories(mixed)
    assert len(histories(mixed)) == 2 * MIXED_RUNS
    ours, theirs = ([{k: v for k, v in line.items() if k != "seconds"} for line in lines(folder)]
                    for folder in (sweep, mixed))  # fmt: skip
    assert ours == theirs


@bits_of_a_run
def test_same_bytes_alone(mixed: Path, command: Command, tmp_path: Path) -> None:
    for number in (0, 13, 31):
        overrides = (mixed / str(number) / ".hydra" / "overrides.yaml").read_text().splitlines()
        done = command(*(line.removeprefix("- ") for line in overrides), f"hydra.run.dir=alone{number}")
        assert done.returncode == 0, done.stderr
        alone = (tmp_path / f"alone{number}" / "history.csv").read_bytes()
        assert alone == (mixed / str(number) / "history.csv").read_bytes()


def test_the_table_tells_the_runs(mixed: Path) -> None:
    table = lines(mixed)
    assert [line["run"] for line in table] == [str(i) for i in range(MIXED_RUNS)]
    swept = ["network.hidden", "data", "optimizer", "learning_rate", "seed"]
    assert list(table[0])[: len(swept) + 2] == ["run", *swept, "status"]
    assert list(table[0])[-2:] == ["seconds", "directory"]
    assert {line["status"] for line in table} == {"completed", "diverged"}
    for line in table:
        with open(mixed / line["directory"] / "history.csv", newline="") as f:
            rows = list(csv.DictReader(f))
        errors = [float(row["error"]) for row in rows]
        assert float(line["initial_error"]) == errors[0]
        assert float(line["final_error"]) == errors[-1]
        assert float(line["best_error"]) == min(errors)
        assert int(line["best_epoch"]) == errors.index(min(errors))
        assert line["epochs"] == rows[-1]["epoch"]
        assert line["accuracy"] == rows[-1]["accuracy"]
        with open(mixed / line["directory"] / "summary.csv", newline="") as f:
            (own,) = csv.DictReader(f)
        assert {name: own[name] for name in line} == line
        files = ["history.csv", "parameters.csv", "about.yaml"]
        assert list(own)[len(line) :] == ["rows", "final_epoch", "final_update", *files]
        assert own["final_epoch"] == line["epochs"]
        assert int(own["rows"]) == len(rows)


@pytest.mark.thorough
@bits_of_a_run
def test_hydra_would_write_the_same_files(mixed: Path, by_hydra: Path) -> None:
    are_alike(by_hydra, mixed)
    for number in range(MIXED_RUNS):
        for name in ("config.yaml", "overrides.yaml"):
            ours = (mixed / str(number) / ".hydra" / name).read_text()
            assert ours == (by_hydra / str(number) / ".hydra" / name).read_text()


def test_the_table_is_rebuilt_from_the_folders(mixed: Path) -> None:
    from runner.records.runs_table import RunsTable

    before = (mixed / "runs.csv").read_bytes()
    (mixed / "runs.csv").unlink()
    RunsTable.now(mixed).write()
    assert (mixed / "runs.csv").read_bytes() == before


@pytest.mark.parametrize("launcher", ["vectorized", pytest.param("basic", marks=pytest.mark.thorough)])
def test_swept_epochs_stand_beside_those_reached(launcher: str, command: Command, tmp_path: Path) -> None:
    done = command(
        "-m", "epochs=5,9", "learning_rate=0.1,1e3", "hydra.sweep.dir=s", f"hydra/launcher={launcher}"
    )
    assert done.returncode == 0, done.stderr
    table = lines(tmp_path / "s")
    assert [line["epochs"] for line in table] == ["5", "5", "9", "9"]
    assert [line["status"] for line in table] == ["completed", "diverged"] * 2
    assert table[0]["epochs_reached"] == "5"
    assert int(table[1]["epochs_reached"]) < 5


def test_a_choice_that_does_not_exist_runs_nothing(command: Command, tmp_path: Path) -> None:
    done = command("-m", "network=dense,dens", "hydra.sweep.dir=s")
    assert done.returncode == 1
    assert "did you mean 'dense'?" in done.stderr
    assert not list((tmp_path / "s").glob("*/history.csv"))


def test_killed_at_random_moments_and_resumed(command: Command, tmp_path: Path) -> None:
    rates = [*RATES, "epochs=1000"]
    assert command(*rates, "hydra.sweep.dir=whole").returncode == 0
    arguments = [
        *rates,
        "hydra.sweep.dir=killed",
        "hydra.launcher.resume=true",
        "hydra.launcher.max_memory=1MiB",
    ]
    rng = random.Random(0)
    for _ in range(3):
        running = subprocess.Popen(
            [sys.executable, "-m", "runner", *arguments],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        done = len(list((tmp_path / "killed").glob("*/summary.csv")))
        while running.poll() is None and time.monotonic() < deadline:  # until it has done a little more
            if len(list((tmp_path / "killed").glob("*/summary.csv"))) > done + rng.randrange(30):
                break
            time.sleep(rng.random() / 50)
        running.send_signal(signal.SIGKILL)
        running.wait()
    finished = {p: p.stat().st_mtime_ns for p in (tmp_path / "killed").glob("*/summary.csv")}
    assert command(*arguments).returncode == 0
    assert histories(tmp_path / "killed") == histories(tmp_path / "whole")
    assert all(path.stat().st_mtime_ns == before for path, before in finished.items())  # not done twice
    assert not list((tmp_path / "killed").rglob("*.part"))
    without = [{k: v for k, v in line.items() if k != "seconds"} for line in lines(tmp_path / "killed")]
    assert without == [{k: v for k, v in x.items() if k != "seconds"} for x in lines(tmp_path / "whole")]


def test_interrupted_leaves_a_folder_to_go_on_with(command: Command, tmp_path: Path) -> None:
    # Seconds of training in several stacks: the first have ended long before the last.
    arguments = [
        *RATES,
        "epochs=12000",
        "log.every=120",
        "hydra.sweep.dir=s",
        "hydra.launcher.max_memory=1MiB",
    ]
    with interruptible(arguments, tmp_path) as running:
        while running.poll() is None and not list((tmp_path / "s").glob("*/summary.csv")):
            time.sleep(0.005)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in errors
    assert "hydra.sweep.dir=s hydra.launcher.resume=true" in errors
    table = lines(tmp_path / "s")
    assert len(table) == 150
    assert not list((tmp_path / "s").rglob("*.part"))
    left = [line for line in table if line["status"] == "interrupted"]
    begun = {line["run"] for line in left if line["epochs"]}  # those in training, which go on from there
    saved = {line["run"] for line in table if line not in left} | begun
    for name in ("history.csv", "parameters.csv", "summary.csv"):
        assert {path.parent.name for path in (tmp_path / "s").glob(f"*/{name}")} == saved
    assert {path.parent.name for path in (tmp_path / "s").glob("*/checkpoint.npy")} == begun
    assert f"{150 - len(left)} of 150 runs are done" in errors
    assert (f", {len(begun)} are kept as far as they were" in errors) == bool(begun)
    assert command(*arguments, "hydra.launcher.resume=true").returncode == 0
    assert {line["status"] for line in lines(tmp_path / "s")} == {"completed", "diverged"}


def test_what_is_not_swept_is_no_column(command: Command, tmp_path: Path) -> None:
    fixed = ["log.weights=true", "optimizer=sgd", "++optimizer.momentum=0.90"]
    assert command("-m", "learning_rate=0.1,0.2", *fixed, "hydra.sweep.dir=s").returncode == 0
    assert list(lines(tmp_path / "s")[0])[:3] == ["run", "learning_rate", "status"]


# Two sizes, each with weights and biases of its own, and a seed that changes nothing.
SIZED = [
    "-m",
    "network.hidden=[1],[2]",
    "network.biases=[[0.1],[0.2]],[[0.3,0.4],[0.5]]",
    "seed=1,2",
    "network.weights=[[[1,2]],[[3]]],{init:constant,value:0.25}",
    "epochs=1",
    "hydra.sweep.dir=s",
]


@pytest.mark.parametrize("more", ["hydra.sweeper.max_batch_size=3", "hydra/launcher=basic"])
def test_values_swept_together_are_those_of_the_table(more: str, command: Command, tmp_path: Path) -> None:
    together = "hydra.sweeper.zip=[[network.hidden,network.weights,network.biases]]"
    done = command(*SIZED, together, more)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    table = lines(tmp_path / "s")
    assert list(table[0])[:6] == [
        "run",
        "network.hidden",
        "network.biases",
        "seed",
        "network.weights",
        "status",
    ]
    assert [line["network.biases"] for line in table] == [*["[[0.1],[0.2]]"] * 2, *["[[0.3,0.4],[0.5]]"] * 2]
    initial = []
    for line in table:
        with open(tmp_path / "s" / line["directory"] / "history.csv", newline="") as f:
            initial.append({k: float(v) for k, v in next(csv.DictReader(f)).items() if k[0] in "wb"})
    small = {"w1": 1.0, "w2": 2.0, "w3": 3.0, "b1": 0.1, "b2": 0.2}
    large = {**{f"w{i}": 0.25 for i in range(1, 7)}, "b1": 0.3, "b2": 0.4, "b3": 0.5}
    assert initial == [small, small, large, large]


def test_weights_swept_in_a_preset(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    (tmp_path / "mine" / "experiment" / "kinds.yaml").write_text(
        "# @package _global_\nepochs: 1\nhydra:\n  mode: MULTIRUN\n  sweep: {dir: s}\n  sweeper:\n"
        "    params:\n      network.weights: '[[[1,2],[3,4]],[[5,6]]],{init:constant,value:2},zeros'\n"
    )
    done = command("--config-dir", "mine", "experiment=kinds")
    assert done.returncode == 0, done.stderr
    initial = []
    for folder in "012":
        with open(tmp_path / "s" / folder / "history.csv", newline="") as f:
            initial.append([float(v) for k, v in next(csv.DictReader(f)).items() if k[0] == "w"])
    assert initial == [[1, 2, 3, 4, 5, 6], [2] * 6, [0] * 6]


@pytest.mark.parametrize(
    ("more", "launcher", "sweeper"),
    [
        ([], "BasicLauncher", "BasicSweeper"),
        (["hydra/launcher=vectorized"], "VectorizedLauncher", "BasicSweeper"),
        (["hydra/sweeper=grid"], "BasicLauncher", "GridSweeper"),
    ],
)
def test_a_preset_chooses_of_hydras_own_and_the_command_line_before_it(
    more: list[str], launcher: str, sweeper: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    (tmp_path / "mine" / "experiment" / "plain.yaml").write_text(
        "# @package _global_\ndefaults:\n"
        "- override /hydra/launcher: basic\n- override /hydra/sweeper: basic\n"
        "- override /hydra/job_logging: none\nepochs: 1\n"
    )
    done = command("-m", "--config-dir", "mine", "experiment=plain", "seed=1,2", "hydra.sweep.dir=s", *more)
    assert done.returncode == 0, done.stderr
    assert len(lines(tmp_path / "s")) == 2
    used = OmegaConf.load(tmp_path / "s" / "multirun.yaml").hydra
    assert used.launcher._target_.endswith(f".{launcher}")
    assert used.sweeper._target_.endswith(f".{sweeper}")
    assert used.runtime.choices["hydra/job_logging"] == "none"
    assert used.runtime.choices["hydra/help"] == "backprop_runner"  # what nobody chose is ours


def test_hydras_own_sweeper_takes_the_last_weights(command: Command, tmp_path: Path) -> None:
    given = ["network.weights=zeros", "seed=1,2", "++network.weights=[[[1,2],[3,4]],[[5,6]]]", "epochs=1"]
    assert command("-m", *given, "hydra/sweeper=basic", "hydra.sweep.dir=s").returncode == 0
    assert (
        (tmp_path / "s" / "0" / "history.csv")
        .read_text()
        .splitlines()[1]
        .endswith(",1.0,2.0,3.0,4.0,5.0,6.0")
    )


def test_no_column_has_values_that_another_override_replaced(command: Command, tmp_path: Path) -> None:
    assert command("-m", "seed=1,2", "++seed=5", "epochs=1,2", "hydra.sweep.dir=s").returncode == 0
    assert list(lines(tmp_path / "s")[0])[:3] == ["run", "epochs", "status"]


def test_a_failed_run_has_another_try(command: Command, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("x,y\n1,2\n2,oops\n")
    arguments = ["-m", "network=dense", "data=csv", "data.path=data.csv", "data.targets=y", "seed=1,2"]
    arguments += ["data.inputs=[x]", "hydra.sweep.dir=s", "hydra.launcher.resume=true"]
    assert command(*arguments).returncode == 1
    (tmp_path / "data.csv").write_text("x,y\n1,2\n2,3\n")
    assert command(*arguments).returncode == 0
    assert not list((tmp_path / "s").glob("*/error.txt"))


def test_another_sweep_is_not_resumed(command: Command, tmp_path: Path) -> None:
    assert command("-m", "learning_rate=0.1,0.2", "hydra.sweep.dir=s").returncode == 0
    before = histories(tmp_path / "s")
    other = command("-m", "learning_rate=0.1,0.3", "hydra.sweep.dir=s", "hydra.launcher.resume=true")
    assert other.returncode == 1
    assert "learning_rate=0.1,0.2" in other.stderr
    assert "learning_rate=0.1,0.3" in other.stderr
    again = command("-m", "learning_rate=0.1,0.2", "hydra.sweep.dir=s")
    assert again.returncode == 1
    assert "already holds the result of a sweep" in again.stderr
    assert histories(tmp_path / "s") == before


def test_two_sweeps_in_one_second_get_two_folders(tmp_path: Path) -> None:
    call = [sys.executable, "-m", "runner", "-m", "learning_rate=0.1,0.2", "epochs=3"]
    sweeps = [subprocess.Popen(call, cwd=tmp_path, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [sweep.wait() for sweep in sweeps] == [0, 0]
    folders = [path.parent for path in tmp_path.rglob("runs.csv")]
    assert len(folders) == 2
    assert all(len(list(folder.glob("*/history.csv"))) == 2 for folder in folders)


@pytest.mark.parametrize("launcher", ["vectorized", pytest.param("basic", marks=pytest.mark.thorough)])
def test_data_of_fewer_examples_than_a_batch_are_said_once(
    launcher: str, command: Command, tmp_path: Path
) -> None:
    done = command("-m", "network=dense", "data=xor,moons", "batch_size=32,500", "epochs=3",
                   "hydra.sweep.dir=s", f"hydra/launcher={launcher}")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("more than the 4 examples: one batch holds all of them") == 1
    assert done.stderr.count("one batch") == 1
    assert [line["status"] for line in lines(tmp_path / "s")] == ["completed"] * 4
    alone = command("network=dense", "data=xor", "batch_size=32", "epochs=3", "hydra.run.dir=alone")
    assert "batch_size=32 is more than the 4 examples" in alone.stderr
    assert (tmp_path / "alone/history.csv").read_bytes() == (tmp_path / "s/0/history.csv").read_bytes()
