"""Texts as inputs, whole numbers as classes, and what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from making_data import from_csv

import runner


def test_texts_of_inputs_become_columns_of_0_and_1(tmp_path: Path) -> None:
    text = "sex,port,smoker,alone,y\nm,S,yes,True,1\nf,C,No,false,2\nm,Q,NO,FALSE,3\nf,S,Yes,true,4\n"
    data = from_csv(tmp_path, text)
    assert list(data.input_names) == ["sex=m", "port=C", "port=Q", "port=S", "smoker", "alone"]
    assert data.inputs.tolist() == [
        [1, 0, 0, 1, 1, 1],
        [0, 1, 0, 0, 0, 0],
        [1, 0, 1, 0, 0, 0],
        [0, 0, 0, 1, 1, 1],
    ]
    assert data.said[-1] == "texts as columns of 0 and 1: sex (2), port (3)"


def test_whole_numbers_are_classes_where_the_key_says_so(tmp_path: Path) -> None:
    text = "a,y\n1,10.0\n2,2\n3,10\n4,3.0\n"
    data = from_csv(tmp_path, text, "data.classes=true")
    assert data.classes == {"y": ["2", "3", "10"]}
    assert data.targets.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert from_csv(tmp_path, text).targets[0] == [10]
    with pytest.raises(runner.RunnerError, match=r"line 2, column y: is empty; every cell needs a value"):
        from_csv(tmp_path, "a,y\n1,\n2,\n", "data.classes=true")
    with pytest.raises(runner.RunnerError, match=r"line 5, column y: '3\.5' is no whole number"):
        from_csv(tmp_path, text.replace("3.0", "3.5"), "data.classes=true")


def test_two_classes_have_a_column_each_for_a_loss_that_wants_them(tmp_path: Path) -> None:
    data = from_csv(tmp_path, "a,y\n1,b\n2,a\n3,b\n")
    assert data.targets.tolist() == [[1], [0], [1]]
    path = tmp_path / "table.csv"
    wide = runner.load(
        "data=csv", f"data.path={path}", "data.targets=y", "network=dense", "loss=cross_entropy"
    ).data
    assert wide.targets.tolist() == [[0, 1], [1, 0], [0, 1]]
    assert wide.target_names == ("y=a", "y=b")


def test_all_columns_that_cannot_be_inputs_are_named_at_once(tmp_path: Path) -> None:
    text = "id,day,price,name,y\n" + "".join(f"{i},2020-01-0{i},$1{i},n{i},{i}\n" for i in range(1, 8))
    with pytest.raises(runner.RunnerError) as caught:
        from_csv(tmp_path, text)
    message = str(caught.value)
    assert [word in message for word in ("column day", "column price", "column name")] == [True] * 3
    assert message.endswith("data.inputs=[id] takes the columns that are")
