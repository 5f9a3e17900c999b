"""Figures shared out among processes: nobody can tell, and what is forked ends."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from making_sweeps import make_sweep

from runner.figures import sharing
from runner.results import Results

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are Linux's")

COARSE = Path(__file__).with_name("coarse.mplstyle")
ONLY = ("learning_rates", "learning_curves", "effect", "heatmap", "network")
#: A command on a machine of so many processors; what is forked notes its number in a file as it draws.
COMMAND = """
import os, signal, sys, time
from importlib import import_module
_, command, cores, happens, *sys.argv[1:] = sys.argv
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
main = import_module(f"{command}.__main__").main
from runner.figures import drawing, sharing
sharing.cores = lambda: int(cores)
rendered, parent = drawing._rendered, os.getpid()
def noted(results, name, *more):
    if os.getpid() != parent:
        with open("forked", "a") as f:
            f.write(f"{os.getpid()}\\n")
        if name == "network" and happens == "death":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "network" and happens == "interrupt":
            os.kill(parent, signal.SIGINT)
            time.sleep(60)
    return rendered(results, name, *more)
drawing._rendered = noted
main()
"""


def drawn(
    folder: Path,
    cwd: Path,
    cores: int,
    *,
    command: str = "runner.figures",
    out: str = "out",
    happens: str = "",
) -> tuple[int, str, str]:
    """How a command ends, and what it says; in a process of its own, as this one may have threads."""
    cwd.mkdir(exist_ok=True)
    words = [command, str(cores), happens, str(folder), "--out", out, "--style", str(COARSE), "--only", *ONLY]
    call = [sys.executable, "-W", "error", "-c", COMMAND, *words]
    done = subprocess.run(call, cwd=cwd, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def forked_in(cwd: Path) -> set[int]:
    """The processes that drew for another."""
    return set(map(int, (cwd / "forked").read_text().split())) if (cwd / "forked").exists() else set()


def whole(sweep: Path) -> str:
    return "out"


def with_a_faulty_history(sweep: Path) -> str:
    path = sweep / "1" / "history.csv"
    path.write_text(path.read_text().replace("\n7,", "\n7,x", 1))
    return "out"


def with_nowhere_to_write(sweep: Path) -> str:
    return str(sweep / "runs.csv")


@pytest.mark.parametrize(
    ("command", "prepare"),
    [
        ("runner.figures", whole),
        ("runner.figures", with_a_faulty_history),
        ("runner.figures", with_nowhere_to_write),
        pytest.param("runner.report", whole, marks=pytest.mark.thorough),
    ],
)
def test_two_processes_write_and_say_what_one_does(
    rates: Path, tmp_path: Path, command: str, prepare: Callable[[Path], str]
) -> None:
    sweep = tmp_path / "s"
    shutil.copytree(rates, sweep)
    out = prepare(sweep)
    by_one, by_two = (drawn(sweep, tmp_path / str(n), n, command=command, out=out) for n in (1, 2))
    assert by_one == by_two
    assert not forked_in(tmp_path / "1")
    assert len(forked_in(tmp_path / "2")) == 2
    files = [sorted(path.relative_to(tmp_path / n) for path in tmp_path.glob(f"{n}/out/**/*")) for n in "12"]
    assert files[0] == files[1]
    assert bool(files[0]) == (prepare is not with_nowhere_to_write)
    for path in files[0]:
        one, two = (tmp_path / n / path for n in "12")
        assert one.is_dir() or one.read_bytes() == two.read_bytes(), path


def test_a_process_that_is_killed_is_an_error_in_a_line(rates: Path, tmp_path: Path) -> None:
    code, _, said = drawn(rates, tmp_path, 2, happens="death")
    assert code == 1
    assert said.splitlines()[-1].startswith(
        "a process that was drawing has been killed; where memory is short"
    )
    assert "Traceback" not in said


def test_an_interrupt_ends_all_of_them(rates: Path, tmp_path: Path) -> None:
    code, _, said = drawn(rates, tmp_path, 2, happens="interrupt")
    assert (code, said.splitlines()[-1]) == (130, "interrupted")
    left = [process for process in forked_in(tmp_path) if Path("/proc", str(process)).exists()]
    assert not left
    assert not list(tmp_path.glob("out/.*"))


def test_figures_are_shared_where_that_helps(
    rates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "may_fork", lambda: True)
    monkeypatch.setattr(sharing, "cores", lambda: 8)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    results = Results(rates)
    assert sharing.processes(results) == sharing.processes(results, ONLY) == 2
    assert sharing.processes(results, ["learning_rates", "learning_curves"]) == 1  # they read the same
    without_folders = make_sweep(tmp_path / "s", {"learning_rate": [0.1, 0.2]}, ["epochs=3"], store="table")
    assert sharing.processes(Results(without_folders)) == 1
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    assert sharing.processes(results) == 1
    monkeypatch.delenv("HYDRA_FULL_ERROR")
    monkeypatch.setattr(sharing, "cores", lambda: 1)
    assert sharing.processes(results) == 1
