"""Several folders as one table, and what they differ in."""

from __future__ import annotations

from pathlib import Path

import pytest
from making_sweeps import make_sweep

from runner.errors import RunnerError
from runner.results.several import Several

XOR = ["network=dense", "network.hidden=[2]", "data=xor", "data.points=12"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two sweeps of unlike length and data, and a run of the second."""
    home = tmp_path_factory.mktemp("several")
    rates = make_sweep(home / "a" / "s", {"learning_rate": [0.1, 0.2], "seed": [0, 1]}, [*XOR, "epochs=3"])
    more = [*XOR, "epochs=4", "data.points=16", "learning_rate=0.3"]
    return [rates, make_sweep(home / "b" / "s", {"seed": [0, 1, 2]}, more), home / "b" / "s" / "1"]


def test_the_source_is_a_key_and_what_was_not_swept_is_as_configured(folders: list[Path]) -> None:
    results = Several(folders)
    assert results.sources == ("a/s", "b/s", "s/1")
    assert results.keys == ["source", "learning_rate"]
    assert results.runs["source"].tolist() == ["a/s"] * 4 + ["b/s"] * 3 + ["s/1"]
    assert results.runs["learning_rate"].tolist() == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3]
    assert results.runs["seed"].tolist() == [0, 1, 0, 1, 0, 1, 2, 1]
    assert results.has_ended


def test_runs_are_those_of_their_folders(folders: list[Path]) -> None:
    results = Several(folders)
    assert results.path(4) == (folders[1] / "0").resolve()
    assert results.runs.at[5, "final_error"] == results.runs.at[7, "final_error"]
    assert results.experiment(7).epochs == 4


def test_unlike_data_and_budgets_are_named(folders: list[Path]) -> None:
    assert Several(folders).unlike == [
        "epochs 3 (a/s), 4 (b/s), 4 (s/1)",
        "data.points 12 (a/s), 16 (b/s), 16 (s/1)",
        "training examples 12 (a/s), 16 (b/s), 16 (s/1)",
    ]
    assert Several(folders[1:]).unlike == []


def test_a_folder_is_given_once(folders: list[Path]) -> None:
    with pytest.raises(RunnerError, match="is given twice"):
        Several([folders[0], folders[1], folders[0]])
