"""The folders of runs and sweeps: claimed, never shared, never overwritten.

A process locks the folder that it is at work in for itself alone, and the folder of any sweep around
it together with others: so the lock of a sweep's folder is that of all its runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from runner.errors import RunnerError
from runner.records.writing import ERROR, HISTORY, LEFT, MULTIRUN, RUNS, SUMMARY, is_part
from runner.sweeping.job_files import HYDRA_FILES


class FolderTakenError(SystemExit):
    """A folder that was asked for cannot be had.

    A SystemExit and no RunnerError, because Hydra turns every Exception of a callback into a warning.
    """


class FolderGuard(Callback):
    """Before anything is written: claims a fresh folder, or one that holds nothing of others.

    `sweep` is the folder of the sweep under way in this process, if there is one; `is_new` whether it was
    not there before, and `is_begun` whether its table is there, without what its launcher, one of Hydra's
    own, will not write into it. `locks` are those of what this process is at work in.
    """

    sweep: ClassVar[Path | None] = None
    is_new: ClassVar[bool] = False
    is_begun: ClassVar[bool] = False
    locks: ClassVar[ExitStack] = ExitStack()

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        _claim(config, "run")

    def on_run_end(self, config: DictConfig, **kwargs: Any) -> None:
        FolderGuard.locks.close()

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        if OmegaConf.select(config, "hydra.sweeper.dry_run", default=False) is True:
            return
        _claim(config, "sweep")
        FolderGuard.sweep = Path(str(config.hydra.sweep.dir)).absolute()

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        complete_table()
        FolderGuard.sweep = None
        FolderGuard.locks.close()


def complete_table() -> None:
    """Writes the table of a sweep that has ended and whose launcher, one of Hydra's own, knows of none.

    A new folder into which nothing has come is taken away again.
    """
    folder = FolderGuard.sweep
    if folder is None or not folder.is_dir() or ((folder / RUNS).exists() and not FolderGuard.is_begun):
        return
    FolderGuard.is_begun = False
    if any(path.is_file() for name in (SUMMARY, ERROR) for path in folder.rglob(name)):
        from runner.records.table import rebuild

        rebuild(folder)
    elif FolderGuard.is_new:
        with suppress(OSError):
            folder.rmdir()


def inside(folder: str, sweep: str) -> str:
    """A run's folder as seen from its sweep's, or as it is where it is elsewhere; both are absolute."""
    return folder[len(sweep) + 1 :] if folder.startswith(f"{sweep}{os.sep}") else folder


@contextmanager
def held(folder: Path, key: str = "hydra.sweep.dir") -> Iterator[None]:
    """Keeps other processes out of the folder that `key` names for as long as this one writes into it.

    Raises RunnerError where another holds it, or a sweep around it, or is at work inside it. Where a
    file system knows no locks nobody is kept out.
    """
    sweeps = [parent for parent in folder.absolute().parents if (parent / MULTIRUN).is_file()]
    with ExitStack() as locks:
        if not _lock(folder, locks):
            raise RunnerError(_at_work(key, folder))
        for sweep in sweeps:
            if not _lock(sweep, locks, shared=True):
                raise RunnerError(f"{_at_work(key, folder)} (the sweep in {sweep})")
        yield


def claimed(folder: Path) -> AbstractContextManager[None]:
    """A sweep's folder, `held` unless this process has claimed it already."""
    return nullcontext() if FolderGuard.sweep == folder.absolute() else held(folder)


def _lock(folder: Path, locks: ExitStack, *, shared: bool = False) -> bool:
    """Locks a folder until `locks` are closed; returns False where another process has."""
    try:
        import fcntl
    except ImportError:
        return True
    with suppress(PermissionError):  # a folder around that may not be read
        handle = os.open(folder, os.O_RDONLY)
        locks.callback(os.close, handle)
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
    return True


def _at_work(key: str, folder: Path) -> str:
    return (
        f"{key}={folder}: another process is at work in it; wait until that has ended, or name another folder"
    )


#: As a configuration names it.
GUARD = f"{FolderGuard.__module__}.{FolderGuard.__qualname__}"


#: What tells that a folder holds the result of a run, or of a sweep.
RESULTS = {HISTORY: "run", SUMMARY: "run", RUNS: "sweep", MULTIRUN: "sweep"}


def _claim(config: DictConfig, kind: str) -> None:
    """Takes the folder of a run or a sweep for this process. Raises FolderTakenError where it cannot."""
    FolderGuard.locks.close()
    key = f"hydra.{kind}.dir"
    folder = Path(str(OmegaConf.select(config, key)))
    resume = kind == "sweep" and bool(OmegaConf.select(config, "hydra.launcher.resume", default=False))
    try:
        if resume or _is_given(config, key):
            FolderGuard.is_new = not folder.exists()
            folder.mkdir(parents=True, exist_ok=True)
        else:
            FolderGuard.is_new = True
            folder = _make_fresh(config, kind, folder)
        FolderGuard.locks.enter_context(held(folder, key))
        if resume and (folder / MULTIRUN).exists():
            _refuse_another_sweep(config, folder)
        else:
            _refuse_result(folder, kind, resume)
            strangers = {"run": _strangers_of_run, "sweep": _strangers_of_sweep}[kind]
            _refuse(key, folder, strangers(folder, config.hydra.output_subdir))
    except RunnerError as error:
        raise FolderTakenError(str(error)) from None
    except OSError as error:
        raise FolderTakenError(f"{key}={folder}: {error.strerror}") from None


