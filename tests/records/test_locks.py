"""Locks of folders: those of runs, and of the sweeps around them."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path, PureWindowsPath

import pytest

from runner.errors import RunnerError
from runner.guard import refuse_others
from runner.records import locks
from runner.records.locks import held, inside


def test_the_lock_of_a_sweep_is_that_of_its_runs(tmp_path: Path) -> None:
    sweep, one, two = tmp_path / "s", tmp_path / "s" / "0", tmp_path / "s" / "of" / "1"
    for folder in (one, two):
        folder.mkdir(parents=True)
    (sweep / "multirun.yaml").touch()
    with held(sweep), pytest.raises(RunnerError, match="another process"), held(one):
        pass
    with held(two, "hydra.run.dir"), held(one):  # runs of their own, each in its folder
        with pytest.raises(RunnerError, match=r"hydra\.sweep\.dir=.*s: another process"), held(sweep):
            pass
        with pytest.raises(RunnerError, match=r"hydra\.sweep\.subdir=.*0: another process"):
            refuse_others(one, ".hydra")
    with held(sweep):
        pass


def test_a_folder_is_free_again_when_it_is_let_go(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(RunnerError, match="another process"), held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_where_folders_cannot_be_locked_a_temporary_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("filelock")
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    sweep, one, two = tmp_path / "s", tmp_path / "s" / "0", tmp_path / "s" / "1"
    for folder in (one, two, tmp_path / "temporary"):
        folder.mkdir(parents=True)
    (sweep / "multirun.yaml").touch()
    with held(sweep), pytest.raises(RunnerError, match="another process"), held(one):
        pass
    with held(one), held(two), pytest.raises(RunnerError, match="another process"), held(one):
        pass
    with held(one):
        pass
    assert {path.name for path in sweep.rglob("*")} == {"0", "1", "multirun.yaml"}
    files = list((tmp_path / "temporary").iterdir())
    assert len(files) == 3
    assert all(re.fullmatch(r"backprop-runner-[0-9a-f]{16}\.lock", file.name) for file in files)


def test_a_lock_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fcntl")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    for folder in (tmp_path / "temporary", tmp_path / "s" / "0"):
        folder.mkdir(parents=True)
    (tmp_path / "s" / "multirun.yaml").touch()
    before = set(tmp_path.rglob("*"))
    with held(tmp_path / "s" / "0"):
        assert set(tmp_path.rglob("*")) == before
    assert set(tmp_path.rglob("*")) == before


def test_a_folder_in_a_sweep_has_slashes_on_windows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inside("/a/s/of/1", "/a/s") == "of/1"
    assert inside("/a/s2/1", "/a/s") == "/a/s2/1"
    monkeypatch.setattr(locks.os, "sep", "\\")
    assert inside("C:\\a\\s\\of\\1", "C:\\a\\s") == "of/1"
    sweep = str(PureWindowsPath("C:\\a", "outputs/s"))  # as a configuration has it, with slashes
    assert inside("C:\\a\\outputs\\s\\0", sweep) == "0"
