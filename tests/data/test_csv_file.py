"""CSV files: columns by name, classes of text, and what may be wrong with a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making_data import from_csv, load_data

import runner
from runner.config import conf_dir
from runner.data.csv_file import read_csv


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
        ("a,Y\n1,2\n", ["data.targets=y", "no such column", "it has a, Y"]),
        ("a;y\n1;2\n", ["line 1", "has one column, 'a;y'", "separated by ';'", "data.separator=';' says so"]),
        ('"a";"y"\n1;2\n', ["line 1", "data.separator=';'"]),
        ("a y\n1 2\n", ["line 1", "data.separator=blanks", "fewer than 4 rows"]),
        (" 0.5  18.0   2.3\n 0.1   0.0   7.1\n", ["line 1", "separated by blanks"]),
        (
            "a,b,c,y\n1,x,,3\n4,z,2,6\n",
            ["line 2, column c: is empty", "data.inputs=[a,b] takes"],
        ),
        ("a,b,y\n1,p,3\n4,p,6\n", ["column b", "only one text, 'p'", "data.inputs=[a]"]),
        ("a,b,y\n?,1,3\n4,1,6\n", ["column a", "'?'", "looks like a missing value", "data.inputs=[b]"]),
        ('a,y\n"4,750",2\n3,4\n', ["column a", "'4,750'", "digits and a point", "no column is"]),
        ("a\ty\n1\t2\n", ["line 1", "separated by '\\t'", "data.separator=tab"]),
        ("a,y,\n1,2,3\n", ["line 1", "column 3 has no name"]),
        ("a,y\n1,1O\n2,2.5\n", ["line 2", "column y", "'1O' is not a number", "line 3 has one"]),
        ("a,y\n1_000,2\n", ["line 2", "column a", "'1_000'"]),
        ('a,y\n1,2\n3,"4\n5,6\n', ["line 3", "cannot be read as CSV"]),
        ("y\n1\n", ["data.inputs", "at least one column"]),
        (b"a,y\n1,\x00\xff\n", ["is no text in UTF-8", "data.encoding=NAME"]),
        (b"PK\x03\x04", ["is an Excel workbook", "save it as CSV"]),
    ],
)
def test_what_may_be_wrong_with_a_file(text: str | bytes, words: list[str], tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError) as caught:
        from_csv(tmp_path, text)
    assert "table.csv" in str(caught.value) or "data.inputs" in words
    for word in words:
        assert word in str(caught.value)


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


def test_blanks_make_no_difference(tmp_path: Path) -> None:
    table = from_csv(tmp_path, "\n\na, y\n1, cat \n2,cat\n3,dog\n")
    assert table.targets[:, 0].tolist() == [0, 0, 1]


def test_a_column_may_be_called_by_a_number(tmp_path: Path) -> None:
    (tmp_path / "years.csv").write_text("1990,1991\n1,2\n")
    table = load_data(
        "data=csv", f"data.path={tmp_path}/years.csv", "data.targets=1991", "data.inputs=[1990]"
    )
    assert (table.inputs.tolist(), table.targets.tolist()) == ([[1]], [[2]])


def test_a_first_line_of_thousands_of_digits_is_one_of_numbers(tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_text(f"{'9' * 5000},y\n2,3\n1,2\n4,5\n")
    assert read_csv(tmp_path / "far.csv", None, ["y"]).inputs.tolist() == [[2], [1], [4]]


def test_texts_are_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text('x,y\n"a\nb",1\n"c\nd",2\n"e\nf",3\n')
    with pytest.raises(runner.RunnerError, match=r"3 different texts in 3 rows \('a\\nb', "):
        read_csv(tmp_path / "lines.csv", None, ["y"])


@pytest.mark.parametrize("name", ["mass (kg)", "mass\\n(kg)", "mass\\r\\n (kg)"])
def test_a_name_over_two_lines_is_one_of_a_line(name: str, tmp_path: Path) -> None:
    """As spreadsheets break long ones; however it is asked for, and told."""
    (tmp_path / "t.csv").write_bytes(b'"mass\n(kg)","height\r\n(cm)",y\n1,2,3\n4,5,6\n')
    (tmp_path / "mine.yaml").write_text(
        f'network: dense\ndata: csv\ndata.path: {tmp_path}/t.csv\ndata.targets: ["{name}"]\n'
    )
    experiment = runner.load(str(tmp_path / "mine.yaml"), "epochs=0")
    assert experiment.data.target_names == ("mass (kg)",)
    assert experiment.data.input_names == ("height (cm)", "y")
    rows = pd.DataFrame({"y": [3.0], "height\n(cm)": [2.0]})
    run = runner.train(experiment)
    assert run.predict(rows).tolist() == run.predict(np.array([[2.0, 3.0]])).tolist()
    with pytest.raises(runner.RunnerError, match=r"it has mass \(kg\), height \(cm\), y$"):
        read_csv(tmp_path / "t.csv", None, ["mass"])


def test_a_file_that_there_is_not() -> None:
    with pytest.raises(runner.RunnerError, match=r"data.path=nowhere.csv: there is no such file"):
        load_data("data=csv", "data.path=nowhere.csv", "data.targets=y")


def test_real_measurements_that_ship() -> None:
    table = read_csv(conf_dir() / "data" / "cars.csv", None, ["distance"])
    assert table.inputs.shape == (50, 1)
    assert (table.inputs.mean(), table.targets.mean()) == (15.4, 42.98)  # as R's summary(cars)


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    assert from_csv(tmp_path, "a,y\n1,2\n").inputs.tolist() == [[1]]
    assert from_csv(tmp_path, "a,y\n10,2\n").inputs.tolist() == [[10]]
