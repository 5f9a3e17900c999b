"""What a dry run says that a run, or a sweep, would take."""

from __future__ import annotations

from pathlib import Path

from runner.cost.estimate import PROCESS, cost_of
from runner.cost.refusal import refuse_beyond
from runner.records.names import HISTORY
from runner.resources import BeyondError, free_disk, free_memory, in_words
from runner.training.experiment import Experiment, width


def preview(experiment: Experiment, folder: Path) -> str:
    """What a run is and would take, and whether it would be refused; `folder` is where it would write."""
    cost, per_epoch = cost_of(experiment), experiment.updates_per_epoch
    updates = f"{experiment.epochs:,} epochs of {per_epoch:,} update{'s' * (per_epoch != 1)}"
    lines = [
        str(experiment),
        f"{updates}, {cost.rows:,} rows of history.csv of {1 + width(experiment):,} columns",
        f"history.csv: about {in_words(cost.files[HISTORY])}",
        taken("disk", cost.disk, free_disk(folder)),
        taken("memory", PROCESS + experiment.data.nbytes + sum(cost.memory.values()), free_memory()),
    ]
    return "\n".join([*lines, *refusal(experiment, folder), "dry run: nothing was run"])


def taken(what: str, size: int, free: int | None) -> str:
    """``disk: about 1.2 GB, of 57 GB that are free``."""
    return f"{what}: about {in_words(size)}" + (
        "" if free is None else f", of {in_words(free)} that are free"
    )


def refusal(experiment: Experiment, folder: Path) -> list[str]:
    """Why a run would be refused, in a line, if it would be."""
    try:
        refuse_beyond(experiment, folder)
    except BeyondError as error:
        return [f"would be refused: {error}"]
    return []
