"""Data: CSV files and what may be wrong with them, one-hot targets, splits and scales, generators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import runner
from runner.arrays import Array
from runner.data import GENERATORS, SCALES, SKLEARN_SETS, read_csv
from runner.experiment import Data


def data(*overrides: str) -> Data:
    return runner.load("network=dense", *overrides).data


def from_csv(tmp_path: Path, text: str | bytes, *overrides: str) -> Data:
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return data("data=csv", f"data.path={path}", "data.targets=y", *overrides)


@pytest.mark.parametrize(
    "text",
    [
        "a,b,y\n1,2,3\n4,5,6\n",
        "a,b,y\r\n1,2,3\r\n4,5,6",  # as Windows writes it, without a last line's end
        b"\xef\xbb\xbfa,b,y\n1,2,3\n4,5,6\n",  # with a byte order mark, as Excel writes it
        "a, b, y\n\n1, 2, 3\n\n4,5,6\n\n",  # blanks and blank lines
        'a,"b",y\n"1",2,"3"\n4,5,6\n',
        "a,b,y\n1e0,2.0,+3\n4,5,6\n",
    ],
)
def test_the_same_table_written_in_many_ways(text: str | bytes, tmp_path: Path) -> None:
    table = from_csv(tmp_path, text)
    assert table.inputs.tolist() == [[1, 2], [4, 5]]
    assert table.targets.tolist() == [[3], [6]]
    assert (table.input_names, table.target_names) == (("a", "b"), ("y",))


def test_columns_by_name_in_the_order_asked_for(tmp_path: Path) -> None:
    table = from_csv(tmp_path, "a,b,c,y\n1,2,x,3\n4,5,z,6\n", "data.inputs=[b,a]")  # c is left alone
    assert table.inputs.tolist() == [[2, 1], [5, 4]]


def test_text_targets_become_classes(tmp_path: Path) -> None:
    two = from_csv(tmp_path, "a,y\n1,no\n2,yes\n3,no\n")
    assert (two.targets.tolist(), two.target_names) == ([[0], [1], [0]], ("y=yes",))
    three = from_csv(tmp_path, "a,y\n1,red\n2,blue\n3,green\n")
    assert three.target_names == ("y=blue", "y=green", "y=red")
    assert three.targets.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert three.classifies


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["is empty", "header"]),
        ("a,y\n", ["header and no rows"]),
        ("a,y\n1,2\n3\n", ["line 3", "has 1 cells", "header has 2"]),
        ("a,y\n1,2\n\n3,4,5\n", ["line 4", "has 3 cells"]),
        ("a,y\n1,2\nx,4\n", ["line 3", "column a", "'x' is not a finite number"]),
        ("a,y\n1,2\nnan,4\n", ["line 3", "column a", "'nan'"]),
        ("a,y\n1,2\n3,\n", ["line 3", "column y", "is empty"]),
        ("a,y\n1,\n3,4\n", ["line 2", "column y", "is empty"]),
        ("a,y\n1,2\n3,inf\n", ["line 3", "column y", "'inf'"]),
        ("a,y\n1,2\n3,red\n", ["line 3", "column y", "'red'"]),
        ("a,y\n1,red\n3,red\n", ["column y", "only one class", "red"]),
        ("a,a,y\n1,2,3\n", ["line 1", "'a' is there twice"]),
        ("a,Y\n1,2\n", ["data.targets=y", "no such column", "it has a, Y"]),
        ("a;y\n1;2\n", ["line 1", "has one column, 'a;y'", "commas, not by ';'"]),
        ("a\ty\n1\t2\n", ["line 1", "commas, not by '\\t'"]),
        ("a,y,\n1,2,3\n", ["line 1", "column 3 has no name"]),
        ("a,y\n1,1O\n2,2.5\n", ["line 2", "column y", "'1O' is not a number", "line 3 has one"]),
        ("a,y\n1_000,2\n", ["line 2", "column a", "'1_000'"]),
        ('a,y\n1,2\n3,"4\n5,6\n', ["line 3", "cannot be read as CSV"]),
        ("y\n1\n", ["data.inputs", "at least one column"]),
        (b"a,y\n1,\xff\n", ["is not UTF-8 text", "save it as UTF-8"]),
    ],
)
def test_what_may_be_wrong_with_a_file(text: str | bytes, words: list[str], tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError) as caught:
        from_csv(tmp_path, text)
    assert "table.csv" in str(caught.value) or "data.inputs" in words
    for word in words:
        assert word in str(caught.value)


def test_blanks_make_no_difference(tmp_path: Path) -> None:
    table = from_csv(tmp_path, "\n\na, y\n1, cat \n2,cat\n3,dog\n")
    assert table.targets[:, 0].tolist() == [0, 0, 1]


def test_a_column_may_be_called_by_a_number(tmp_path: Path) -> None:
    (tmp_path / "years.csv").write_text("1990,1991\n1,2\n")
    table = data("data=csv", f"data.path={tmp_path}/years.csv", "data.targets=1991", "data.inputs=[1990]")
    assert (table.inputs.tolist(), table.targets.tolist()) == ([[1]], [[2]])


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("value", [0.1, 0.7, 1e300, 3.0])
def test_a_column_that_does_not_vary_is_only_shifted(scale: str, value: float, tmp_path: Path) -> None:
    text = "a,b,y\n" + "".join(f"{value},{i},{i}\n" for i in range(11))
    table = from_csv(tmp_path, text, f"data.scale={scale}", "data.test_fraction=0.2")
    assert (table.inputs[:, 0] == 0).all()
    assert table.test_inputs is not None
    assert (table.test_inputs[:, 0] == 0).all()


def test_a_file_that_there_is_not() -> None:
    with pytest.raises(runner.RunnerError, match=r"data.path=nowhere.csv: there is no such file"):
        data("data=csv", "data.path=nowhere.csv", "data.targets=y")


def test_real_measurements_that_ship() -> None:
    table = read_csv(Path(__file__).parent.parent / "conf/data/cars.csv", None, ["distance"])
    assert table.inputs.shape == (50, 1)
    assert (table.inputs.mean(), table.targets.mean()) == (15.4, 42.98)  # as R's summary(cars)


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


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator(name: str) -> None:
    made, same, noisy, other = (
        data(f"data={name}", "data.points=30", *more)
        for more in (["data.noise=0"], ["data.noise=0"], ["data.noise=0.1"], ["data.noise=0", "data.seed=1"])
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
    circles = data("data=circles", "data.noise=0", "data.factor=0.3")
    radius = np.hypot(*circles.inputs.T)
    np.testing.assert_allclose(radius, np.where(circles.targets[:, 0] == 1, 0.3, 1.0))
    xor = data("data=xor")
    assert xor.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert xor.targets.tolist() == [[0], [1], [1], [0]]
    plane = data("data=plane")
    np.testing.assert_allclose(plane.targets[:, 0], plane.inputs.mean(axis=1))
    sine = data("data=sine", "data.noise=0")
    np.testing.assert_allclose(sine.targets, np.sin(sine.inputs))
    assert data("data=gaussians", "data.classes=4").targets.shape == (200, 4)


@pytest.mark.parametrize("name", SKLEARN_SETS)
def test_sets_of_scikit_learn(name: str) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = getattr(datasets, f"load_{name}")()
    made = data(f"data={name}", "data.test_fraction=0", "data.scale=null")
    np.testing.assert_array_equal(made.inputs, bunch.data)
    if made.targets.shape[1] == 1:
        np.testing.assert_array_equal(made.targets[:, 0], bunch.target)
    else:
        np.testing.assert_array_equal(made.targets.argmax(axis=1), bunch.target)
        np.testing.assert_array_equal(made.targets.sum(axis=1), 1.0)


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    assert from_csv(tmp_path, "a,y\n1,2\n").inputs.tolist() == [[1]]
    assert from_csv(tmp_path, "a,y\n10,2\n").inputs.tolist() == [[10]]
