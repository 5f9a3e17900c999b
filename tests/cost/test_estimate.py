"""What a run takes is what was estimated, within a factor of 1.5."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

import runner
from runner.config.data import data_of
from runner.cost.estimate import BLOCK, RECORD, cost_of, data_bytes
from runner.records.lines import Line
from runner.records.names import HISTORY
from runner.training.experiment import Experiment
from runner.work import Work, run_stack

FACTOR = 1.5
DENSE = ["network=dense", "data=sine"]
RUNS = {
    "the article's": ["epochs=500"],
    "weights": [*DENSE, "network.hidden=[100,100]", "epochs=4", "optimizer=adam"],
    "gradients": [*DENSE, "network.hidden=[100,100]", "epochs=4", "log.gradients=true"],
    "a short log": [*DENSE, "network.hidden=[100,100]", "epochs=4", "log.weights=false"],
    "updates": [
        "network=dense",
        "data=moons",
        "batch_size=50",
        "log.unit=update",
        "log.every=3",
        "epochs=20",
    ],
    "many examples": [*DENSE, "data.points=20000", "network.hidden=[16,16]", "epochs=2"],
    "predictions": [*DENSE, "data.points=20000", "network.hidden=[2]", "epochs=1", "log.predictions=true"],
    "orders": [*DENSE, "data.points=4000", "epochs=20", "batch_size=4000", "log.order=true"],
    "curvature": [*DENSE, "network.hidden=[60,60]", "epochs=2", "log.curvature=1", "log.weights=false"],
}


def _taken(made: Experiment, folder: Path) -> int:
    """The bytes of memory that a run into a folder takes at most."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        (outcome,) = run_stack([Work(Line(0, {}), str(folder), made)])
        assert outcome.error is None
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("overrides", RUNS.values(), ids=list(RUNS))
def test_rows_bytes_and_memory_are_as_estimated(overrides: list[str], tmp_path: Path) -> None:
    made = runner.load(*overrides)
    cost = cost_of(made)
    taken = _taken(made, tmp_path)
    with open(tmp_path / HISTORY, encoding="utf-8") as f:
        assert sum(1 for _ in f) - 1 == cost.rows
    for name, size in cost.files.items():
        assert size / FACTOR < (tmp_path / name).stat().st_size < size * FACTOR, name
    blocks = sum(-(-path.stat().st_size // BLOCK) for path in tmp_path.iterdir())
    of_hydra = RECORD - 2  # with folders; about.yaml and summary.csv are here
    assert cost.disk / FACTOR < BLOCK * (blocks + of_hydra) < cost.disk * FACTOR
    estimate = sum(cost.memory.values())
    few = 2 * 10**6  # which any run takes, and nobody asks about
    assert estimate / FACTOR - few < taken < FACTOR * estimate + few


@pytest.mark.parametrize(
    "options", [{"name": "sine"}, {"name": "moons"}, {"name": "exercise", "features": 30}]
)
def test_generated_data_take_no_more_than_estimated(options: dict[str, object]) -> None:
    tracemalloc.start()
    try:
        made = data_of({**options, "points": 20000, "scale": "standard"})
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    estimate = data_bytes(made.examples, made.inputs.shape[1], made.targets.shape[1])
    assert 0.3 * estimate < taken < 1.2 * estimate + 10**6


def test_a_long_run_with_a_sparse_log_is_cheap() -> None:
    made = runner.load("epochs=1000000000000", "log.every=1000000000")
    cost = cost_of(made)
    assert cost.rows == 1001
    assert cost.disk < 10**6
    assert sum(cost.memory.values()) < 10**6


def test_weights_that_are_not_logged_are_cheap_on_the_disk() -> None:
    logged, not_logged = (
        cost_of(runner.load(*DENSE, "network.hidden=[300,300]", f"log.weights={logged}"))
        for logged in ("true", "false")
    )
    assert not_logged.files[HISTORY] < logged.files[HISTORY] / 10_000
