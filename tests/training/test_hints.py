"""Hints about data of one's own: once each, in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

import runner
from runner.training.hints import hints


@pytest.mark.parametrize(
    ("text", "keys", "words"),
    [
        ("a,y\n1,4000\n2,6000\n3,5000\n", [], ["y 4,000 to 6,000", "data.scale_targets=standard"]),
        ("a,y\n400,1\n600,2\n500,3\n", [], ["inputs are far", "a 400 to 600", "data.scale=standard"]),
        ("a,y\n1,4000\n2,6000\n3,5000\n", ["data.scale_targets=standard"], []),
        ("a,y\n1,u\n2,v\n3,w\n4,u\n5,v\n6,w\n", [], ["3 classes", "loss=cross_entropy"]),
        ("a,y\n1,u\n2,v\n3,u\n4,u\n", [], ["2 classes", "loss=binary_cross_entropy_with_logits"]),
        ("a,y\n1,u\n2,v\n3,w\n", ["loss=cross_entropy"], ["as many classes (3) as there are rows"]),
        ("a,y\n1,2\n2,3\n", [], []),
        ("a,y\n1,2\n2,3\n", ["data.test_fraction=0.5", "stop.patience=3"], ["data.validation_fraction=0.2"]),
    ],
)  # fmt: skip
def test_hints_of_a_file(text: str, keys: list[str], words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    found = hints(runner.load("data=csv", f"data.path={path}", "data.targets=y", "network=dense", *keys))
    assert len(found) == bool(words)
    for word in words:
        assert word in found[0]


def test_data_that_ship_need_none() -> None:
    assert hints(runner.load("data=cars", "network=dense")) == []
    assert hints(runner.load("data=moons", "network=dense")) == []
