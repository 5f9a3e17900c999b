"""Arrays of some of the parameters, and of all."""

from __future__ import annotations

import numpy as np

from runner.nn.arrays import spread


def test_values_stand_at_their_places_among_zeros() -> None:
    some = np.array([[1.0, 2.0]] * 3)  # as many runs as there are parameters
    assert spread(some, np.array([0, 2]), 3).tolist() == [[1.0, 0.0, 2.0]] * 3
    assert spread(some, slice(0, 2), 3).tolist() == [[1.0, 2.0, 0.0]] * 3
    assert spread(some[None], slice(0, 2), 4).shape == (1, 3, 4)
    whole = np.ones((2, 3))
    assert spread(whole, slice(0, 3), 3) is whole
