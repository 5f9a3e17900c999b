"""What ends runs before their epochs: alone as in company, and with the best weights kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import bits_of_a_run
from making_runs import made, written

import runner
from runner.config import Cache
from runner.nn.arrays import Array, Numbers

XOR = {"name": "xor", "points": 30, "noise": 0.3, "test_fraction": 0.4}
RULES: list[dict[str, Any]] = [
    {"stop": {"patience": 3}, "log": {"curvature": 6}},
    {"stop": {"error": 0.09}, "batch_size": 7, "log": {"every": 4}},
    {"stop": {"tolerance": 0.9}, "batch_size": 7, "log": {"every": 5, "unit": "update"}},
    {
        "stop": {"patience": 4, "metric": "test_accuracy", "error": 0.05},
        "optimizer": {"name": "sgd", "momentum": 0.5},
    },
]


@bits_of_a_run
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join(rule["stop"]))
def test_runs_end_alone_as_in_company(rule: dict[str, Any], tmp_path: Path) -> None:
    cache, rates = Cache(), (0.3, 0.02, 1.5, 1e200)
    runs = [
        made(cache, data=XOR, epochs=30, learning_rate=rate, seed=seed, **rule)
        for seed, rate in enumerate(rates)
    ]
    assert len({run.stack_key for run in runs}) == 1
    together = written(runs, tmp_path / "together")
    for at, run in enumerate(runs):
        assert written([run], tmp_path / f"alone{at}") == [together[at]]
    assert len({files["history.csv"].count(b"\n") for files in together}) > 1


def test_the_best_weights_are_kept() -> None:
    run = runner.train(made(data=XOR, epochs=40, learning_rate=1.5, seed=2, stop={"patience": 3}))
    history, result = run.history, run.result
    best = int(history["test_error"].idxmin())
    assert len(history) - 1 == result.epochs == best + 3 < 40
    assert (result.best_epoch, result.final_epoch, result.status) == (best, best, "completed")
    row = history.loc[best]
    assert result.final_error == result.best_error == row["error"]
    assert result.metrics["test_error"] == row["test_error"]
    assert result.final.tolist() == row[[name for name in history if name[0] in "wb"]].tolist()


def test_of_accuracies_the_first_of_the_highest_is_the_best() -> None:
    stop = {"patience": 4, "metric": "test_accuracy"}
    run = runner.train(made(data=XOR, epochs=60, learning_rate=0.3, seed=1, stop=stop))
    accuracy = run.history["test_accuracy"]
    best = int(accuracy.idxmax())
    assert accuracy.nunique() > 1 < best
    assert (accuracy.iloc[best:] == accuracy[best]).all()
    assert (run.result.best_epoch, run.result.epochs) == (best, best + 4)


def test_what_is_recorded_changes_no_end() -> None:
    """With a row each 7 epochs, too, the last is at the epoch of the end."""
    runs = [
        runner.train(made(data=XOR, epochs=40, learning_rate=0.3, stop={"error": 0.09}, log={"every": every}))
        for every in (1, 7)
    ]
    ends = [run.result.epochs for run in runs]
    assert ends[0] == ends[1] == runs[1].steps[-1]
    assert 0 < ends[0] < 40
    assert runs[0].history["error"].iloc[-1] <= 0.09 < runs[0].history["error"].iloc[-2]
    assert np.array_equal(runs[0].rows[-1], runs[1].rows[-1])


def test_every_pattern_within_the_tolerance() -> None:
    run = runner.train(runner.load("stop.tolerance=0.1", "epochs=1000"))
    assert abs(run.predict()[0, 0] - 1) <= 0.1 < 0.12
    before = run.rows[-2][1:]
    assert abs(runner.training.objective.predict(run.experiment, before)[0, 0] - 1) > 0.1


def test_a_callback_is_told_of_every_epoch_and_ends_runs() -> None:
    told: list[tuple[int, list[int]]] = []

    def callback(epoch: int, runs: Numbers, parameters: Array) -> object:
        told.append((epoch, runs.tolist()))
        with pytest.raises(ValueError, match="read-only"):
            parameters[0, 0] = 0
        return (runs == 1) & (epoch == 2)

    experiments = [runner.load("epochs=4", f"learning_rate={rate}", "log.every=3") for rate in (0.1, 0.2)]
    first, second = runner.train(experiments, callback=callback)
    assert told == [(0, [0, 1]), (1, [0, 1]), (2, [0, 1]), (3, [0]), (4, [0])]
    assert (first.steps, second.steps) == ([0, 3, 4], [0, 2])
    assert (
        second.history.iloc[-1, 1] == runner.train(runner.load("epochs=2", "learning_rate=0.2")).rows[-1][0]
    )
