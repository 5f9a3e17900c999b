"""Entries of one's own in a configuration: what would stand in the file of each, and what records may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.config.own import choices, files_of, is_record, load_named, refuse_code, section
from runner.errors import RunnerError
from runner.plugins import OPTIMIZERS


def test_what_ships_is_not_listed_as_ones_own() -> None:
    assert [choices(group) for group in ("optimizer", "schedule", "data", "network")] == [[], [], [], []]
    assert section("network", "dense") is None
    assert section("optimizer", "no") is None


def test_a_section_shows_every_option() -> None:
    made = section("optimizer", "adam")
    assert made == {"name": "adam", **dict.fromkeys(OPTIMIZERS["adam"].options, "???")}
    assert list(section("data", "moons") or {})[:3] == ["name", "points", "noise"]


@pytest.mark.parametrize(
    ("value", "files"), [(None, []), ("a.py", ["a.py"]), (["a.py", "b.py"], ["a.py", "b.py"])]
)
def test_files_may_be_one_or_several(value: object, files: list[str]) -> None:
    assert files_of(value) == files


def test_overrides_that_name_no_files_load_none() -> None:
    assert not load_named(["epochs=2", "network.activation=tanh"])
    assert load_named(["plugins=[]"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plugins: [x.py]", r"say so beside it, plugins=\[x\.py\]"),
        ('{"plugins": x.py}', r"say so beside it, plugins=\[x\.py\]"),
        ("defaults: [evil]", "has the key defaults, which no run records"),
    ],
)
def test_a_record_that_names_code_is_refused(tmp_path: Path, text: str, said: str) -> None:
    record = tmp_path / ".hydra"
    record.mkdir()
    assert is_record(record)
    (record / "config.yaml").write_text("plugins: []\n")
    refuse_code(record, [])
    (record / "config.yaml").write_text(text)
    with pytest.raises(RunnerError, match=said):
        refuse_code(record, [])
