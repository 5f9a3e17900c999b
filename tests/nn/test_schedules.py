"""Every schedule: its formula is its rate, and its rates are those worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

import runner
from runner.nn.options import letters
from runner.nn.schedules import EPOCHS, ETA, SCHEDULES, E


@pytest.mark.parametrize("name", SCHEDULES)
def test_formula_is_rate(name: str) -> None:
    schedule = SCHEDULES[name]
    etas, epochs = np.array([[0.05], [0.5]]), np.array([[100.0], [30.0]])
    defaults = runner.load(f"schedule={name}").schedule_options
    options = {option: np.full((2, 1), float(value)) for option, value in defaults.items()}
    numbers = {letter: options[option] for option, letter in letters(schedule.options).items()}
    for epoch in range(31):
        rates = schedule.rate(etas, epoch, epochs, options)
        written = schedule.formula.value({ETA: etas, E: epoch, EPOCHS: epochs, **numbers})
        np.testing.assert_allclose(written, rates, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "options", "epoch", "rate"),
    [
        ("constant", {}, 7, 0.5),
        ("step", {"every": 10, "factor": 0.5}, 9, 0.5),
        ("step", {"every": 10, "factor": 0.5}, 20, 0.125),
        ("exponential", {"factor": 0.5}, 3, 0.0625),
        ("inverse_scaling", {"power": 0.5}, 3, 0.25),
        ("linear", {"start_factor": 0.5, "end_factor": 1.0, "total_iters": 4}, 0, 0.25),
        ("linear", {"start_factor": 0.5, "end_factor": 1.0, "total_iters": 4}, 1, 0.3125),
        ("linear", {"start_factor": 0.5, "end_factor": 1.0, "total_iters": 4}, 4, 0.5),
        ("linear", {"start_factor": 1.0, "end_factor": 0.2, "total_iters": 4}, 99, 0.1),
        ("cosine", {"min": 0.1}, 0, 0.5),
        ("cosine", {"min": 0.1}, 50, 0.3),
        ("cosine", {"min": 0.1}, 100, 0.1),
    ],
)
def test_rates_by_hand(name: str, options: dict[str, float], epoch: int, rate: float) -> None:
    given = {option: np.array([[value]]) for option, value in options.items()}
    (made,) = SCHEDULES[name].rate(np.array([[0.5]]), epoch, np.array([[100.0]]), given)
    assert made == pytest.approx([rate], rel=1e-15)
