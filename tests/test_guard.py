"""Folders are claimed: nothing of others is removed or written over, and nobody joins one at work."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from making_sweeps import lines
from omegaconf import OmegaConf
from processes import Command, interruptible

from runner import guard
from runner.records.locks import held

MINE = {"film.mkv.part": b"film", "parameters.csv": b"mine", "error.txt": b"mine", "summary.csv.1f.part": b""}


def put(folder: Path, names: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in names.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    "arguments",
    [
        ["hydra.run.dir=s"],
        ["hydra.run.dir=.", "hydra.job.chdir=true"],
        ["hydra.run.dir=s", "hydra.output_subdir=null"],
        ["-m", "seed=0,1", "hydra.sweep.dir=s"],
        ["-m", "seed=0,1", "hydra.sweep.dir=s", "hydra/launcher=basic", "hydra/sweeper=basic"],
        ["-m", "seed=0,1", "hydra.sweep.dir=s", "hydra.launcher.resume=true"],
        ["-m", "seed=0,1", "hydra.sweep.dir=.", "hydra.launcher.resume=true"],
    ],
    ids=" ".join,
)
def test_others_files_are_left_alone(arguments: list[str], command: Command, tmp_path: Path) -> None:
    put(tmp_path / "s", MINE)
    before = files(tmp_path)
    done = command("epochs=2", *arguments)
    assert done.returncode == 1
    assert "must be a new or an empty folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(tmp_path) == before


@pytest.mark.parametrize("launcher", ["vectorized", "basic"])
def test_others_files_in_a_jobs_folder_are_left_alone(
    launcher: str, command: Command, tmp_path: Path
) -> None:
    put(tmp_path / "s" / "1", MINE)
    done = command("-m", "seed=0,1", "epochs=2", "hydra.sweep.dir=s", f"hydra/launcher={launcher}")
    assert done.returncode == 1
    assert "it holds 1" in done.stderr
    assert files(tmp_path / "s" / "1") == MINE
    assert not (tmp_path / "s" / "multirun.yaml").exists()


def test_a_resumption_leaves_others_files_alone(command: Command, tmp_path: Path) -> None:
    sweep = ["-m", "seed=0,1,2", "epochs=2", "hydra.sweep.dir=s", "hydra.launcher.resume=true"]
    assert command(*sweep).returncode == 0
    for name in ("summary.csv", "parameters.csv"):
        (tmp_path / "s" / "1" / name).unlink()
    others = {"film.mkv.part": b"film", "notes.txt": b"mine"}
    put(tmp_path / "s", others)
    put(tmp_path / "s" / "1", {**others, "history.csv.1f.part": b"of a process that was killed"})
    assert command(*sweep).returncode == 0
    names = {path.name for path in (tmp_path / "s" / "1").iterdir()}
    assert names == {".hydra", "about.yaml", "history.csv", "parameters.csv", "summary.csv", *others}
    assert others.items() <= files(tmp_path / "s").items()

    shutil.rmtree(tmp_path / "s" / "2")
    put(tmp_path / "s" / "2", MINE)
    done = command(*sweep)
    assert done.returncode == 1
    assert "s/2: must be a new or an empty folder; it holds error.txt, film.mkv.part" in done.stderr
    assert files(tmp_path / "s" / "2") == MINE


def test_a_jobs_folder_is_inside_its_sweeps(command: Command, tmp_path: Path) -> None:
    done = command("-m", "seed=0,1", "epochs=2", "hydra.sweep.dir=s", f"hydra.sweep.subdir={tmp_path}/x")
    assert done.returncode == 1
    assert "must be inside hydra.sweep.dir" in done.stderr
    assert not files(tmp_path)


def test_what_stands_in_nobodys_way(command: Command, tmp_path: Path) -> None:
    """Hidden files of the system's, and what a try of ours has left that came to nothing."""
    put(tmp_path / "run", {".DS_Store": b"", ".gitkeep": b""})
    assert command("learning_rate=-1", "hydra.run.dir=run").returncode == 1
    put(tmp_path / "run", {"history.csv.1f.part": b""})
    assert command("epochs=1", "hydra.run.dir=run").returncode == 0
    assert sorted(name for name in files(tmp_path / "run") if "/" not in name) == [
        ".DS_Store", ".gitkeep", "about.yaml", "history.csv", "parameters.csv", "summary.csv"]  # fmt: skip


