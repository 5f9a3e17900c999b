"""A run in memory predicts for rows as they were learnt from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import runner

FRAME = pd.DataFrame(
    {"size": [1.0, 2.0, 3.0, 4.0], "kind": ["u", "v", "w", "u"], "price": [3.0, 5.0, 4.0, 1.0]}
)


def trained(*overrides: str) -> runner.Run:
    return runner.train(runner.load("network=dense", *overrides, data=FRAME, targets="price", epochs=3))


def test_columns_of_a_frame_are_found_by_name() -> None:
    run = trained("data.scale=standard", "data.scale_targets=standard")
    pred = run.predict()
    assert np.allclose(run.predict(FRAME[["kind", "price", "size"]]), pred, rtol=1e-12)
    assert np.allclose(run.predict(FRAME.iloc[2:]), pred[2:], rtol=1e-12)


def test_numbers_go_by_their_places_where_no_name_is_known() -> None:
    run = runner.train(runner.load("epochs=2"))
    expected = run.predict([[1.0, 5.0]])
    assert np.array_equal(run.predict(pd.DataFrame({"p": [1.0], "q": [5.0]})), expected)
    assert np.array_equal(run.predict(pd.DataFrame({"x2": [5.0], "x1": [1.0]})), expected)
    assert np.array_equal(run.predict(pd.DataFrame([[1.0, 5.0]])), expected)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (FRAME[["size"]], "has no column 'kind'"),
        (FRAME.assign(kind="x"), "column kind: 'x'"),
        (FRAME.assign(size=np.nan), "row 0, column size: is empty"),
        ([["a", "u"]], "inputs: must be rows of 4 numbers"),
        ([[1.0, 2.0]], "must be rows of 4 numbers"),
    ],
)
def test_rows_that_are_none_of_what_was_learnt_from(rows: object, words: str) -> None:
    run = trained()
    with pytest.raises(runner.RunnerError) as told:
        run.predict(rows)  # type: ignore[arg-type]
    assert words in str(told.value)
