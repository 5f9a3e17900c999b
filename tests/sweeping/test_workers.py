"""Workers: that they may die, and what they are handed."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from comparing import bits_of_a_run
from forked import Forks
from processes import Command

from runner import load
from runner.records.lines import Line
from runner.records.machine import machine
from runner.sweeping.workers import Ledger
from runner.training.experiment import Experiment
from runner.work import Work

# Seconds of training in several stacks, few rows: there is time to do something in the middle of it.
RATES = ["-m", "learning_rate=tag(log,interval(1e-4,10))", "hydra.sweeper.points=120"]
RATES += ["epochs=6000", "log.every=120"]
SMALL_STACKS = ["hydra.launcher.max_memory=1MiB"]
ALONE = ["hydra.launcher.n_jobs=1"]


def statuses(sweep: Path) -> list[str]:
    lines = (sweep / "runs.csv").read_text().splitlines()[1:]
    return [line.split(",")[2] for line in lines]


def histories(sweep: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sweep.glob("*/history.csv")}


@pytest.fixture(scope="module")
def alone(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The histories of the sweep without workers."""
    folder = tmp_path_factory.mktemp("alone")
    assert forks.run((*RATES, "hydra.sweep.dir=s", *ALONE), folder, timeout=120).returncode == 0
    return histories(folder / "s")


def finished(sweep: Path) -> int:
    return len(list(sweep.glob("*/summary.csv")))


def wait_for_some(sweep: Path, process: subprocess.Popen[str]) -> None:
    """Until runs are done, and not all of them."""
    while not finished(sweep):
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    assert finished(sweep) < 120


def test_a_worker_on_another_machine_is_noticed_once(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger([[Work(Line(0, {}), "", load())]] * 3)
    for (number, _), made_on in zip(ledger.hand_out(), [machine(), *[b"blas: mkl\n"] * 2], strict=True):
        ledger.take_back(number, [], made_on)
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("a worker's machine is another than this one: blas mkl there, ")


#: The command where nothing may be forked.
WITHOUT_FORKS = """
import sys
from runner.__main__ import main
from runner.sweeping import workers
workers.may_fork = lambda: False
main()
"""


@contextmanager
def started(
    tmp_path: Path, *arguments: str, command: Sequence[str] = ("-m", "runner")
) -> Iterator[subprocess.Popen[str]]:
    sweep = subprocess.Popen(
        [sys.executable, *command, *RATES, *SMALL_STACKS, "hydra.sweep.dir=s", *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with sweep:
        try:
            yield sweep
        finally:
            sweep.kill()


#: What stands in the command line of a backend's workers.
WORKERS = {"fork": "runner", "loky": "popen_loky", "ray": "ray::PoolActor"}


def workers_of(pid: int, backend: str) -> list[int]:
    """The processes that a backend started for the process `pid`."""
    children = psutil.Process(pid).children(recursive=True)
    return [child.pid for child in children if _has_word(child, WORKERS[backend])]


def _has_word(process: psutil.Process, word: str) -> bool:
    try:
        return any(word in argument for argument in process.cmdline())
    except psutil.Error:  # gone since it was listed
        return False


#: The one for all systems is where forks are not.
LOKY = pytest.param("loky", marks=pytest.mark.thorough) if sys.platform == "linux" else "loky"


@pytest.mark.parametrize("backend", ["fork", LOKY, "ray"])
def test_a_killed_process_is_replaced(backend: str, tmp_path: Path, alone: dict[str, bytes]) -> None:
    if backend == "ray":
        pytest.importorskip("ray")
    if backend == "fork" and sys.platform != "linux":
        pytest.skip("forks are Linux's")
    name = "loky" if backend == "fork" else backend
    command = ("-c", WITHOUT_FORKS) if backend == "loky" else ("-m", "runner")
    settings = ["hydra.launcher.n_jobs=2", f"hydra.launcher.backend={name}"]
    with started(tmp_path, *settings, command=command) as sweep:
        while not (workers := workers_of(sweep.pid, backend)):
            assert sweep.poll() is None, sweep.communicate()
        wait_for_some(tmp_path / "s", sweep)
        os.kill(workers[0], signal.SIGKILL)
        _, errors = sweep.communicate(timeout=60)
    assert sweep.returncode == 0, errors
    assert set(statuses(tmp_path / "s")) == {"completed", "diverged"}
    assert histories(tmp_path / "s") == alone
    assert not list((tmp_path / "s").rglob("*.part"))


class Cluster:
    """A dask scheduler and two workers, processes of their own on the loopback address."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        common = ["--scheduler-file", str(self.file), "--no-dashboard"]
        address = ["--host", "127.0.0.1"]
        self.scheduler = self._start("scheduler", *address, "--port", "0", *common)
        while not self.file.exists() or not self.file.read_text():
            assert self.scheduler.poll() is None
            time.sleep(0.02)
        single = ["--nworkers", "1", "--nthreads", "1", "--no-nanny"]
        self.workers = [self._start("worker", *address, *single, *common) for _ in range(2)]
        self.address = json.loads(self.file.read_text())["address"]

    @staticmethod
    def _start(kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        call = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments]
        return subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    made = Cluster(tmp_path)
    yield made
    made.stop()


@pytest.mark.thorough
@bits_of_a_run
def test_as_many_workers_as_the_work_pays_for(
    command: Command, tmp_path: Path, alone: dict[str, bytes]
) -> None:
    assert command(*RATES, "hydra.sweep.dir=s").returncode == 0
    assert histories(tmp_path / "s") == alone


@pytest.mark.thorough
def test_a_killed_worker_of_a_cluster_is_done_without(
    tmp_path: Path, cluster: Cluster, alone: dict[str, bytes]
) -> None:
    with started(
        tmp_path, "hydra.launcher.backend=dask", f"hydra.launcher.address={cluster.address}"
    ) as sweep:
        wait_for_some(tmp_path / "s", sweep)
        cluster.workers[0].kill()
        _, errors = sweep.communicate(timeout=90)
    assert sweep.returncode == 0, errors
    assert len(statuses(tmp_path / "s")) == 120
    assert histories(tmp_path / "s") == alone
    assert not list((tmp_path / "s").rglob("*.part"))


def test_no_scheduler_at_the_address(command: Command) -> None:
    pytest.importorskip("distributed")
    done = command(*RATES, "hydra.launcher.backend=dask", "hydra.launcher.address=tcp://127.0.0.1:9")
    assert done.returncode == 1
    assert "no scheduler answers" in done.stderr
    assert "Traceback" not in done.stderr


def test_workers_get_no_hydra(seed: Experiment) -> None:
    """What travels to a worker is read there without Hydra, OmegaConf or joblib."""
    from runner.records.job_files import JobFiles, Template, Text
    from runner.records.lines import Line
    from runner.work import Work

    texts = (Text(("a: ", "\n"), ("a",)), Text(("",)), Text(("",)))
    files = JobFiles(Template(".hydra", texts, ("a",)), 0, ["a=1"], [1])
    work = Work(Line(0, {"a": 1}), "nowhere", seed, files)
    script = (
        "import pickle, sys; work = pickle.load(sys.stdin.buffer); "
        "from runner.work import run_stack; "
        "print([m for m in ('hydra', 'omegaconf', 'joblib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(work), capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == "[]"


@pytest.fixture
def seed() -> Experiment:
    return load()
