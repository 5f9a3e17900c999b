"""Configurations for Python, composed fast: of one run after another, and of what ``-m`` would run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any

from hydra.types import RunMode

from runner.config import conf_dir
from runner.config.compose import compose, composing, replacing
from runner.config.faults import telling_all
from runner.overrides import key_of
from runner.sweeping.grid import asked_for
from runner.sweeping.jobs import Composer, Job


def configurations(
    overrides: Sequence[str], config_dir: str | Path | None = None
) -> list[tuple[dict[str, Any], list[str]]]:
    """The configuration of every run of a sweep and its overrides, in order.

    Raises what Hydra and the grid sweeper raise.
    """
    with composing(config_dir, overrides=overrides) as (hydra, searchpath):
        given = [*replacing(overrides), *searchpath]
        load = partial(hydra.compose_config, "config", run_mode=RunMode.MULTIRUN, from_shell=False)
        master = telling_all(lambda given: load(overrides=given), given)
        jobs = asked_for(master, hydra.config_loader)
        composer = Composer(hydra.config_loader, master)
        made = (_composed(composer, number, job) for number, job in enumerate(jobs))
        return [(job.config, job.overrides) for job in made]


def _composed(composer: Composer, number: int, overrides: list[str]) -> Job:
    """A job of a sweep. Raises RunnerError with the override that Hydra cannot compose."""
    try:
        return composer.job(number, overrides)
    except Exception:
        telling_all(partial(composer.loader.load_sweep_config, composer.master), overrides)
        raise


_LOADED = count()
#: What only Hydra's own composition sees to: its keys, and files that are read before or beside ours.
_OF_HYDRA = {"hydra", "continue", "plugins"}


def configuration(overrides: Sequence[str], config_dir: str | Path | None = None) -> Mapping[Any, Any]:
    """The configuration of a run. Raises what Hydra raises.

    From the second of a process on it is composed as a sweep's jobs are, at a thousandth of the cost where
    one of its kind was before; not with a user's own YAML, which may have changed, nor what asks for Hydra.
    """
    is_first, chosen = next(_LOADED) == 0, {key_of(one).split(".")[0] for one in overrides}
    if (
        not is_first
        and config_dir is None
        and not chosen & _OF_HYDRA
        and not re.search(r"\$|\.ya?ml", "".join(overrides))
    ):
        with suppress(Exception):  # Hydra's own composition below will say what is wrong
            if config := _composer(_changed()).alone(replacing(overrides)):
                return config
    return compose(overrides, config_dir)


@lru_cache(maxsize=1)
def _composer(changed: int) -> Composer:  # noqa: ARG001 - the key
    """Composes runs of the configuration that ships, as it was changed last."""
    with composing() as (hydra, _):
        master = hydra.compose_config("config", [], RunMode.MULTIRUN, from_shell=False)
        return Composer(hydra.config_loader, master)


def _changed() -> int:
    """When a file of the configuration that ships was changed last, in ns: a checkout's may be edited."""
    return max(path.stat().st_mtime_ns for path in conf_dir().rglob("*.yaml"))
