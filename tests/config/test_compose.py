"""Configurations of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import runner


def test_a_configuration_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /optimizer: adam\nlearning_rate: 0.3\n"
        "network:\n  weights: {init: normal, std: 0.5}\n"
    )
    with pytest.raises(runner.RunnerError, match="experiment=mine: must be one of"):
        runner.load("experiment=mine")
    # A preset merges into the network chosen: weights that are a mapping need one that has no list.
    experiment = runner.load("network=dense", "experiment=mine", config_dir=tmp_path)
    assert (experiment.learning_rate, experiment.optimizer) == (0.3, "adam")
    assert replace(experiment, epochs=1).epochs == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"a: 1\n  b: 2\n", "mine.yaml, line 2, column 4: mapping values are not allowed"),
        (b"\tx: 1\n", "mine.yaml, line 1, column 1"),
        (b"x: 1\nx: 2\n", "mine.yaml, line 2, column 1: found duplicate key x"),
        (b"x: \xff\n", "not UTF-8"),
        (b"# @package experiment\nepochs: 1\n", "first line must be '# @package _global_'"),
        (b"# @package _global_\nnetwork:\n  weights: {init: normal}\n", "override /network: dense"),
        (b"# @package _global_\nlog: [1]\n", "a list and a mapping cannot be merged"),
    ],
)
def test_a_file_of_ones_own_that_is_wrong(text: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/mine.yaml").write_bytes(text)
    with pytest.raises(runner.RunnerError) as caught:
        runner.load("experiment=mine", config_dir=tmp_path)
    assert words in str(caught.value)


def test_a_folder_of_ones_own_that_there_is_not() -> None:
    with pytest.raises(runner.RunnerError, match="config_dir=nowhere: there is no such folder"):
        runner.load(config_dir="nowhere")
