"""Rows to predict for: by their columns' names, however the file is written, in the run's own encoding."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from making_data import from_csv

from runner.data.examples import Data
from runner.data.new_rows import read_rows, recipe_of, targets_in
from runner.errors import RunnerError

TABLE = "kind,size,fed,y\na,1.5,yes,u\nb,2.5,no,v\nc,4.5,no,u\na,1,no,v\n"
NONE = "is none of those to learn from"


def rows_of(data: Data, path: Path, text: str | bytes) -> list[list[float]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rows(path, data, recipe_of(data)).inputs.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "fed,size,kind\nno,2.5,b\n",
        "id;size;kind;fed\nx,7;2,5;b;no\n",  # a single row tells by its header; decimal commas
        "size\tkind\tfed\ty\n2.5\tb\tNO\tw\n",  # with a target, which is not looked at
        "# made by hand\nsize|kind|fed\n2.5|b|no\n",
        gzip.compress(b"fed,size,kind\nno,2.5,b\n", mtime=0),
    ],
)
def test_rows_are_found_by_name_however_they_are_written(text: str | bytes, tmp_path: Path) -> None:
    assert rows_of(from_csv(tmp_path, TABLE), tmp_path / "new", text) == [[0, 1, 0, 2.5, 0]]


def test_inputs_are_scaled_as_the_training_part_was(tmp_path: Path) -> None:
    data = from_csv(tmp_path, "x,y\n0,1\n10,2\n", "data.scale=minmax")
    assert rows_of(data, tmp_path / "new", "x\n5\n20\n") == [[0.5], [2.0]]


@pytest.mark.parametrize(("header", "text"), [("[b,a,y]", "1,2\n3,4\n"), ("none", "1,2\n3,4\n")])
def test_a_file_without_names_has_the_inputs_in_their_order(header: str, text: str, tmp_path: Path) -> None:
    targets = {"none": "data.targets=3"}.get(header, "data.targets=y")
    data = from_csv(tmp_path, "5,6,7\n8,9,1\n", f"data.header={header}", targets)
    assert rows_of(data, tmp_path / "new", text) == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind,fed\nb,no\n", "new: has no column 'size'; it has kind, fed"),
        ("1,2,3\n", "if they are the inputs in their order, 'data.header=[kind,size,fed]' says so"),
        ("kind,fed,siz\nb,no,1\n", "new: has no column 'size' (did you mean 'siz'?)"),
        ("kind,fed,size\nb,no,1\nd,no,1\n", f"new, line 3, column kind: 'd' {NONE}: a, b, c"),
        ("kind,fed,size\nb,maybe,1\n", f"new, line 2, column fed: 'maybe' {NONE}: no, yes"),
        ("kind,fed,size\nb,no,big\n", "new, line 2, column size: 'big' is not a finite number"),
        ("kind,fed,size\nb,no,\n", "data.missing=mean fills in the column's mean"),
    ],
)  # fmt: skip
def test_what_was_not_learnt_from_is_refused_by_its_place(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(RunnerError) as caught:
        rows_of(from_csv(tmp_path, TABLE), tmp_path / "new", text)
    assert said in str(caught.value)


def test_cells_without_a_value_are_treated_as_in_training(tmp_path: Path) -> None:
    text, new = "x,z,y\n1,1,1\n3,5,2\n", "x,z\n,2\n7,8\n"
    assert rows_of(from_csv(tmp_path, text, "data.missing=mean"), tmp_path / "new", new) == [[2, 2], [7, 8]]
    data = from_csv(tmp_path, text, "data.missing=drop")
    rows = read_rows(tmp_path / "new", data, recipe_of(data))
    assert rows.inputs.tolist() == [[7, 8]]
    assert rows.said == ["1 of 2 rows left out, without a value in x"]


def test_targets_that_are_there_are_read_too(tmp_path: Path) -> None:
    data = from_csv(tmp_path, TABLE)
    for text, expected in (("kind,size,fed,y\na,1,no,v\n", [[1.0]]), ("kind,size,fed\na,1,no\n", None)):
        (tmp_path / "new").write_text(text)
        read = targets_in(read_rows(tmp_path / "new", data, recipe_of(data)).table, recipe_of(data))
        assert (None if read is None else read.tolist()) == expected
