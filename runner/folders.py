"""The folders of runs and sweeps: claimed, never shared, never overwritten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.errors import RunnerError
from runner.history import ERROR, HISTORY, MULTIRUN, RUNS, SUMMARY


class FolderTakenError(SystemExit):
    """A folder that was asked for already holds a result.

    A SystemExit and no RunnerError, because Hydra turns every Exception of a callback into a warning.
    """


class FolderGuard(Callback):
    """Before anything is written: claims a fresh folder, or refuses one that holds a result.

    `sweep` is the folder of the sweep under way in this process, if there is one, and `is_begun` whether
    its table is there, without what its launcher, one of Hydra's own, will not write into it.
    """

    sweep: ClassVar[Path | None] = None
    is_begun: ClassVar[bool] = False

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        _claim(config, "run")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        if OmegaConf.select(config, "hydra.sweeper.dry_run", default=False) is True:
            return
        if OmegaConf.select(config, "hydra.launcher.resume", default=False):
            _refuse_another_sweep(config)
        else:
            _claim(config, "sweep")
        FolderGuard.sweep = Path(str(config.hydra.sweep.dir)).absolute()

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        complete_table()


def complete_table() -> None:
    """Writes the table of a sweep that has ended and whose launcher, one of Hydra's own, knows of none."""
    folder = FolderGuard.sweep
    if folder is None or not folder.is_dir() or ((folder / RUNS).exists() and not FolderGuard.is_begun):
        return
    FolderGuard.is_begun = False
    if any(path.is_file() for name in (SUMMARY, ERROR) for path in folder.rglob(name)):
        from runner.sweeping.table import rebuild

        rebuild(folder)


def inside(folder: str, sweep: str) -> str:
    """A run's folder as seen from its sweep's, or as it is where it is elsewhere; both are absolute."""
    return folder[len(sweep) + 1 :] if folder.startswith(f"{sweep}{os.sep}") else folder


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keeps other processes out of a sweep's folder for as long as this one writes into it.

    Raises RunnerError where another holds it. Where a file system knows no locks nobody is kept out.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunnerError(
                f"hydra.sweep.dir={folder}: another process is at work in it; wait until that has ended"
            ) from None
        except (ImportError, OSError):
            pass
        yield
    finally:
        os.close(handle)


#: As a configuration names it.
GUARD = f"{FolderGuard.__module__}.{FolderGuard.__qualname__}"


#: What tells that a folder holds the result of a run, or of a sweep.
RESULTS = {HISTORY: "run", SUMMARY: "run", RUNS: "sweep", MULTIRUN: "sweep"}


def _claim(config: DictConfig, kind: str) -> None:
    key = f"hydra.{kind}.dir"
    folder = Path(str(OmegaConf.select(config, key)))
    asked: Any = OmegaConf.to_container(config.hydra.overrides, resolve=False)
    chosen = any(override.lstrip("+").startswith(f"{key}=") for override in asked["hydra"])
    if chosen:
        there = next((what for name, what in RESULTS.items() if (folder / name).exists()), None)
        if there is not None:
            go_on = ", or hydra.launcher.resume=true to finish this sweep" if there == kind == "sweep" else ""
            raise FolderTakenError(
                f"{key}={folder}: already holds the result of a {there}; name another folder, "
                f"or remove this one{go_on}"
            )
        return
    name = folder.name
    for attempt in count(2):  # two that start in the same second get two folders
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:
            folder = folder.with_name(f"{name}_{attempt}")
    if str(folder) != str(config.hydra[kind].dir):
        with open_dict(config):
            config.hydra[kind].dir = str(folder)
            # A sweep's jobs are composed anew, from these overrides.
            config.hydra.overrides.hydra.append(f"{key}='{folder}'")


def _refuse_another_sweep(config: DictConfig) -> None:
    """A sweep is resumed by the request that it was started with."""
    folder = Path(str(config.hydra.sweep.dir))
    if not (folder / MULTIRUN).is_file():
        return
    before = OmegaConf.load(folder / MULTIRUN)
    for key in ("hydra.overrides.task", "hydra.sweeper"):
        there, here = (
            OmegaConf.to_container(OmegaConf.select(c, key), resolve=False) for c in (before, config)
        )
        if there != here:
            raise FolderTakenError(
                f"hydra.launcher.resume=true: the sweep in {folder} is another one:\n"
                f"  there: {_short(there)}\n  here:  {_short(here)}"
            )


def _short(request: Any) -> str:
    if isinstance(request, list):
        return " ".join(request)
    return ", ".join(f"{key}={value}" for key, value in request.items())
