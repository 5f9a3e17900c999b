"""From overrides to experiments, as the command line composes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.config import experiment
from runner.config.compose import CACHE, remembering, replacing
from runner.config.messages import message
from runner.errors import RunnerError
from runner.training.experiment import Experiment


def load(*overrides: str, config_dir: str | Path | None = None) -> Experiment:
    """The experiment that ``backprop-runner`` would run with the same overrides.

    `config_dir` is a folder of your own YAML files. Raises RunnerError as the command would say it.
    """
    from runner.sweeping.loading import configuration

    with _readable():
        config = configuration(overrides, config_dir)
        return remembering(experiment(config, CACHE), config, replacing(overrides))


def load_sweep(*overrides: str, config_dir: str | Path | None = None) -> list[Experiment]:
    """The experiments that ``backprop-runner -m`` would run with the same overrides, in its order.

    They are composed as one: a thousand of them in a tenth of a second. Raises RunnerError as `load` does.
    """
    from runner.sweeping.loading import configurations

    with _readable():
        jobs = configurations(overrides, config_dir)
        return [remembering(experiment(config, CACHE), config, job) for config, job in jobs]


@contextmanager
def _readable() -> Iterator[None]:
    """Errors of Hydra's are raised as the command would say them."""
    try:
        yield
    except Exception as error:
        if isinstance(error, RunnerError) or (text := message(error)) is None:
            raise
        raise RunnerError(text) from None
