"""Its numbers against numbers computed from the CSV files by other means; its marks, and its words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making_sweeps import make_sweep
from reading_figures import curves, drawn

from runner.figures import load
from runner.figures.figure import Options
from runner.figures.gradients import norms, steps
from runner.results import Results


def test_norms_of_gradients_and_steps_are_those_of_the_history(tmp_path: Path) -> None:
    run = make_sweep(tmp_path, {"seed": [0]}, ["log.gradients=true", "epochs=6"]) / "0"
    numbers, canvas = drawn("gradients", run)
    history = pd.read_csv(run / "history.csv")
    for layer, names in ((1, ["w1", "w2", "w3", "w4"]), (2, ["w5", "w6"])):
        of = numbers[numbers["layer"] == layer]
        expected = np.sqrt((history[[f"g_{name}" for name in names]] ** 2).sum(axis=1))
        assert of.loc[of["quantity"] == "gradient", "value"].to_numpy() == pytest.approx(expected, rel=1e-12)
        w = history[names].to_numpy()
        expected = np.linalg.norm(np.diff(w, axis=0), axis=1) / np.linalg.norm(w[:-1], axis=1)
        assert of.loc[of["quantity"] == "step", "value"].to_numpy() == pytest.approx(expected, rel=1e-12)
    assert [len(curves(canvas, at)) for at in (0, 1)] == [2, 2]


def test_what_was_not_recorded_is_said(tmp_path: Path, alone: Path) -> None:
    run = make_sweep(tmp_path, {"seed": [0]}, ["log.weights=false", "epochs=3"]) / "0"
    assert "log.gradients=true" in str(load("gradients").applies(Results(run), Options()))
    numbers, canvas = drawn("gradients", alone)
    assert len(canvas.axes) == 1
    assert "Gradients were not recorded" in load("gradients").caption(numbers)


def test_norms_neither_overflow_nor_underflow() -> None:
    vectors = np.array([[3e300, 4e300], [3e-300, 4e-300], [0.0, 0.0]])
    assert norms(vectors) == pytest.approx([5e300, 5e-300, 0.0], rel=1e-15)


def test_a_shorter_last_step_is_left_out() -> None:
    counts, shares = steps(np.array([0, 10, 20, 25]), np.array([[1.0], [2.0], [3.0], [3.1]]))
    assert counts.tolist() == [10, 20]
    assert shares.tolist() == [1.0, 0.5]
