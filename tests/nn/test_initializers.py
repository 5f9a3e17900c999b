"""Initializers: shapes, the statistics that their papers say."""

from __future__ import annotations

import numpy as np
import pytest

from runner.nn.initializers import INITIALIZERS
from runner.nn.streams import stream
from runner.testing import check

FAN_OUT, FAN_IN = 400, 100
# What the paper of each says of weights into 400 neurons from 100: (mean, standard deviation, bound).
STATISTICS: dict[str, tuple[float, float, float | None]] = {
    "zeros": (0.0, 0.0, 0.0),
    "constant": (0.1, 0.0, 0.1),
    "uniform": (0.0, 1 / 3**0.5, 1.0),
    "normal": (0.0, 1.0, None),
    "xavier_uniform": (0.0, (2 / 500) ** 0.5, (6 / 500) ** 0.5),
    "xavier_normal": (0.0, (2 / 500) ** 0.5, None),
    "he_uniform": (0.0, (2 / 100) ** 0.5, (6 / 100) ** 0.5),
    "he_normal": (0.0, (2 / 100) ** 0.5, None),
    "lecun_normal": (0.0, (1 / 100) ** 0.5, None),
    "orthogonal": (0.0, 1 / 400**0.5, None),  # columns of unit length
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer_keeps_its_promises(name: str) -> None:
    check(INITIALIZERS[name])


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_of_initializers(name: str) -> None:
    mean, std, bound = STATISTICS[name]
    initializer = INITIALIZERS[name]
    drawn = initializer.draw(
        stream(0, "weights"),
        (FAN_OUT, FAN_IN),
        **{name: option.default for name, option in initializer.options.items()},
    )
    assert drawn.shape == (FAN_OUT, FAN_IN)
    assert drawn.mean() == pytest.approx(mean, abs=4 * std / 200 + 1e-15)  # 4 standard errors of 40,000
    assert drawn.std() == pytest.approx(std, rel=0.02, abs=1e-15)
    if bound is not None:
        assert 0.99 * bound <= np.abs(drawn).max() <= bound
    elif name != "orthogonal":  # a normal distribution: 4.55 % beyond two deviations
        assert (np.abs(drawn - mean) > 2 * std).mean() == pytest.approx(0.0455, abs=0.005)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
def test_orthogonal(shape: tuple[int, int]) -> None:
    q = INITIALIZERS["orthogonal"].draw(stream(0, "weights"), shape, gain=2.0)
    small = q @ q.T if shape[0] <= shape[1] else q.T @ q
    np.testing.assert_allclose(small, 4 * np.eye(min(shape)), atol=1e-14)
