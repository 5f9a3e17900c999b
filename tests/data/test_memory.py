"""Examples in memory are what the same numbers in a file are; what is wrong with them is said likewise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import runner
from runner.config.given import made_here
from runner.data.csv_file import Reading, examples_of, read_csv
from runner.data.examples import Data
from runner.data.memory import as_csv, in_memory

FRAME = pd.DataFrame(
    {
        "size": [1.5, 0.1, -3.0, 1e-300, 7.0, 2.0],
        "kind": pd.Categorical(["red", "blue", "green", "red", "blue", "green"]),
        "new": [True, False, True, True, False, False],
        "count": np.array([1, 2, 3, 4, 5, 6], dtype=np.int32),
        "species": ["cat", "dog", "cat", "dog", "cat", "dog"],
    }
)


def load(*data: Any, **keys: Any) -> Data:
    """As ``runner.load`` has it, but for Hydra, which takes its time."""
    return made_here(keys, in_memory(*data)).data


CLASSIFIED = ["network=dense", "loss=cross_entropy", "data.test_fraction=0.3", "data.scale=standard"]


def test_a_frame_is_the_file_that_it_is_written_to(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "f.csv", index=False)
    from_file = runner.load(
        *CLASSIFIED, f"data.path={tmp_path / 'f.csv'}", "data=csv", "data.targets=species"
    )
    whole = runner.load(*CLASSIFIED, data=FRAME, targets="species")
    pair = runner.load(*CLASSIFIED, data=(FRAME.drop(columns="species"), FRAME["species"]))
    for data in (whole.data, pair.data):
        for name in ("inputs", "targets", "test_inputs", "test_targets"):
            assert np.array_equal(getattr(data, name), getattr(from_file.data, name))
        for name in ("input_names", "target_names", "classes"):
            assert getattr(data, name) == getattr(from_file.data, name)


X, Y = [[0.0, 1.0], [1.0, 0.5], [2.0, 2.0]], [0.5, 1.5, 2.0]


@pytest.mark.parametrize(
    "given",
    [
        (X, Y),
        (np.array(X), np.array(Y)),
        (np.array(X, dtype=np.float32), np.array(Y)[:, None]),
        (pd.DataFrame(X), pd.Series(Y)),
        (pd.DataFrame(X, dtype="Float64"), pd.Series(Y, index=[4, 5, 6])),
        (pa.table({"x1": [0, 1, 2], "x2": [1.0, 0.5, 2.0]}), pa.table({"y": Y})),
        (np.ma.masked_array(X, np.zeros((3, 2), dtype=bool)), Y),
    ],
    ids=["lists", "arrays", "float32", "frames", "nullable", "arrow", "masked"],
)
def test_the_same_numbers_in_many_forms(given: Any) -> None:
    data = load(given)
    assert (data.inputs.tolist(), data.targets.tolist()) == (X, [[y] for y in Y])
    assert (data.input_names, data.target_names) == (("x1", "x2"), ("y",))


def test_whole_numbers_are_labels_where_the_loss_takes_classes() -> None:
    labels = np.array([3, 1, 2])
    classes = load((X, labels), loss="cross_entropy")
    assert classes.classes == {"y": ["1", "2", "3"]}
    assert classes.targets.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert load((X, labels)).targets.tolist() == [[3], [1], [2]]
    assert load((X, pd.Categorical(labels)), loss="cross_entropy").classes == {"y": ["1", "2", "3"]}
    assert load((X, pd.Categorical(labels))).classes == {"y": ["1", "2", "3"]}


def test_held_out_examples_of_one_s_own() -> None:
    data = load((X, Y), None, ([[9, 8]], [7]))
    assert data.test_inputs is not None
    assert data.test_targets is not None
    assert (data.test_inputs.tolist(), data.test_targets.tolist()) == ([[9, 8]], [[7]])
    assert data.said == ("test_data: 1 rows held out",)


def test_equal_examples_are_the_same_ones_to_a_stack() -> None:
    first, second, other = (load((x, Y)) for x in (X, np.array(X), -np.array(X)))
    assert first is second
    assert first is not other


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"data": (X, Y[:2])}, ["data", "3 rows of inputs", "2 of targets"]),
        ({"data": (X, Y, Y)}, ["data", "must be a tuple (X, y)", "3 parts"]),
        ({"data": X}, ["data", "(X, y)", "targets=COLUMN"]),
        ({"data": FRAME, "targets": "specie"}, ["targets=specie", "no such column", "species"]),
        ({"data": ([[1, 2], [3]], [1, 2])}, ["data", "array", "row an example"]),
        ({"data": (np.zeros((3, 2, 2)), Y)}, ["data", "(3, 2, 2)", "array.reshape(3, -1)"]),
        ({"data": (np.zeros((0, 2)), [])}, ["data", "no rows"]),
        ({"data": (np.array(X) * 1j, Y)}, ["data, column x1", "complex"]),
        (
            {"data": ([[0, 1], [1, np.nan], [2, 2]], Y)},
            ["data, row 1, column x2", "empty", "data.missing=mean"],
        ),
        ({"data": (X, [0.5, np.inf, 1])}, ["data, row 1, column y", "'inf'"]),
        ({"data": (FRAME.assign(at=pd.Timestamp("2026-01-31")), [1] * 6)}, ["row 0, column at", "a date"]),
        ({"data": (FRAME, FRAME["size"])}, ["'size'", "among the inputs and among the targets"]),
        (
            {"data": (FRAME[["size"]], FRAME["count"].iloc[::-1])},
            ["same index in another order", "y.loc[X.index]"],
        ),
        ({"data": (X, Y), "test_data": (X, pd.Series(Y, name="z"))}, ["test_data", "no target 'y'"]),
        ({"data": (X, Y), "data.decimal": "comma"}, ["data.decimal=,", "data is in memory"]),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], words: list[str]) -> None:
    data = [given.pop(name, None) for name in ("data", "targets", "test_data")]
    with pytest.raises(runner.RunnerError) as refused:
        load(*data, **given)
    assert all(word in str(refused.value) for word in words), refused.value


def test_a_table_is_read_back_from_its_csv(tmp_path: Path) -> None:
    holes = FRAME.assign(
        size=[1.5, np.nan, -3.0, 1e-300, 7.0, 0.1], kind=["a,b", 'c"d', "e\nf", "a,b", "g", "g"]
    )
    (tmp_path / "f.csv").write_bytes(as_csv(in_memory(holes, "species").table))
    back = read_csv(tmp_path / "f.csv", None, ["species"], Reading(missing="mean"))
    known = examples_of(in_memory(holes, "species").table, None, ["species"], Reading(missing="mean"))
    assert back.input_names == known.input_names
    assert np.array_equal(back.inputs, known.inputs, equal_nan=True)


def test_a_column_with_names_over_two_lines_is_found_by_them() -> None:
    frame = pd.DataFrame({("a", "x\ny"): [1.0, 2.0], ("b", "z\nw"): [3.0, 4.0]})
    made = runner.load("network=dense", data=frame, targets=[("b", "z\nw")])
    assert (made.data.input_names, made.data.target_names) == (("a.x y",), ("b.z w",))
