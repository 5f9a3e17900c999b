"""Hydra's callback that claims folders: never shared, never overwritten."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any
from weakref import finalize

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.errors import RunnerError, describe, show
from runner.files import kept, refuse_links
from runner.records.locks import held, refuse_at_work, remove_empty
from runner.records.names import (
    ABOUT,
    ERROR,
    HISTORIES,
    HYDRA,
    HYDRA_FILES,
    MULTIRUN,
    RECORDS,
    RESULTS,
    RUNS,
    SUMMARY,
    is_left,
    is_part,
)
from runner.requests import SUBDIR, refuse_another


class FolderTakenError(SystemExit):
    """A folder that was asked for cannot be had.

    A SystemExit and no RunnerError, because Hydra turns every Exception of a callback into a warning.
    """


class FolderGuard(Callback):
    """Before anything is written: claims a fresh folder, or one that holds nothing of others.

    `folder` is the one that it has claimed. Hydra tells a callback of no end but a good one; so the claim
    ends with `ending`, which is called then, or else as the guard goes: at the latest with the process.
    """

    folder: Path | None = None
    #: Is given a run's configuration before its folder is claimed; raises RunnerError where none is to be.
    asked: Callable[[DictConfig], None] = staticmethod(lambda config: None)

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """Claims the folder of a run."""
        try:
            self.asked(config)
        except RunnerError as error:
            raise FolderTakenError(str(error)) from None
        locks = ExitStack()
        self.ending = finalize(self, locks.close)
        self.folder = _claim(config, "run", locks)[0]

    def on_run_end(self, config: DictConfig, **_: Any) -> None:
        """Lets go of the run's folder."""
        self.ending()

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Claims the folder of a sweep, unless that is only asked about."""
        if OmegaConf.select(config, "hydra.sweeper.dry_run", default=False) is True:
            return
        locks = ExitStack()
        self.ending = finalize(self, locks.close)
        self.folder, is_new = _claim(config, "sweep", locks)
        locks.callback(complete_table, self.folder, is_new=is_new)

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        """Completes the sweep's table, and lets go of its folder."""
        if self.folder is not None:
            self.ending()


def claimed(folder: Path, callbacks: Iterable[Any]) -> AbstractContextManager[None]:
    """A sweep's folder, `held` unless a guard among Hydra's callbacks has claimed it already."""
    guards = (callback for callback in callbacks if isinstance(callback, FolderGuard))
    return nullcontext() if any(guard.folder == _without_dots(folder) for guard in guards) else held(folder)


def complete_table(folder: Path, *, is_new: bool) -> None:
    """Writes the table of a sweep whose sweeper and launcher know of none; removes a new, empty folder."""
    if (folder / MULTIRUN).is_file() and not (folder / RUNS).exists():
        if any(path.is_file() for name in (SUMMARY, ERROR) for path in folder.rglob(name)):
            from runner.records.runs_table import RunsTable

            RunsTable.now(folder).write()
    elif is_new:
        remove_empty(folder)


#: As a configuration names it.
GUARD = f"{FolderGuard.__module__}.{FolderGuard.__qualname__}"


def _claim(config: DictConfig, kind: str, locks: ExitStack) -> tuple[Path, bool]:
    """Takes the folder of a run or a sweep for this process until `locks` are closed.

    Returns it, absolute, and whether it was not there before. Raises FolderTakenError where it cannot.
    """
    key = f"hydra.{kind}.dir"
    folder: Path | None = None
    try:
        folder = Path(str(OmegaConf.select(config, key)))
        resume = kind == "sweep" and bool(OmegaConf.select(config, "hydra.launcher.resume", default=False))
        if resume or _is_given(config, key):
            is_new = not folder.exists()
            folder.mkdir(parents=True, exist_ok=True)
        else:
            is_new = True
            folder = _make_fresh(config, kind, folder)
        locks.enter_context(held(folder, key))
        if kind == "run" and (record := config.hydra.output_subdir) is not None:
            refuse_links(folder, folder / record)
        if resume and (folder / MULTIRUN).exists():
            refuse_another(config, folder)
        else:
            _refuse_result(key, folder, resume)
            if kind == "run":
                strangers = _strangers(folder, config.hydra.output_subdir, of_job=False)
            else:
                strangers = _strangers_of_sweep(folder, config.hydra.output_subdir)
            _refuse(key, folder, strangers)
    except RunnerError as error:
        raise FolderTakenError(str(error)) from None
    except Exception as error:  # Hydra would warn, and write into a folder that nobody has claimed
        why = getattr(error, "strerror", None) or describe(error).partition("\n")[0]
        at = getattr(error, "filename", None) or folder
        raise FolderTakenError(f"{key}={show(at)}: {why}" if at else f"{key}: {why}") from None
    return _without_dots(folder), is_new


