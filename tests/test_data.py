"""Data: CSV files and what may be wrong with them, one-hot targets, splits and scales, generators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import runner
from runner.data.examples import GENERATORS, SCALES, SKLEARN_SETS, Data, _read_cells, read_csv
from runner.nn.arrays import Array


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
        ('"a";"y"\n1;2\n', ["line 1", "commas, not by ';'"]),
        ("a y\n1 2\n", ["line 1", "commas, not by blanks"]),
        (" 0.5  18.0   2.3\n 0.1   0.0   7.1\n", ["line 1", "commas, not by blanks"]),
        ("a,b,c,y\n1,x,,3\n4,z,2,6\n", ["line 2", "column b", "'x'", "data.inputs=[a] takes"]),
        ("a,b,y\n1,False,3\n4,True,6\n", ["column b", "'False'", "write 1 and 0", "data.inputs=[a]"]),
        ("a,b,y\n?,1,3\n4,1,6\n", ["column a", "'?'", "looks like a missing value", "data.inputs=[b]"]),
        ('a,y\n"4,750",2\n3,4\n', ["column a", "'4,750'", "digits and a point", "no column is"]),
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


@pytest.mark.parametrize(
    "cell",
    ["4,750", "$11,593", "$5", "5 €", "EUR 5", "1.234,5", "2,5", "12 %", "3‰", "1e3 km", "1.5 kg", "1 234",
     "1'234", "12,34,567", "1_000", "−5", "(4,750)", "0x1F"],
)  # fmt: skip
def test_targets_that_readers_take_for_numbers_are_no_classes(cell: str, tmp_path: Path) -> None:
    for column in ([cell, cell[:-1] + "8" if cell[-1].isdigit() else cell, "7"], [cell] * 3, ["low", cell]):
        text = "a,y\n" + "".join(f'{i},"{value}"\n' for i, value in enumerate(column))
        with pytest.raises(runner.RunnerError) as caught:
            from_csv(tmp_path, text)
        line = 2 + column.index(cell)
        assert f"line {line}, column y: '{cell}' looks like a number" in str(caught.value)
        assert "digits and a point alone" in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("2024-01-05", "a date"),
        ("5.1.2024", "a date"),
        ("3/4/24", "a date"),
        ("12:30", "a time"),
        ("NA", "a missing value"),
        ("?", "a missing value"),
        ("#N/A", "a missing value"),
    ],
)
def test_targets_that_are_no_names_are_no_classes(cell: str, what: str, tmp_path: Path) -> None:
    for others in ("red,blue", "1,2"):
        rows = "".join(f"{i},{value}\n" for i, value in enumerate([*others.split(","), cell]))
        with pytest.raises(runner.RunnerError, match=f"line 4, column y: '.*' looks like .*{what}"):
            from_csv(tmp_path, "a,y\n" + rows)


@pytest.mark.parametrize(
    "labels",
    [
        ["1st", "2nd", "Crew"],
        ["<=50K", ">50K"],
        ["+", "-"],
        ["18-25", "26-35", "36+"],
        ["True", "False"],
        ["none", "mild"],
        ["2wd", "4wd"],
        ["5 stars", "4 stars"],
        ["(0.5, 1.0]", "(1.0, 1.5]"],
        ["2,4-D", "control"],
        ["1.2.3", "1.2.4"],
    ],
)
def test_names_of_classes_with_digits_in_them(labels: list[str], tmp_path: Path) -> None:
    rows = "".join(f'{i},"{label}"\n' for i, label in enumerate(labels))
    assert from_csv(tmp_path, "a,y\n" + rows).classes == {"y": sorted(labels)}


def test_a_text_a_row_is_no_class(tmp_path: Path) -> None:
    names = [f"name {letter}{other}" for letter in "abcdef" for other in "abcdef"]
    text = "a,y\n" + "".join(f"{i},{name}\n" for i, name in enumerate(names))
    with pytest.raises(runner.RunnerError, match=r"column y: has 36 different texts in 36 rows .*too many"):
        from_csv(tmp_path, text)
    assert from_csv(tmp_path, text + text.partition("\n")[2]).targets.shape == (72, 36)


@pytest.mark.parametrize(
    ("loss", "labels"),
    [("cross_entropy", "123"), ("binary_cross_entropy_with_logits", "12"), ("cross_entropy", "01")],
)
def test_a_loss_that_wants_classes_says_how_numbers_become_such(
    loss: str, labels: str, tmp_path: Path
) -> None:
    text = "a,y\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels))
    with pytest.raises(runner.RunnerError, match="labels of classes, write them as text"):
        from_csv(tmp_path, text, f"loss={loss}")
    named = "a,y\n" + "".join(f"{i},c{label}\n" for i, label in enumerate(labels))
    assert from_csv(tmp_path, named).classes == {"y": [f"c{label}" for label in labels]}


IRIS = "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n6.4,3.2,4.5,1.5,Iris-versicolor\n"
WINE = "7.4,0.7,0,1.9,0.076,5\n7.8,0.88,0,2.6,0.098,5\n11.2,0.28,0.56,1.9,0.075,6\n7.9,0.6,0.06,1.6,0.069,5\n"


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        (IRIS, "species"),
        (IRIS, "Iris-setosa"),  # a name from another message
        (WINE, "5"),
        ("0,0,0\n0,1,1\n1,0,1\n1,1,0\n", "y"),
        ("1,2\n2,4\n3,6\n", "2"),
        ("5,?,1\n4,2,2\n6,3,1\n", "1"),
        ("male,22,7.25\nfemale,38,71.28\nmale,26,7.92\n", "7.25"),
    ],
)
def test_a_file_without_a_header_is_told(text: str, targets: str, tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError) as caught:
        from_csv(tmp_path, text, f"data.targets='{targets}'")
    for word in (text.partition("\n")[0], "line 1", "no header", "a line with the columns' names"):
        assert word in str(caught.value)
    names = ",".join("abcdef"[: text.partition("\n")[0].count(",")]) + ",y\n"
    if "?" not in text and "male" not in text:
        assert len(from_csv(tmp_path, names + text).inputs) == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "1990,2000\n1,2\n3,4\n",
        "1990,1995,2000\n1800,1900,2000\n5,2010,1990\n",
        "0,1,2,3\n0.5,1.5,2.5,0.1\n1,2,3,4\n",  # as pandas writes what has no names
        "400.5,401,401.5\n0.1,0.2,0.3\n0.4,0.1,0.2\n",  # wavelengths
        "a,1\n3,1\n4,2\n",
        "name,1990,1991\nanna,1990,1991\nbob,1,2\n",
        "city,class\nparis,paris\nrome,rome\n",
        "a,b\n,2\n3,4\n",
    ],
)
def test_headers_that_are_like_data_are_taken(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    header, lines, columns = _read_cells(path, path.read_bytes())
    assert header == text.partition("\n")[0].split(",")
    assert len(lines) == len(columns[0]) == text.count("\n") - 1


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


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("given", ["data=moons data.noise=1e308", "data=spiral data.turns=1e308"])
def test_points_that_are_no_numbers(given: str) -> None:
    with pytest.raises(runner.RunnerError, match=r"no finite numbers with data\.noise=.*1e\+308"):
        data(*given.split())


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
