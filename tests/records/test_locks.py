"""Locks of folders: those of runs, and of the sweeps around them."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from pathlib import Path, PureWindowsPath

import pytest

from runner.errors import RunnerError
from runner.guard import refuse_others
from runner.records import locks
from runner.records.locks import LOCK, held, inside, remove_empty


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


def test_a_lock_is_a_hidden_file_and_the_last_who_shares_it_removes_it(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    sweep, one, two = tmp_path / "s", tmp_path / "s" / "0", tmp_path / "s" / "1"
    for folder in (one, two):
        folder.mkdir(parents=True)
    (sweep / "multirun.yaml").touch()
    before = set(tmp_path.rglob("*"))
    with held(one):
        with held(two):
            assert {*tmp_path.rglob("*")} - before == {folder / LOCK for folder in (sweep, one, two)}
        assert {*tmp_path.rglob("*")} - before == {folder / LOCK for folder in (sweep, one)}
    assert {*tmp_path.rglob("*")} == before


def test_a_lock_is_opened_for_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As NFS has it: its locks of a range, exclusive ones of what is open for writing alone."""
    fcntl = pytest.importorskip("fcntl")

    def flock(handle: int, how: int) -> None:
        wanted = os.O_RDONLY if how & fcntl.LOCK_SH else os.O_WRONLY
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE not in (wanted, os.O_RDWR):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        as_it_is(handle, how)

    as_it_is = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", flock)
    with held(tmp_path), pytest.raises(RunnerError, match="another process"), held(tmp_path):
        pass


def test_what_was_left_by_who_was_killed_or_removed_by_who_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    as_it_is, path = fcntl.flock, tmp_path / LOCK
    path.touch()  # of a process that was killed
    others = [path]

    def flock(handle: int, how: int) -> None:
        if others:  # let go between our opening the file and our locking it
            others.pop().unlink()
        as_it_is(handle, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with held(tmp_path):
        assert path.exists()
        with pytest.raises(RunnerError, match="another process"), held(tmp_path):
            pass
    assert not path.exists()


def test_a_link_or_a_folder_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fcntl")
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / LOCK).symlink_to(tmp_path / "made")
    with pytest.raises(OSError, match="symbolic links"), held(tmp_path / "s"):
        pass
    assert not (tmp_path / "made").exists()

    def refuse(path: Path, *_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "open", refuse)
    with held(tmp_path):
        pass


def test_an_empty_folder_is_removed_with_its_lock(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full/of").mkdir(parents=True)
    for name in ("empty", "full"):
        with held(tmp_path / name):
            remove_empty(tmp_path / name)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")} == {"full", "full/of"}


def test_a_folder_in_a_sweep_has_slashes_on_windows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inside("/a/s/of/1", "/a/s") == "of/1"
    assert inside("/a/s2/1", "/a/s") == "/a/s2/1"
    monkeypatch.setattr(locks.os, "sep", "\\")
    assert inside("C:\\a\\s\\of\\1", "C:\\a\\s") == "of/1"
    sweep = str(PureWindowsPath("C:\\a", "outputs/s"))  # as a configuration has it, with slashes
    assert inside("C:\\a\\outputs\\s\\0", sweep) == "0"
