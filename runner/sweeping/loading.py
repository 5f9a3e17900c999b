"""The configurations of a sweep's runs, for Python: what ``-m`` would run, and nothing run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.types import RunMode
from omegaconf import OmegaConf

from runner.compose import composing, replacing
from runner.sweeping.composing import Composer
from runner.sweeping.grid import expand, with_params, without_duplicates


def configurations(overrides: Sequence[str], config_dir: str | Path | None = None) -> list[dict[str, Any]]:
    """The configuration of every run of a sweep, in order, as plain containers.

    Raises what Hydra and the grid sweeper raise.
    """
    with composing(config_dir) as (hydra, searchpath):
        given = [*replacing(overrides), *searchpath]
        master = hydra.compose_config("config", given, RunMode.MULTIRUN, from_shell=False)
        asked: Any = OmegaConf.to_container(master.hydra, resolve=False)
        sweeper = asked["sweeper"]
        arguments = replacing(with_params(sweeper.get("params"), asked["overrides"]["task"]))
        points, together = sweeper.get("points"), sweeper.get("zip")
        jobs = expand(arguments, hydra.config_loader, points=points, together=together)
        composer = Composer(hydra.config_loader, master)
        return [composer.job(number, job).config for number, job in enumerate(without_duplicates(jobs))]
