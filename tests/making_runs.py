"""Small runs for tests, and their files as a stack of them writes these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.config import Cache, experiment
from runner.records.lines import Line
from runner.records.names import HISTORY, PARAMETERS
from runner.training.experiment import Experiment
from runner.training.recorder import ROW_BYTES
from runner.work import Work, run_stack

SEED_DATA = {"name": "inline", "inputs": [[2, 3]], "targets": [[1]]}


def made(cache: Cache | None = None, **changes: Any) -> Experiment:
    config: dict[str, Any] = {
        "epochs": 12,
        "network": {"hidden": [2], "weights": "xavier_uniform", "biases": "zeros"},
        "data": SEED_DATA,
    }
    return experiment({**config, **changes}, cache)


def written(stack: list[Experiment], folder: Path, row_bytes: int = ROW_BYTES) -> list[dict[str, bytes]]:
    """The files of each run, by name, when `stack` is trained as one."""
    works = [Work(Line(i, {}), str(folder / str(i)), one) for i, one in enumerate(stack)]
    for work in works:
        Path(work.folder).mkdir(parents=True)
    assert not any(outcome.error for outcome in run_stack(works, row_bytes))
    return [{name: Path(work.folder, name).read_bytes() for name in (HISTORY, PARAMETERS)} for work in works]
