"""What is kept of a training: rows in chunks, and how each run ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import runner
from runner.nn.arrays import Array
from runner.training.recorder import Recorder


def run(*overrides: str) -> runner.Run:
    return runner.train(runner.load(*overrides))


class Rows:
    def __init__(self) -> None:
        self.taken: list[tuple[int, list[int], list[list[float]]]] = []

    def write(self, run: int, counts: Sequence[int], rows: Array) -> None:
        assert rows.flags.c_contiguous
        self.taken.append((run, list(counts), rows.tolist()))


@pytest.mark.parametrize("row_bytes", [1, 2 * 8 * 2, 10**6])
def test_rows_come_in_chunks_up_to_the_last_finite_one(row_bytes: int) -> None:
    both = [runner.load("epochs=3", "log.weights=false", f"learning_rate={rate}") for rate in (0.1, 0.2)]
    sink = Rows()
    recorder = Recorder(both, sink, row_bytes)
    runs, parameters = np.arange(2), np.zeros((2, 6))
    for count, (one, other) in enumerate([(3, 5), (2, 4), (4, np.nan), (1, 6)]):
        finite = recorder.add(count, runs, np.array([[one], [other]], dtype=float), parameters)
        assert finite.tolist() == [True, count < 2]
    recorder.flush()
    rows: dict[int, list[tuple[int, float]]] = {0: [], 1: []}
    for at, counts, values in sink.taken:
        rows[at] += [(count, error) for count, (error,) in zip(counts, values, strict=True)]
    assert rows == {0: [(0, 3.0), (1, 2.0), (2, 4.0), (3, 1.0)], 1: [(0, 5.0), (1, 4.0)]}
    ends = zip(recorder.endings(), parameters, strict=True)
    first, second = (recorder.trained(at, ending, (p, p), 1.0) for at, (ending, p) in enumerate(ends))
    assert (first.status, first.epochs, first.best_error, first.best_epoch) == ("completed", 3, 1.0, 3)
    assert (second.status, second.ending, second.epochs, second.final_error) == (
        "diverged",
        "diverged",
        1,
        4.0,
    )
    assert (second.initial_error, second.best_error, second.best_epoch) == (5.0, 4.0, 1)


def test_runs_are_lost_for_their_parameters_too() -> None:
    recorder = Recorder([runner.load("log.weights=false")], Rows(), 100)
    lost = recorder.add(0, np.arange(1), np.array([[1.0]]), np.array([[np.inf, *np.zeros(5)]]))
    assert lost.tolist() == [False]
    recorder.flush()
    (ending,) = recorder.endings()
    trained = recorder.trained(0, ending, (np.zeros(6), np.zeros(6)), 0.0)
    assert np.isnan([trained.initial_error, trained.best_error]).all()


def test_of_equal_errors_the_first_is_the_best() -> None:
    assert run("epochs=3", "learning_rate=1e-300").result.best_epoch == 0


def test_results_of_a_run_agree_with_its_history() -> None:
    one: Any = run("learning_rate=0.5", "epochs=4")
    assert one.result.final_error > one.result.best_error
    assert one.result.initial_error == one.history["error"].iloc[0]
    assert one.result.final_error == one.history["error"].iloc[-1]
    assert one.result.best_error == one.history["error"].min()
    assert one.result.best_epoch == one.history["error"].idxmin()


def test_how_a_run_ends_is_told_of_what_it_minimises() -> None:
    given = ["data=inline", "data.inputs=[[0]]", "data.targets=[[0]]", "network=dense", "network.hidden=[]"]
    given += ["network.biases=null", "learning_rate=0.1"]
    assert run(*given).result.ending == "converged"  # its error is 0 all along
    assert run(*given, "regularization.l2=0.5").result.ending == "falling"


def test_divergence_does_not_depend_on_what_is_logged() -> None:
    ways = ["network.hidden=[1]", "network.activation=relu", "network.biases=null", "learning_rate=1e308"]
    given = ["data=inline", "data.inputs=[[1]]", "data.targets=[[-1]]", "network.weights=[[[1e-300]],[[10]]]"]
    results = [
        run("network=dense", *ways, *given, "epochs=3", f"log.weights={w}").result for w in (True, False)
    ]
    assert [result.status for result in results] == ["diverged", "diverged"]
    assert results[0].final.tolist() == results[1].final.tolist()
    assert np.isfinite(results[0].final).all()