@pytest.mark.parametrize("more", [{"notes.txt": b"mine"}, {"runs/1/history.csv": b""}])
def test_a_try_of_ours_with_more_in_it_is_refused(
    more: dict[str, bytes], command: Command, tmp_path: Path
) -> None:
    assert command("learning_rate=-1", "hydra.run.dir=run").returncode == 1
    put(tmp_path / "run", more)
    before = files(tmp_path)
    assert command("epochs=1", "hydra.run.dir=run").returncode == 1
    assert files(tmp_path) == before


def test_another_applications_record_is_not_ours(command: Command, tmp_path: Path) -> None:
    put(tmp_path / "run", {".hydra/config.yaml": b"a: 1\n", ".hydra/hydra.yaml": b"hydra: {}\n"})
    before = files(tmp_path)
    done = command("epochs=1", "hydra.run.dir=run")
    assert done.returncode == 1
    assert "it holds .hydra" in done.stderr
    assert files(tmp_path) == before


@pytest.mark.skipif(os.name != "posix", reason="processes are stopped as POSIX has it")
def test_a_run_under_way_is_left_alone(command: Command, tmp_path: Path) -> None:
    """Another run, or a sweep around it, is refused before it writes anything."""
    call = [sys.executable, "-m", "runner", "epochs=4000", "hydra.run.dir=s/1"]
    with subprocess.Popen(call, cwd=tmp_path, stdout=subprocess.DEVNULL) as first:
        while not (tmp_path / "s/1/.hydra/overrides.yaml").exists():
            assert first.poll() is None
            time.sleep(0.005)
        first.send_signal(signal.SIGSTOP)  # it is at work, and takes no time from the others
        others = [["hydra.run.dir=s/1"], ["-m", "seed=0,1", "hydra.sweep.dir=s"],
                  ["-m", "seed=0,1", "hydra.sweep.dir=s", "hydra.launcher.resume=true"]]  # fmt: skip
        for arguments in others:
            done = command("epochs=1", *arguments)
            assert done.returncode == 1
            assert first.poll() is None, "it has ended too soon to tell anything"
            assert "s/1: another process is at work in it" in done.stderr
        first.send_signal(signal.SIGCONT)
        assert first.wait() == 0
    assert (tmp_path / "s/1/history.csv").read_bytes().count(b"\n") == 4_002
    assert "epochs: 4000" in (tmp_path / "s/1/.hydra/config.yaml").read_text()
    assert os.listdir(tmp_path / "s") == ["1"]


@pytest.mark.parametrize("given", [["hydra.run.dir=s"], ["-m", "seed=0,1", "hydra.sweep.dir=s"]])
def test_who_is_refused_for_a_lock_has_written_nothing(
    given: list[str], command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    with held(folder):
        before = folder.stat().st_mtime_ns
        done = command("epochs=1", *given)
        assert folder.stat().st_mtime_ns == before
    assert done.returncode == 1
    assert "s: another process is at work in it" in done.stderr


def test_a_file_is_no_folder(command: Command, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("mine")
    done = command("epochs=1", "hydra.run.dir=s")
    assert done.returncode == 1
    assert done.stderr == "hydra.run.dir=s: File exists\n"


@pytest.mark.skipif(os.name != "posix", reason="interrupts are sent as POSIX has them")
def test_a_sweep_of_hydras_own_that_is_interrupted_has_a_table(tmp_path: Path) -> None:
    """Nobody tells the guard of such an end: it finds it by itself."""
    long = ["-m", "seed=range(0,9)", "network=dense", "data=moons", "epochs=6000", "log.every=100"]
    hydras = ["hydra/sweeper=basic", "hydra/launcher=basic"]
    with interruptible([*long, *hydras, "hydra.sweep.dir=s"], tmp_path) as running:
        while not (tmp_path / "s/0/summary.csv").exists():
            assert running.poll() is None
            time.sleep(0.005)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (130, "interrupted\n")
    statuses = {line["run"]: line["status"] for line in lines(tmp_path / "s")}
    assert statuses["0"] == "completed"
    assert len(statuses) < 9


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("odd"), "hydra.run.dir=there: KeyError: 'odd'"),
        (PermissionError(13, "Permission denied"), "hydra.run.dir=there: Permission denied"),
        (ValueError("embedded null byte"), "hydra.run.dir=there: ValueError: embedded null byte"),
        (MemoryError(), "hydra.run.dir=there: MemoryError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_is_wrong_with_a_folder_ends_the_command(
    error: Exception, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hydra would turn it into a warning, and write into the folder all the same."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(guard, "held", fail)
    hydra = {"run": {"dir": "there"}, "overrides": {"hydra": ["hydra.run.dir=there"]}}
    config = OmegaConf.create({"hydra": hydra})
    with pytest.raises(guard.FolderTakenError, match=re.escape(words)):
        guard.FolderGuard().on_run_start(config)
