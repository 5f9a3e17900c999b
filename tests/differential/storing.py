"""PyTorch's numbers for the tests where it is not installed: three files in tests/reference."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch_peer
from agreement import ours, spread
from configurations import configurations
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

REFERENCE = Path(__file__).parent.parent / "reference"
#: Trainings with each activation.
EACH = 8
#: JSON has no infinity.
LARGEST = 1e300


def store() -> None:
    rng = random.Random(0)
    _write("activations", {name: _activation(f) for name, f in torch_peer.ACTIVATIONS.items()})
    _write("losses", {name: _loss(name, f, rng) for name, f in torch_peer.LOSSES.items()})
    _write("trainings", [_training(config) for config in drawn()])


def drawn() -> list[dict[str, Any]]:
    """Some of each activation, the same whenever this Hypothesis draws them."""
    configs: list[dict[str, Any]] = []
    for number, name in enumerate(torch_peer.ACTIVATIONS):
        # the first that it draws is the simplest there is
        configs += _drawn(configurations(activations=(name, "tanh")), number)[1:]
    return configs


def _drawn(strategy: SearchStrategy[dict[str, Any]], start: int) -> list[dict[str, Any]]:
    configs: list[dict[str, Any]] = []

    @seed(start)
    @settings(
        max_examples=EACH + 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(strategy)
    def draw(config: dict[str, Any]) -> None:
        configs.append(config)

    draw()
    return configs


def _training(config: dict[str, Any]) -> dict[str, Any]:
    """Errors, last parameters, and how far torch is from itself after a start one rounding away."""
    _, orders = ours(config)
    path = torch_peer.train(config, orders)
    return {
        "config": config,
        "orders": orders.tolist(),
        "errors": path.errors.tolist(),
        "parameters": path.parameters[-1].tolist(),
        "own": min(spread(config, torch_peer.train, orders, path), LARGEST),
    }


def _activation(f: Callable[[torch.Tensor], torch.Tensor]) -> dict[str, Any]:
    z = [*torch.linspace(-6, 6, 40, dtype=torch.float64).tolist(), -40.0, -20.5, 20.5, 40.0, 0.0]
    at = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    value = f(at)
    value.sum().backward()
    return {"z": z, "value": value.tolist(), "derivative": at.grad.tolist()}


def _loss(name: str, f: Callable[..., torch.Tensor], rng: random.Random) -> dict[str, Any]:
    rows, outputs = 6, 3
    pred = [[rng.gauss(0, 2) for _ in range(outputs)] for _ in range(rows)]
    y = [[rng.gauss(0, 1) for _ in range(outputs)] for _ in range(rows)]
    if name.startswith("binary"):
        y = [[rng.random() for _ in range(outputs)] for _ in range(rows)]
    if name == "binary_cross_entropy":
        pred = [[rng.random() for _ in range(outputs)] for _ in range(rows)]
    if name == "cross_entropy":
        y = [[0.2, 0.5, 0.3], *[[0.0, 1.0, 0.0]] * (rows - 1)]
    at = torch.tensor(pred, dtype=torch.float64, requires_grad=True)
    value = f(at, torch.tensor(y, dtype=torch.float64))
    value.backward()
    return {"pred": pred, "y": y, "value": value.item(), "derivative": at.grad.tolist()}


def _write(name: str, content: Any) -> None:
    text = json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n"
    (REFERENCE / f"{name}.json").write_text(text, encoding="utf-8")
