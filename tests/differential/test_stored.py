"""Agreement with PyTorch, by the numbers that ``python tests/differential store`` recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import agreement
import numpy as np
import pytest
from agreement import Comparison, distance, ours
from setting import activations

from runner.nn.activations import ACTIVATIONS
from runner.nn.losses import LOSSES
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.schedules import SCHEDULES

REFERENCE = Path(__file__).parent.parent / "reference"


def recorded(name: str) -> Any:
    return json.loads((REFERENCE / f"{name}.json").read_text())


TRAININGS = recorded("trainings")


@pytest.mark.parametrize("name", recorded("activations"))
def test_activations_and_their_derivatives(name: str) -> None:
    torch = recorded("activations")[name]
    z = np.array(torch["z"])[None, None]
    with np.errstate(over="ignore"):
        a = ACTIVATIONS[name].value(z)
        slope = np.broadcast_to(ACTIVATIONS[name].derivative(z, a), z.shape)
    # Adaptive optimizers divide by it: what is nearly 0 must have its digits too.
    np.testing.assert_allclose(a[0, 0], torch["value"], rtol=1e-13, atol=1e-300)
    lost = 1e-15 if name == "tanh" else 1e-300  # 1 − a² has lost its last digits, there as here
    np.testing.assert_allclose(slope[0, 0], torch["derivative"], rtol=1e-12, atol=lost)


@pytest.mark.parametrize("name", recorded("losses"))
def test_losses_and_their_derivatives(name: str) -> None:
    torch = recorded("losses")[name]
    pred, y = np.array(torch["pred"])[None], np.array(torch["y"])[None]
    examples = pred.shape[1]
    np.testing.assert_allclose(LOSSES[name].value(pred, y).mean(), torch["value"], rtol=1e-13)
    np.testing.assert_allclose(
        LOSSES[name].derivative(pred, y)[0] / examples, torch["derivative"], rtol=1e-12, atol=1e-16
    )


@pytest.mark.parametrize("number", range(len(TRAININGS)))
def test_whole_trainings(number: int) -> None:
    torch = TRAININGS[number]
    path, orders = ours(torch["config"])
    assert orders.tolist() == torch["orders"]
    theirs = agreement.Path(np.array(torch["errors"]), np.array([torch["parameters"]]))
    comparison = Comparison(distance(path._replace(parameters=path.parameters[-1:]), theirs), torch["own"])
    assert comparison.agrees or comparison.ill_conditioned, comparison


@pytest.mark.parametrize(
    ("table", "used"),
    [
        (ACTIVATIONS, set(recorded("activations"))),
        (ACTIVATIONS, {name for t in TRAININGS for name in activations(t["config"])}),
        (LOSSES, set(recorded("losses"))),
        (LOSSES, {t["config"]["loss"] for t in TRAININGS}),
        (OPTIMIZERS, {t["config"]["optimizer"]["name"] for t in TRAININGS}),
        (SCHEDULES, {t["config"]["schedule"]["name"] for t in TRAININGS}),
    ],
    ids=["activations", "of networks", "losses", "of networks", "optimizers", "schedules"],
)
def test_every_entry_that_ships_is_compared(table: dict[str, object], used: set[str]) -> None:
    """PyTorch has a counterpart of each; of one that it does not have this list would say so."""
    assert used == set(table)


def test_what_is_stored_tells_something() -> None:
    shuffled = [t for t in TRAININGS if t["config"]["batch_size"] and t["config"]["shuffle"]]
    told = [t for t in TRAININGS if t["own"] <= agreement.TOLERANCE]
    assert len(shuffled) > 10
    assert len(told) > 0.8 * len(TRAININGS)