def _is_given(config: DictConfig, key: str) -> bool:
    """Whether the command line says it."""
    asked: Any = OmegaConf.to_container(config.hydra.overrides, resolve=False)
    return any(override.lstrip("+").startswith(f"{key}=") for override in asked["hydra"])


def _make_fresh(config: DictConfig, kind: str, folder: Path) -> Path:
    """Makes a folder that was not there: two that start in the same second get two."""
    name = folder.name
    for attempt in count(2):
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:
            folder = folder.with_name(f"{name}_{attempt}")
    if str(folder) != str(config.hydra[kind].dir):
        with open_dict(config):
            config.hydra[kind].dir = str(folder)
            # A sweep's jobs are composed anew, from these overrides.
            config.hydra.overrides.hydra.append(f"hydra.{kind}.dir='{folder}'")
    return folder


def _refuse_result(folder: Path, kind: str, resume: bool) -> None:
    there = next((what for name, what in RESULTS.items() if (folder / name).exists()), None)
    if there is None or (resume and there == "sweep"):
        return
    go_on = ", or hydra.launcher.resume=true to finish this sweep" if there == kind == "sweep" else ""
    raise RunnerError(
        f"hydra.{kind}.dir={folder}: already holds the result of a {there}; name another folder, "
        f"or remove this one{go_on}"
    )


def refuse_others(folder: Path, record: str | None) -> None:
    """Raises RunnerError where a job's folder, of a sweep of ours, may not be written into.

    It has what no run of ours has left there, or another process is at work in it. `record` is Hydra's
    ``output_subdir``.
    """
    if folder.is_dir():
        _refuse_at_work(folder)
        strangers = _strangers_of_job(folder, record)
        if record is None:  # nothing else tells that it is ours
            strangers = [name for name in strangers if not _is_left(name)]
        _refuse("hydra.sweep.subdir", folder, strangers)


def _refuse_at_work(folder: Path) -> None:
    """Raises RunnerError where another process is at work in a job's folder."""
    with ExitStack() as locks:
        if not _lock(folder, locks):
            raise RunnerError(_at_work("hydra.sweep.subdir", folder))


def _strangers_of_job(folder: Path, record: str | None) -> list[str]:
    """What a job's folder holds: nothing that counts, where it is ours, for its sweep is."""
    return [] if _is_of_ours(folder, record) else _seen(folder, record)


def _strangers_of_run(folder: Path, record: str | None) -> list[str]:
    """What a folder holds besides what a try of ours that came to nothing has left there."""
    names = _seen(folder, record)
    if not _is_of_ours(folder, record):
        return names
    return [name for name in names if not _is_left(name) and name != record]


def _strangers_of_sweep(folder: Path, record: str | None) -> list[str]:
    """What a folder holds besides the folders of runs of ours. Raises RunnerError where one is at work."""
    strangers = []
    for name in _seen(folder):
        if (folder / name).is_dir() and not _strangers_of_job(folder / name, record):
            _refuse_at_work(folder / name)
        elif name != RUNS and not is_part(name):
            strangers.append(name)
    return strangers


def _seen(folder: Path, record: str | None = None) -> list[str]:
    """The names in a folder, without hidden ones: none of ours is hidden, but for Hydra's `record`."""
    return sorted(name for name in os.listdir(folder) if not name.startswith(".") or name == record)


def _is_left(name: str) -> bool:
    """Whether a name is one that a run of ours leaves."""
    return name in LEFT or is_part(name)


def _is_of_ours(folder: Path, record: str | None) -> bool:
    """Whether a folder has Hydra's `record` of a run of ours, be it just begun."""
    where = folder / (record or ".")
    if record is None or not where.is_dir() or not {*_seen(where)} <= {*HYDRA_FILES}:
        return False
    hydra = where / "hydra.yaml"
    text = hydra.read_text(encoding="utf-8", errors="replace") if hydra.exists() else ""
    return not text or FolderGuard.__name__ in text


def _refuse(key: str, folder: Path, strangers: Sequence[str]) -> None:
    """Raises RunnerError where there are any, naming a few."""
    if strangers:
        more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
        raise RunnerError(
            f"{key}={folder}: must be a new or an empty folder; it holds {', '.join(strangers[:3])}{more}"
        )


def _refuse_another_sweep(config: DictConfig, folder: Path) -> None:
    """A sweep is resumed by the request that it was started with. Raises RunnerError for another."""
    asked = ("hydra.overrides.task", "hydra.sweeper")
    try:
        before = OmegaConf.load(folder / MULTIRUN)
        requests = [OmegaConf.select(before, key) for key in asked]
    except (YAMLError, UnicodeDecodeError, OmegaConfBaseException):
        requests = [None]
    if None in requests:
        raise RunnerError(
            f"hydra.launcher.resume=true: {folder / MULTIRUN} is not as it was written, so that nobody can "
            "say which sweep this is; name another folder"
        )
    for key, request in zip(asked, requests, strict=True):
        there, here = (
            OmegaConf.to_container(part, resolve=False) for part in (request, OmegaConf.select(config, key))
        )
        if there != here:
            raise RunnerError(
                f"hydra.launcher.resume=true: the sweep in {folder} is another one:\n"
                f"  there: {_short(there)}\n  here:  {_short(here)}"
            )


def _short(request: Any) -> str:
    if isinstance(request, list):
        return " ".join(request)
    return ", ".join(f"{key}={value}" for key, value in request.items())
