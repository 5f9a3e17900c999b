"""What counts as the same, as different and as nothing that can be told, with ourselves as the peer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from agreement import Comparison, Path, Peer, compared, distance, nudged, ours
from setting import Config

#: The article's network.
CONFIG: Config = {
    "learning_rate": 0.05,
    "epochs": 10,
    "batch_size": None,
    "loss": "half_squared_error",
    "network": {
        "hidden": [2],
        "activation": ["identity"],
        "weights": [[[0.11, 0.21], [0.12, 0.08]], [[0.14, 0.15]]],
        "biases": None,
    },
    "data": {"name": "inline", "inputs": [[2.0, 3.0]], "targets": [[1.0]]},
}
#: And one at a rate of which the figure `bifurcation` says "irregular".
CHAOS: Config = {**CONFIG, "learning_rate": 0.5, "epochs": 300}


def told(change: Callable[[Config], Config]) -> Peer:
    """Ourselves, told something else."""
    return lambda config, orders: ours(change(config))[0]


def test_the_same_agrees() -> None:
    assert compared(CONFIG, told(dict)) == Comparison(0.0, 0.0, 10)


def test_one_factor_of_a_millionth_is_a_difference_and_nobody_s_own() -> None:
    comparison = compared(CONFIG, told(lambda c: {**c, "learning_rate": c["learning_rate"] * (1 + 1e-6)}))
    assert not comparison.agrees
    assert not comparison.ill_conditioned


def test_where_one_rounding_changes_everything_nothing_can_be_told() -> None:
    comparison = compared(CHAOS, told(lambda config: nudged(config, 7)))
    assert comparison.distance > 1e-3
    assert comparison.ill_conditioned


def test_a_path_that_ends_before_the_other_differs() -> None:
    short = ours({**CONFIG, "epochs": 9})[0]
    assert distance(ours(CONFIG)[0], short) == np.inf
    comparison = compared(CONFIG, told(lambda config: {**config, "epochs": 9}))
    assert not comparison.ill_conditioned


@pytest.mark.parametrize("number", [0.3, -2.0, 1e-9])
def test_a_nudge_is_one_rounding(number: float) -> None:
    network: dict[str, Any] = {"weights": [[[number, 0.0]]], "biases": None}
    moved = nudged({"network": network}, 0)["network"]
    assert abs(moved["weights"][0][0][0] - number) == pytest.approx(np.spacing(abs(number)), rel=0.5)
    assert abs(moved["weights"][0][0][1]) == 2.0**-53
    assert moved["biases"] is None


def test_what_is_small_is_compared_as_a_thousandth() -> None:
    a, b = (Path(np.array([error]), np.zeros((1, 1))) for error in (1e-20, 3e-20))
    assert distance(a, b) == pytest.approx(2e-17)
