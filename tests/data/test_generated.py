"""Generated points."""

from __future__ import annotations

import numpy as np
import pytest
from making_data import load_data

import runner
from runner.data.generated import GENERATORS
from runner.testing import check


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("given", ["data=moons data.noise=1e308", "data=spiral data.turns=1e308"])
def test_points_that_are_no_numbers(given: str) -> None:
    with pytest.raises(runner.RunnerError, match=r"no finite numbers with data\.noise=.*1e\+308"):
        load_data(*given.split())


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator(name: str) -> None:
    check(GENERATORS[name])
    made, same, noisy, other = (
        load_data(f"data={name}", "data.points=30", f"data.noise={noise}", f"data.seed={seed}")
        for noise, seed in ((0, 0), (0, 0), (0.1, 0), (0, 1))
    )
    assert made.inputs.tobytes() == same.inputs.tobytes()
    assert len(made.inputs) == len(made.targets) == 30
    moved = noisy.targets - made.targets if not made.classifies else noisy.inputs - made.inputs
    assert moved.std() == pytest.approx(0.1, rel=0.35)
    if made.classifies:
        assert made.one_hot
    drawn = name not in ("xor", "gaussians")  # these two have fixed points, but for the noise
    assert (made.inputs.tobytes() != other.inputs.tobytes()) == drawn


def test_generators_by_their_geometry() -> None:
    circles = load_data("data=circles", "data.noise=0", "data.factor=0.3")
    radius = np.hypot(*circles.inputs.T)
    np.testing.assert_allclose(radius, np.where(circles.targets[:, 0] == 1, 0.3, 1.0))
    xor = load_data("data=xor")
    assert xor.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert xor.targets.tolist() == [[0], [1], [1], [0]]
    plane = load_data("data=plane")
    np.testing.assert_allclose(plane.targets[:, 0], plane.inputs.mean(axis=1))
    sine = load_data("data=sine", "data.noise=0")
    np.testing.assert_allclose(sine.targets, np.sin(sine.inputs))
    assert load_data("data=gaussians", "data.classes=4").targets.shape == (200, 4)
