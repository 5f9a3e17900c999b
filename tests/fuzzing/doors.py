"""The doors at which an attempt is made, in this process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from attempts import Attempt
from hydra.core.override_parser.types import Glob, Sweep
from judging import judge, names_of
from omegaconf import DictConfig, OmegaConf

import runner
from runner.config import experiment
from runner.config.compose import compose
from runner.config.grammar import refusal
from runner.errors import RunnerError
from runner.overrides import as_meant, key_of, parse
from runner.results import Results
from runner.training.experiment import Experiment

#: Numbers that an epoch may multiply, for it to be trained.
SMALL = 10**7


def _trained(made: Experiment) -> None:
    examples = made.data.examples
    if made.network.parameter_count * examples <= SMALL:
        log = replace(made.log, curvature=None)
        runner.train(replace(made, epochs=min(made.epochs, 1), log=log))


def run(overrides: Sequence[str]) -> None:
    """Composed as the command does it, its data loaded, and an epoch of it."""
    _trained(experiment(compose(overrides)))


def own(overrides: Sequence[str]) -> None:
    """The same with a folder of YAML files of the user's own."""
    _trained(experiment(compose(overrides, "mine")))


def keys(overrides: Sequence[str]) -> None:
    """The same of values put into what was composed once: Hydra takes longer than all else.

    The first override says what that was composed of.
    """
    config = deepcopy(_composed(overrides[0]))
    for one in map(as_meant, overrides[1:]):
        if (refused := refusal(one)) is not None:
            raise refused
        value = parse(one.partition("=")[2])
        if _is_swept(value):
            raise RunnerError(f"{one}: is of sweeps")
        OmegaConf.update(config, key_of(one), value, merge=True)
    _trained(experiment(config))


def _is_swept(value: object) -> bool:
    """Whether a value, or one in it, is one of sweeps, which no configuration has."""
    inner = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return isinstance(value, Sweep | Glob) or any(map(_is_swept, inner))


@cache
def _composed(choices: str) -> DictConfig:
    config = compose(["network.hidden=[2]", "network=dense", "epochs=1", *choices.split()])
    OmegaConf.set_struct(config, False)
    config.pop("hydra", None)
    return config


def sweep(overrides: Sequence[str]) -> None:
    """Every run of a sweep composed, the first of them as `run`."""
    for made in runner.load_sweep(*overrides)[:2]:
        _trained(made)


def opened(_: Sequence[str]) -> None:
    """A run's folder, opened, and what it holds."""
    made: Any = runner.open("run")
    made.predict(made.experiment.data.inputs[:2])
    _read("run")


def swept(_: Sequence[str]) -> None:
    """A sweep's folder, its table and its histories."""
    _read("sweep")


def _read(folder: str) -> None:
    results = Results(folder)
    results.best()
    for number in results.rows[:2]:
        results.history(number)
        results.parameters(number)
        results.experiment(number)
    runner.read_histories(folder, ["error"])
    results.curves("final_error")


DOORS: dict[str, Callable[[Sequence[str]], None]] = {
    "run": run,
    "keys": keys,
    "own": own,
    "sweep": sweep,
    "opened": opened,
    "swept": swept,
}


def tried(attempt: Attempt, folder: Path) -> tuple[str, str]:
    """What became of an attempt, in `folder`, which is emptied first."""
    for there in folder.iterdir():
        shutil.rmtree(there) if there.is_dir() and not there.is_symlink() else there.unlink()
    for name, content in attempt.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    os.chdir(folder)
    files = [name for file in attempt.files for name in (file, Path(file).name, file.partition("/")[0])]
    return judge(lambda: DOORS[attempt.door](attempt.overrides), names_of(attempt.overrides, files))
