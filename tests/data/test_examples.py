"""The held-out part, and the scales."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from making_data import from_csv

import runner
from runner.data.scaling import SCALES
from runner.nn.arrays import Array


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("value", [0.1, 0.7, 1e300, 3.0])
def test_a_column_that_does_not_vary_is_only_shifted(scale: str, value: float, tmp_path: Path) -> None:
    text = "a,b,y\n" + "".join(f"{value},{i},{i}\n" for i in range(11))
    table = from_csv(tmp_path, text, f"data.scale={scale}", "data.test_fraction=0.2")
    assert (table.inputs[:, 0] == 0).all()
    assert table.test_inputs is not None
    assert (table.test_inputs[:, 0] == 0).all()


def test_the_held_out_part_is_drawn_and_the_rest_keeps_its_order(tmp_path: Path) -> None:
    text = "a,y\n" + "".join(f"{i},{10 * i}\n" for i in range(20))
    table = from_csv(tmp_path, text, "data.test_fraction=0.3")
    assert table.test_inputs is not None
    assert table.test_targets is not None
    train, test = table.inputs[:, 0], table.test_inputs[:, 0]
    assert (len(train), len(test)) == (14, 6)
    assert sorted([*train, *test]) == list(range(20))
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
    assert list(test) != list(range(14, 20))
    assert (table.targets == 10 * table.inputs).all()
    other = from_csv(tmp_path, text, "data.test_fraction=0.3", "data.seed=1")
    assert other.inputs.tolist() != table.inputs.tolist()


@pytest.mark.parametrize(
    ("scale", "statistics"),
    [
        ("standard", lambda x: (x.mean(axis=0), x.std(axis=0))),
        ("minmax", lambda x: (x.min(axis=0), np.ptp(x, axis=0))),
    ],
)
def test_scales_are_fitted_on_the_training_part_only(
    scale: str, statistics: Callable[[Array], tuple[Array, Array]], tmp_path: Path
) -> None:
    rows = np.random.default_rng(0).normal(50, [9, 0], (30, 2))  # the second column does not vary
    text = "a,b,y\n" + "".join(f"{a!r},{b!r},1\n" for a, b in rows.tolist())
    plain = from_csv(tmp_path, text, "data.test_fraction=0.5")
    scaled = from_csv(tmp_path, text, "data.test_fraction=0.5", f"data.scale={scale}")
    assert plain.test_inputs is not None
    shift, spread = statistics(plain.inputs)
    np.testing.assert_allclose(scaled.inputs[:, 0], (plain.inputs[:, 0] - shift[0]) / spread[0])
    np.testing.assert_allclose(scaled.test_inputs[:, 0], (plain.test_inputs[:, 0] - shift[0]) / spread[0])
    np.testing.assert_array_equal(scaled.inputs[:, 1], 0.0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    "column",
    [
        [1e-200, 2e-200, 4e-200],
        [1e160, -3e160, 2e160],
        [1e308, 1.1e308, 1.7e308],
        [1e308, 1e308, 1e308],
        [1.7976931348623157e308, 0.0, 1e308],
        [2e-308, 9e-308, 1e-307],
        [0.0, 0.0, 0.0],
    ],
)
def test_columns_of_any_size_are_scaled_alike(column: list[float], scale: str, tmp_path: Path) -> None:
    text = "a,b,y\n" + "".join(f"{value!r},{i},{i}\n" for i, value in enumerate(column))
    table = from_csv(tmp_path, text, f"data.scale={scale}")
    size = max(map(abs, column)) or 1.0
    alike = from_csv(tmp_path, "a,y\n" + "".join(f"{v / size!r},0\n" for v in column), f"data.scale={scale}")
    np.testing.assert_allclose(table.inputs[:, 0], alike.inputs[:, 0], rtol=1e-12, atol=1e-15)
    assert table.scale is not None
    own = table.in_own_units(table.inputs)
    np.testing.assert_allclose(own[:, 0] / size, np.array(column) / size, rtol=1e-12, atol=1e-15)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("scale", "column", "rest"),
    [
        ("minmax", [-1e308, 1e308], []),
        ("standard", [5e-324, 1e-323], []),
        ("minmax", [1e-310, 3e-310], []),
        ("standard", [1e-300, 2e-300, 3e-300, 1e300], ["data.test_fraction=0.25", "data.seed=2"]),
    ],
)
def test_a_column_that_cannot_be_scaled_is_named(
    scale: str, column: list[float], rest: list[str], tmp_path: Path
) -> None:
    text = "a,b,y\n" + "".join(f"{i},{value!r},{i}\n" for i, value in enumerate(column))
    with pytest.raises(runner.RunnerError, match=rf"data\.scale={scale}: column 'b'"):
        from_csv(tmp_path, text, f"data.scale={scale}", *rest)  # the last of four is held out


def test_a_scale_has_the_bytes_that_it_always_had(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal([50, 0, 1e-9, 3e12], [9, 1, 1e-3, 1e12], (40, 4))
    text = "a,b,c,d,y\n" + "".join(f"{','.join(map(repr, row))},1\n" for row in rows.tolist())
    for scale, of in SCALES.items():
        shift, spread = of(rows)
        expected = (rows - shift) / spread
        assert from_csv(tmp_path, text, f"data.scale={scale}").inputs.tobytes() == expected.tobytes()
