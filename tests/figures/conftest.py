"""The sweeps and runs that the figures are tested on, made once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from making_sweeps import make_sweep
from reading_figures import retold, sweep_of

RATES = [0.0005, 0.005, 0.05, 0.2, 3.0, 10.0]


@pytest.fixture(scope="session")
def rates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The article's network at six learning rates, of which the largest two diverge."""
    return make_sweep(tmp_path_factory.mktemp("rates") / "s", {"learning_rate": RATES}, ["epochs=60"])


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two keys and four seeds: the two inputs of exclusive or, with points held out."""
    return make_sweep(
        tmp_path_factory.mktemp("seeds") / "s",
        {"learning_rate": [0.05, 0.1, 0.2, 2000.0], "regularization.l2": [0.01, 0.02], "seed": [0, 1, 2, 3]},
        ["experiment=xor", "epochs=250", "data.points=24", "data.noise=0.1", "data.test_fraction=0.25",
         "network.output_activation=identity", "loss=mean_squared_error", "log.curvature=125"],
    )  # fmt: skip


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More runs than can be drawn one by one."""
    values = [round(0.0005 * 1.03**i, 9) for i in range(150)]
    return make_sweep(tmp_path_factory.mktemp("many") / "s", {"learning_rate": values}, ["epochs=20"])


@pytest.fixture(scope="session")
def alone(rates: Path) -> Path:
    """One run of the article's network, at η = 0.05."""
    return rates / "2"


@pytest.fixture(scope="session")
def diverged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of which every run diverges."""
    return make_sweep(tmp_path_factory.mktemp("lost") / "s", {"learning_rate": [5.0, 10.0]}, ["epochs=50"])


@pytest.fixture(scope="session")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three activations at two rates, four seeds each; runs of two of them are lost at the larger one."""
    swept: dict[str, list[Any]] = {
        "network.activation": ["tanh", "relu", "sin"], "learning_rate": [0.01, 0.1], "seed": [0, 1, 2, 3],
    }  # fmt: skip
    overrides = [
        "network=dense",
        "network.hidden=[2]",
        "data=xor",
        "data.points=24",
        "data.test_fraction=0.5",
    ]
    sweep = sweep_of(tmp_path_factory.mktemp("lost"), swept, *overrides, "epochs=4")
    states, errors_said = ["completed"] * 24, ["0.125"] * 24
    states[12:16] = ["diverged", "diverged", "completed", "completed"]  # relu at 0.1: half of them
    errors_said[20:23] = ["1e34", "1e34", "1e40"]  # sin at 0.1: three of four
    # so small a best error that none of these is soon at a hundredth of the first
    known = {"initial_error": ["1"] * 24, "best_error": ["1e-9"] * 24}
    return retold(sweep, status=states, final_error=errors_said, **known)
