"""Sweeps that are a table of runs and nothing else: statistics need no folder of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from runner.records.lines import Line
from runner.records.runs_table import RunsTable

ERRORS = {"epochs": 10, "initial_error": 1.0, "final_error": 1.0, "best_error": 0.0, "best_epoch": 10}


def make_table(
    folder: Path, swept: Mapping[str, Sequence[Any]], results: Callable[..., Mapping[str, float] | None]
) -> Path:
    """``runs.csv`` over every combination of `swept`, in `folder`; a run without `results` diverged.

    `results` are asked for with the swept values, in order; the last is the seed's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for run, values in enumerate(product(*swept.values())):
        known = results(*values)
        numbers = ERRORS | dict(known or {})
        status, ending = ("diverged", "diverged") if known is None else ("completed", "converged")
        lines.append(Line(run, dict(zip(swept, values, strict=True)), status, numbers, str(run), ending))
    RunsTable(folder, lines).write()
    return folder
