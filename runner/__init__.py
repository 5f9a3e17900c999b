"""Train networks by the chain rule, written out: from YAML to every weight and error in CSV.

The Python interface, without Hydra's command line::

    import runner

    run = runner.train(runner.load("learning_rate=0.1", "epochs=50"))
    run.history                                  # a pandas DataFrame, as history.csv has it
    runner.read_history("outputs/2026-01-31/12-00-00")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from runner.halting import from_the_first_import

if TYPE_CHECKING:
    from runner.api.finding import find_learning_rate
    from runner.api.loading import load, load_sweep
    from runner.api.opening import open
    from runner.api.reading import read_curvature, read_history, read_parameters
    from runner.api.run import Run
    from runner.api.sweep import Sweep
    from runner.api.training import train
    from runner.config.compose import load_run
    from runner.errors import ConfigError, RunnerError
    from runner.results import read_histories, read_runs
    from runner.results.finding import Finding
    from runner.training.curvature import hessian, sharpness
    from runner.verifying import verify

__version__ = "0.1.0"

from_the_first_import()

#: Where each name of the interface is.
_PLACES = {
    "ConfigError": "runner.errors",
    "Finding": "runner.results.finding",
    "Run": "runner.api.run",
    "RunnerError": "runner.errors",
    "Sweep": "runner.api.sweep",
    "find_learning_rate": "runner.api.finding",
    "hessian": "runner.training.curvature",
    "load": "runner.api.loading",
    "load_run": "runner.config.compose",
    "load_sweep": "runner.api.loading",
    "open": "runner.api.opening",
    "read_curvature": "runner.api.reading",
    "read_histories": "runner.results",
    "read_history": "runner.api.reading",
    "read_parameters": "runner.api.reading",
    "read_runs": "runner.results",
    "sharpness": "runner.training.curvature",
    "train": "runner.api.training",
    "verify": "runner.verifying",
}

#: Modules that are reached from here: ``runner.explain(experiment)``, ``runner.figures.draw(…)``.
_ROOMS = ("explain", "figures", "sklearn")

__all__ = [
    "ConfigError",
    "Finding",
    "Run",
    "RunnerError",
    "Sweep",
    "find_learning_rate",
    "hessian",
    "load",
    "load_run",
    "load_sweep",
    "open",
    "read_curvature",
    "read_histories",
    "read_history",
    "read_parameters",
    "read_runs",
    "sharpness",
    "train",
    "verify",
]


def __getattr__(name: str) -> object:
    """Imports the interface on first use, so that a command imports only what it needs."""
    if name in _ROOMS:
        return import_module(f"runner.{name}")
    if name not in __all__:
        raise AttributeError(f"module 'runner' has no attribute '{name}'")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    """The interface, for completion and ``help``."""
    return sorted([*__all__, *_ROOMS])
