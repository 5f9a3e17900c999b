"""The configurations of a sweep's runs, for Python: what ``-m`` would run, and nothing run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.types import RunMode

from runner.config.compose import composing, replacing
from runner.sweeping.grid import requested, without_duplicates
from runner.sweeping.jobs import Composer


def configurations(
    overrides: Sequence[str], config_dir: str | Path | None = None
) -> list[tuple[dict[str, Any], list[str]]]:
    """The configuration of every run of a sweep and its overrides, in order.

    Raises what Hydra and the grid sweeper raise.
    """
    with composing(config_dir, overrides=overrides) as (hydra, searchpath):
        given = [*replacing(overrides), *searchpath]
        master = hydra.compose_config("config", given, RunMode.MULTIRUN, from_shell=False)
        jobs = without_duplicates(requested(master, hydra.config_loader))
        composer = Composer(hydra.config_loader, master)
        made = (composer.job(number, job) for number, job in enumerate(jobs))
        return [(job.config, job.overrides) for job in made]
