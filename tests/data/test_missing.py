"""Cells without a value: refused in all columns at once, left out, filled in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making_data import from_csv

import runner

TEXT = "a,c,y\n1,u,1\n?,v,2\n3,,3\n8,u,NA\n5,v,5\n"


def test_refused_with_all_that_is_missing_and_the_keys(tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError) as caught:
        from_csv(tmp_path, TEXT)
    message = str(caught.value)
    for words in ("line 3, column a: '?'", "line 4, column c: is empty", "line 5, column y: 'NA'"):
        assert words in message
    assert "data.missing=drop leaves out rows without a value (3 of 5)" in message
    assert "data.missing=mean" in message


def test_drop_leaves_out_rows_and_says_so(tmp_path: Path) -> None:
    data = from_csv(tmp_path, TEXT, "data.missing=drop")
    assert (data.inputs.tolist(), data.targets.tolist()) == ([[1, 0], [5, 1]], [[1], [5]])
    assert data.said[-1] == "3 of 5 rows left out, without a value in a, c, y"


def test_mean_is_that_of_the_training_part(tmp_path: Path) -> None:
    data = from_csv(tmp_path, TEXT, "data.missing=mean")
    assert data.inputs.tolist() == [[1, 0], [3, 1], [3, 2 / 3], [5, 1]]
    assert data.said[-2:] == (
        "1 of 5 rows left out, without a value in y",
        "cells without a value get their column's mean: a (1), c (1)",
    )
    rows = "".join(f"{'' if i % 3 == 0 else i},{i}\n" for i in range(12))
    halves = from_csv(tmp_path, "a,y\n" + rows, "data.missing=mean", "data.test_fraction=0.5")
    known = halves.targets[:, 0][halves.targets[:, 0] % 3 != 0]
    assert halves.fill is not None
    np.testing.assert_allclose(halves.fill, known.mean())
    assert halves.test_inputs is not None
    assert not np.isnan(halves.test_inputs).any()
    np.testing.assert_array_equal(halves.scaled(np.array([[np.nan]])), halves.fill[None])


def test_nothing_may_be_left(tmp_path: Path) -> None:
    text = "a,b,y\n,1,2\n,3,4\n"
    with pytest.raises(runner.RunnerError, match=r"data.missing=drop: leaves none of the 2 rows"):
        from_csv(tmp_path, text, "data.missing=drop")
    with pytest.raises(runner.RunnerError, match=r"data.missing=mean: column 'a' has no value"):
        from_csv(tmp_path, text, "data.missing=mean")
