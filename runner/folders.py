"""The folders of runs and sweeps: claimed, never shared, never overwritten."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict

from runner.history import HISTORY, SUMMARY

RUNS = "runs.csv"


class FolderTakenError(SystemExit):
    """A folder that was asked for already holds a result.

    A SystemExit and no RunnerError, because Hydra turns every Exception of a callback into a warning.
    """


class FolderGuard(Callback):
    """Before anything is written: claims a fresh folder, or refuses one that holds a result."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        _claim(config, "run", (HISTORY, SUMMARY), "hydra.run.dir")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        if not OmegaConf.select(config, "hydra.launcher.resume", default=False):
            _claim(config, "sweep", (RUNS, "multirun.yaml"), "hydra.sweep.dir")

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Writes the table of a sweep whose launcher, one of Hydra's own, knows of none."""
        folder = Path(str(config.hydra.sweep.dir))
        if folder.is_dir() and not (folder / RUNS).exists() and any(folder.glob(f"*/{SUMMARY}")):
            from runner.sweeping.table import rebuild

            rebuild(folder)


#: As a configuration names it.
GUARD = f"{FolderGuard.__module__}.{FolderGuard.__qualname__}"


def _claim(config: DictConfig, kind: str, results: tuple[str, ...], key: str) -> None:
    folder = Path(str(OmegaConf.select(config, key)))
    chosen = any(str(o).lstrip("+").startswith(f"{key}=") for o in config.hydra.overrides.hydra)
    if chosen:
        if any((folder / name).exists() for name in results):
            go_on = ", or hydra.launcher.resume=true to finish this sweep" if kind == "sweep" else ""
            raise FolderTakenError(
                f"{key}={folder}: already holds the result of a {kind}; name another folder, "
                f"or remove this one{go_on}"
            )
        return
    for attempt in count(2):  # two that start in the same second get two folders
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:
            folder = folder.with_name(f"{folder.name.split('_')[0]}_{attempt}")
    if str(folder) != str(config.hydra[kind].dir):
        with open_dict(config):
            config.hydra[kind].dir = str(folder)
            # A sweep's jobs are composed anew, from these overrides.
            config.hydra.overrides.hydra.append(f"{key}='{folder}'")
