"""What a sweep was asked for, which tells it from others: a resumption asks for the same, or for more."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from runner.errors import RunnerError
from runner.hydra_internals import load_keys
from runner.overrides import key_of
from runner.records.names import MULTIRUN

#: The key that says where the runs of a sweep are.
SUBDIR = "hydra.sweep.subdir"


def refuse_another(config: DictConfig, folder: Path) -> None:
    """A sweep is resumed by the request that it was started with, or by one with more values of its keys.

    Raises RunnerError for another. Whether all runs that are there are asked for is for the sweeper to see.
    """
    try:
        before = request_of(load_keys(folder / MULTIRUN, of_run=True))
    except (RunnerError, ValueError, OmegaConfBaseException):
        raise RunnerError(
            f"hydra.launcher.resume=true: {folder / MULTIRUN} is not as it was written, so that nobody can "
            "say which sweep this is; name another folder"
        ) from None
    now = request_of(config)
    if before[1:] == now[1:] and may_extend(now[1]) and _differ_in_choices(before[0], now[0]):
        return
    raise_another(folder, before, now)


def raise_another(folder: Path, before: Sequence[Any], now: Sequence[Any]) -> None:
    """Raises RunnerError where two requests are not the same."""
    for there, here in zip(before, now, strict=True):
        if there != here:
            raise RunnerError(
                f"hydra.launcher.resume=true: the sweep in {folder} is another one:",
                f"  there: {_short(there)}",
                f"  here:  {_short(here)}",
            )


def may_extend(sweeper: Mapping[str, Any]) -> bool:
    """Whether a sweeper of ours has runs of its keys' values alone: none that follow from what these find."""
    return is_grid(sweeper) and all(sweeper.get(key) is None for key in ("refine", "repeat"))


def is_grid(sweeper: Mapping[str, Any]) -> bool:
    """Whether a sweeper is ours."""
    return str(sweeper.get("_target_")).endswith("GridSweeper")


def _differ_in_choices(there: Sequence[str], here: Sequence[str]) -> bool:
    """Whether overrides are the same but for the values of keys that have several in both."""
    several = re.compile(r"[^=]*=.*[,(].*", re.DOTALL)
    return len(there) == len(here) and all(
        a == b or (key_of(a) == key_of(b) and several.fullmatch(a) and several.fullmatch(b))
        for a, b in zip(there, here, strict=True)
    )


def request_of(config: Any) -> list[Any]:
    """What tells a sweep from others: its overrides, its sweeper's keys, and where its runs are.

    Raises ValueError for none.
    """
    asked = (
        OmegaConf.select(config, key) for key in ("hydra.overrides.task", "hydra.sweeper", "hydra.sweep")
    )
    plain: list[Any] = [OmegaConf.to_container(part, resolve=False) for part in asked]
    task, sweeper, sweep = plain
    places = {
        SUBDIR: dict(sweep).get("subdir"),
        "hydra.output_subdir": OmegaConf.select(config, "hydra.output_subdir"),
    }
    return [task, sweeper, places]


def _short(request: Any) -> str:
    if isinstance(request, list):
        return " ".join(request)
    return ", ".join(f"{key}={value}" for key, value in request.items())
