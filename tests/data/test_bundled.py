"""scikit-learn's own sets."""

from __future__ import annotations

import numpy as np
import pytest
from making_data import load_data

from runner.data.bundled import SKLEARN_SETS


@pytest.mark.parametrize("name", SKLEARN_SETS)
def test_sets_of_scikit_learn(name: str) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = getattr(datasets, f"load_{name}")()
    made = load_data(f"data={name}", "data.test_fraction=0", "data.scale=null")
    np.testing.assert_array_equal(made.inputs, bunch.data)
    if made.targets.shape[1] == 1:
        np.testing.assert_array_equal(made.targets[:, 0], bunch.target)
    else:
        np.testing.assert_array_equal(made.targets.argmax(axis=1), bunch.target)
        np.testing.assert_array_equal(made.targets.sum(axis=1), 1.0)