def _without_dots(folder: Path) -> Path:
    """A folder's path as Hydra makes those of runs: absolute, and without ``..``."""
    return Path(os.path.abspath(folder))


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


@contextmanager
def claimed_for_one(key: str, folder: Path) -> Iterator[None]:
    """A new or an empty folder that `key` names, made and kept from others while a run is written into it.

    Raises RunnerError for one that holds a result, or anything else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder, key):
        _refuse_result(key, folder)
        _refuse(key, folder, _strangers(folder, HYDRA, of_job=False))
        yield


def _refuse_result(key: str, folder: Path, resume: bool = False) -> None:
    there = next((what for name, what in RESULTS.items() if (folder / name).exists()), None)
    if there is None or (resume and there == "sweep"):
        return
    is_resumable = there == "sweep" and key == "hydra.sweep.dir"
    go_on = ", or hydra.launcher.resume=true to finish this sweep" if is_resumable else ""
    raise RunnerError(
        f"{key}={folder}: already holds the result of a {there}; name another folder, "
        f"or remove this one{go_on}"
    )


def refuse_others(folder: Path, record: str | None) -> None:
    """Raises RunnerError where a job's folder has what no run of ours left, or another is at work in it.

    `record` is Hydra's ``output_subdir``.
    """
    if folder.is_dir():
        refuse_links(folder, *([] if record is None else [folder / record]))
        refuse_at_work(folder, SUBDIR)
        strangers = _strangers(folder, record)
        # where there is no record nothing else tells that a file is ours
        _refuse(SUBDIR, folder, [name for name in strangers if record is not None or not is_left(name)])


def _strangers(folder: Path, record: str | None, *, of_job: bool = True) -> list[str]:
    """What a folder holds that is not of a run of ours; a job's holds no such: its sweep is ours."""
    names = _seen(folder, record)
    if _is_of_ours(folder, record):
        return [name for name in names if not (of_job or is_left(name) or name == record)]
    return names


def _strangers_of_sweep(folder: Path, record: str | None) -> list[str]:
    """What a folder holds besides the folders of runs of ours. Raises RunnerError where one is at work."""
    strangers = []
    for name in _seen(folder):
        if (folder / name).is_dir() and not _strangers(folder / name, record):
            refuse_at_work(folder / name, SUBDIR)
        elif name not in (RUNS, ABOUT, HISTORIES, RECORDS) and not is_part(name):
            strangers.append(name)
    return strangers


def _seen(folder: Path, record: str | None = None) -> list[str]:
    """The names in a folder, without hidden ones: none of ours is hidden, but for Hydra's `record`."""
    return sorted(name for name in os.listdir(folder) if not name.startswith(".") or name == record)


def _is_of_ours(folder: Path, record: str | None) -> bool:
    """Whether a folder has Hydra's `record` of a run of ours, be it just begun."""
    where = folder / (record or ".")
    if record is None or not where.is_dir() or not {*_seen(where)} <= {*HYDRA_FILES}:
        return False
    hydra = where / "hydra.yaml"
    text = kept(hydra).read_text(encoding="utf-8", errors="replace") if hydra.exists() else ""
    return not text or FolderGuard.__name__ in text


def _refuse(key: str, folder: Path, strangers: Sequence[str]) -> None:
    """Raises RunnerError where there are any, naming a few."""
    if strangers:
        more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
        raise RunnerError(
            f"{key}={folder}: must be a new or an empty folder; it holds {', '.join(strangers[:3])}{more}"
        )
