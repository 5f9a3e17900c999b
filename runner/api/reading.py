"""The files of a run as pandas DataFrames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runner.config.exporting import folder_of
from runner.errors import RunnerError
from runner.records.names import CURVATURE, HISTORY, PARAMETERS
from runner.records.reading import history_of, read_finished

if TYPE_CHECKING:
    import pandas as pd


def read_history(folder: str | Path) -> pd.DataFrame:
    """A run's ``history.csv``, to the last bit."""
    return history_of(folder_of(folder) / HISTORY)


def read_parameters(folder: str | Path) -> pd.DataFrame:
    """A run's ``parameters.csv``, to the last bit."""
    return read_finished(folder_of(folder) / PARAMETERS)


def read_curvature(folder: str | Path) -> pd.DataFrame:
    """A run's ``curvature.csv``, to the last bit. Raises RunnerError where none was asked for."""
    path = folder_of(folder) / CURVATURE
    if not path.exists() and path.with_name(HISTORY).exists():
        raise RunnerError(f"{folder}: has no {CURVATURE}; log.curvature=10 has it written each 10 epochs")
    return read_finished(path)
