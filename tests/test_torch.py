"""Agreement with PyTorch, by the numbers that tests/reference/make_torch_reference.py recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runner
from runner.config import experiment
from runner.nn.activations import ACTIVATIONS
from runner.nn.losses import LOSSES
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.schedules import SCHEDULES

REFERENCE = Path(__file__).parent / "reference"


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
    run = runner.train(experiment(torch["config"]))
    assert list(run.history["error"]) == pytest.approx(torch["errors"], rel=1e-10, abs=1e-13)
    assert list(run.result.final) == pytest.approx(torch["parameters"], rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(
    ("table", "used"),
    [
        (ACTIVATIONS, {name for t in TRAININGS for name in t["config"]["network"]["activation"]}),
        (LOSSES, {t["config"]["loss"] for t in TRAININGS}),
        (OPTIMIZERS, {t["config"]["optimizer"]["name"] for t in TRAININGS}),
        (SCHEDULES, {t["config"]["schedule"]["name"] for t in TRAININGS}),
    ],
    ids=["activations", "losses", "optimizers", "schedules"],
)
def test_all_that_torch_has_is_compared(table: dict[str, object], used: set[str]) -> None:
    """An entry that torch does not have is tested by differences alone (test_gradients.py)."""
    assert used <= set(table)
    assert len(used) >= 4


def test_live_torch_still_says_what_was_recorded() -> None:
    torch = pytest.importorskip("torch")
    z = torch.tensor(recorded("activations")["gelu"]["z"], dtype=torch.float64)
    assert torch.nn.functional.gelu(z).tolist() == pytest.approx(recorded("activations")["gelu"]["value"])
