"""The values of intervals: spaced, and sampled."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import ConfigError, RunnerError
from runner.sweeping.intervals import KINDS, Sample, sample_of, spaced


@given(st.floats(1e-6, 1e3), st.floats(1.000001, 1e6), st.integers(2, 500), st.booleans())
def test_points_are_apart_and_end_where_they_should(
    start: float, factor: float, points: int, logarithmic: bool
) -> None:
    values = spaced(start, start * factor, points, logarithmic)
    assert len(set(values)) == points
    assert (values[0], values[-1]) == (start, start * factor)
    assert values == sorted(values)


@pytest.mark.parametrize(("start", "end", "log"), [(-1.7e308, 1.7e308, False), (1e-320, 1e308, True)])
def test_the_widest_intervals_have_a_middle(start: float, end: float, log: bool) -> None:
    assert start < spaced(start, end, 3, log)[1] < end


def test_rounding_passes_no_end() -> None:
    assert spaced(1.015625, 1.0156260156249999, 3, False)[1] == 1.015626  # six digits: 1.01563
    assert spaced(2.0, 1.0, 3, False) == [2.0, 1.5, 1.0]


def test_points_have_six_digits_where_that_keeps_them_apart() -> None:
    assert spaced(0.1, 1.0, 4, True)[1] == 0.215443  # 10^(-2/3) = 0.21544346…
    assert spaced(1.0, 1.000002, 5, False)[1:4] == [1.0000005, 1.000001, 1.0000015]


@pytest.mark.parametrize("kind", KINDS)
def test_samples_fill_the_cube_and_go_on(kind: str) -> None:
    sample = sample_of(kind, 3)
    assert sample is not None
    points = sample.places(100, 2)
    assert points.shape == (100, 2)
    np.testing.assert_array_equal(points[:37], sample.places(37, 2))
    assert ((points >= 0) & (points < 1)).all()
    fewest = 1 if kind == "random" else 20  # of four quarters; a net of 64 has 16 in each
    quarters = np.unique(points.round(), axis=0, return_counts=True)[1]
    assert len(quarters) == 4
    assert quarters.min() >= fewest
    assert not np.array_equal(points, Sample(kind, 4).places(100, 2))
    assert sample.places(1, 2).shape == (1, 2)


def test_what_is_no_sample_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample_of(None, 0) is None
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.sample=sobel: must be one of sobol, random"):
        sample_of("sobel", 0)
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(RunnerError, match="needs SciPy"):
        Sample("sobol", 0).places(2, 1)
