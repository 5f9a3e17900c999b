"""Names beside lines, in their order and none over another."""

from __future__ import annotations

import numpy as np

from runner.figures.style.names import apart


def test_names_of_lines_stand_apart_within_the_panel() -> None:
    values = np.array([0.0, -12.9, -13.3, -13.8, -13.9])
    heights = apart(values[1:], 0.085 * np.ptp(values), values.min(), values.max())
    assert list(np.argsort(-heights)) == [0, 1, 2, 3]
    assert np.diff(np.sort(heights)).min() > 0.08 * np.ptp(values)
    assert values.min() <= heights.min()
    assert heights.max() <= values.max()
    assert apart(np.array([0.0, 0.5, 1.0]), 0.2, 0.1, 0.9).tolist() == [0.1, 0.5, 0.9]  # apart already
