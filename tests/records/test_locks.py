"""Locks of folders: those of runs, and of the sweeps around them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import RunnerError
from runner.guard import refuse_others
from runner.records import locks
from runner.records.locks import held


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
    sweep, one, two = tmp_path / "s", tmp_path / "s" / "0", tmp_path / "s" / "1"
    for folder in (one, two):
        folder.mkdir(parents=True)
    (sweep / "multirun.yaml").touch()
    with held(sweep), pytest.raises(RunnerError, match="another process"), held(one):
        pass
    with held(one), held(two), pytest.raises(RunnerError, match="another process"), held(one):
        pass
    with held(one):
        pass
    assert {path.name for path in tmp_path.rglob("*")} == {"s", "0", "1", "multirun.yaml"}
