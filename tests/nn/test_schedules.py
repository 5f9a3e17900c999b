"""Every schedule: its formula is its rate, and its rates are those worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from runner.nn.schedules import SCHEDULES
from runner.testing import check


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_keeps_its_promises(name: str) -> None:
    check(SCHEDULES[name])


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
